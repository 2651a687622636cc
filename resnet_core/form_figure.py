"""The three forms of a ResNeXt block with their weights, as SVG: Xie 2017, arXiv:1611.05431, Fig. 3.

What belongs to one path wears its class, "path0", "path1", …, in the weights of form (c) and in the branches of (a)
and (b); `data-of` and `data-at` name it. Classes instead of colours: whoever shows it has a theme.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .refusal import Refusal
from .svg import element, text

HUES = 8
"""Colours that are told apart; more paths begin again."""
LEGIBLE = 8
"""Up to so many paths each have their number beside them."""
LEFT, SIDE, NARROW, BETWEEN = 20.0, 168.0, 84.0, 92.0
MATRICES, ROW_A, ROW_B = 46.0, 268.0, 452.0
BOX, GAP = 26.0, 12.0
ALL = 3 * BOX + 2 * GAP


class FormError(Refusal):
    """Paths that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Forms:
    """A block of `paths` paths, each `width` channels wide, between maps of `channels`."""

    paths: int
    width: int = 4
    channels: int = 256

    def __post_init__(self) -> None:
        if not 1 <= self.paths <= 64 or self.width < 1 or self.channels < 1:
            raise FormError(f"Between 1 and 64 paths can be drawn, not {self.paths}: choose 4, 8 or 32.")

    @property
    def inside(self) -> int:
        """Channels of the grouped convolution, all paths together."""
        return self.paths * self.width

    @property
    def params_of_path(self) -> int:
        """Weights of one path, in any of the forms; batch norm aside."""
        return self.width * (self.channels + 9 * self.width + self.channels)

    def said_of(self, path: int) -> str:
        """Which slices of form (c) are one path of (a) and (b), from 0."""
        first, last = path * self.width + 1, (path + 1) * self.width
        return (
            f"Path {path + 1} of {self.paths} is rows {first}–{last} of conv1, block {path + 1} of conv2, and columns "
            f"{first}–{last} of conv3: {self.params_of_path:,} weights in each form."
        )

    @property
    def counted(self) -> str:
        """The weights of all forms, and of the convolution that is not grouped, as a sentence."""
        whole = self.inside * (2 * self.channels + 9 * self.inside)
        return (
            f"{self.paths} paths of {self.params_of_path:,} weights are {self.paths * self.params_of_path:,} in every "
            f"form; without groups the same widths would take {whole:,}."
        )


def form_figure(forms: Forms) -> str:
    """An SVG element: the weights of form (c) above, the branches of (a) and (b) beneath."""
    width = LEFT + 2 * SIDE + NARROW + 2 * BETWEEN + 60
    titles = (
        ("(c) a grouped convolution: the three weights, out × in", 18.0),
        (f"(a) {forms.paths} paths, added", ROW_A - 14),
        (f"(b) {forms.paths} paths, concatenated early", ROW_B - 14),
    )
    return element(
        "svg",
        *(text(words, LEFT, y, 12, "currentColor", font_weight="600") for words, y in titles),
        *_weights(forms),
        *_branches(forms, ROW_A, width, early=False),
        *_branches(forms, ROW_B, width, early=True),
        *(_target(forms, path, width) for path in range(forms.paths)),
        viewBox=f"0 0 {width:g} {ROW_B + ALL + 44:g}",
        width=width,
    )


def _part(path: int, x: float, y: float, width: float, height: float) -> str:
    """A piece of a weight, or the box of an op, that belongs to a path."""
    return element(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        class_=f"part path{path % HUES}",
        data_of=f"p{path}",
    )


def _frame(x: float, y: float, width: float, height: float, caption: str) -> Iterator[str]:
    yield element("rect", x=x, y=y, width=width, height=height, class_="frame")
    yield text(caption, x + width / 2, y + height + 16, 11, "currentColor", text_anchor="middle", class_="quiet")


def _weights(forms: Forms) -> Iterator[str]:
    """conv1 cut into rows, conv2 with blocks on its diagonal and nothing beside them, conv3 cut into columns."""
    inside, channels, y = forms.inside, forms.channels, MATRICES
    one, two = LEFT, LEFT + SIDE + BETWEEN
    three = two + SIDE + BETWEEN
    band = SIDE / forms.paths
    low = y + (SIDE - NARROW) / 2
    yield from _frame(one, low, SIDE, NARROW, f"conv1, 1×1: {inside} × {channels}")
    yield from _frame(two, y, SIDE, SIDE, f"conv2, 3×3, {forms.paths} groups: {inside} × {inside}")
    yield from _frame(three, y, NARROW, SIDE, f"conv3, 1×1: {channels} × {inside}")
    for path in range(forms.paths):
        yield _part(path, one, low + path * NARROW / forms.paths, SIDE, NARROW / forms.paths)
        yield _part(path, two + path * band, y + path * band, band, band)
        yield _part(path, three + path * NARROW / forms.paths, y, NARROW / forms.paths, SIDE)


def _branches(forms: Forms, y: float, width: float, early: bool) -> Iterator[str]:
    """The boxes of every path, and where they meet: one sum, or one concatenation with one convolution behind it."""
    each = (width - 2 * LEFT) / forms.paths
    box = min(0.8 * each, 88.0)
    for path in range(forms.paths):
        x = LEFT + each * (path + 0.5)
        ops = ("1×1", "3×3") if early else ("1×1", "3×3", "1×1")
        for level, words in enumerate(ops):
            top = y + level * (BOX + GAP)
            yield _part(path, x - box / 2, top, box, BOX)
            if forms.paths <= LEGIBLE:
                shown = f"{words}, {forms.channels if level == 2 else forms.width}"
                yield text(shown, x, top + 17, 11, "currentColor", text_anchor="middle", class_="over")
            if level:
                yield _wire(path, x, top - GAP, top)
        end = y + len(ops) * (BOX + GAP) - GAP
        yield _wire(path, x, end, end + GAP)
    end = y + (2 if early else 3) * (BOX + GAP)
    if early:
        for path in range(forms.paths):  # one convolution, whose columns are the paths'
            yield _part(path, LEFT + each * path, end, each, BOX)
        middle = width / 2
        words = f"concatenate, then one 1×1, {forms.channels}"
        yield text(words, middle, end + BOX + 18, 11, "currentColor", text_anchor="middle", class_="quiet")
    else:
        yield element("line", x1=LEFT, y1=end, x2=width - LEFT, y2=end, class_="frame")
        yield text("their sum", width / 2, end + 16, 11, "currentColor", text_anchor="middle", class_="quiet")


def _wire(path: int, x: float, y1: float, y2: float) -> str:
    return element("line", x1=x, y1=y1, x2=x, y2=y2, class_=f"wire path{path % HUES}", data_of=f"p{path}")


def _target(forms: Forms, path: int, width: float) -> str:
    """What is pointed at for a path: its column of branch (a), through which the keyboard goes."""
    each = (width - 2 * LEFT) / forms.paths
    return element(
        "g",
        element("rect", x=LEFT + each * path, y=ROW_A - 6, width=each, height=ALL + 12),
        class_="target",
        data_at=f"p{path}",
        data_words=forms.said_of(path),
    )
