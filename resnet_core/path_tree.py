"""The unraveled view of a few residual blocks, as SVG: Veit 2016, arXiv:1605.06431, section 3, Fig. 1 (b).

Each block doubles the paths: one half goes around it, the other through it. What is drawn wears classes, "identity" or
"residual", and no colours; `data-of` names the paths that a branch is part of, `data-at` the path that ends there.
"""

from collections.abc import Iterator
from itertools import product

from . import units
from .paths import path_lengths
from .refusal import Refusal
from .svg import element, text

MOST_BLOCKS = 5
"""Beyond, the leaves are too many to be told apart: 2 to the number of blocks."""
LEFT, STEP, RIGHT, TOP = 20.0, 118.0, 84.0, 34.0
GAPS = (30.0, 30.0, 30.0, 30.0, 26.0, 17.0)
"""Between two leaves, by the number of blocks."""
Path = tuple[bool, ...]
"""For each block, first to last, whether the path goes through it."""


class TreeError(Refusal):
    """A number of blocks whose tree cannot be drawn."""


def path_tree(blocks: int) -> str:
    """An SVG element with a leaf for each path. Raises TreeError for less than one block or more than five."""
    if not 1 <= blocks <= MOST_BLOCKS:
        raise TreeError(f"A tree is drawn of 1 to {MOST_BLOCKS} blocks, not of {blocks}: of more, count the paths.")
    leaves = leaves_of(blocks)
    width = LEFT + STEP * blocks + RIGHT
    height = TOP + GAPS[blocks] * (len(leaves) - 1) + 20
    heads = (
        text(f"block {level + 1}", LEFT + STEP * (level + 0.5), 14, 11, "currentColor", text_anchor="middle")
        for level in range(blocks)
    )
    return element(
        "svg", *heads, *_branches(blocks), *map(_leaf, leaves), viewBox=f"0 0 {width:g} {height:g}", width=width
    )


def leaves_of(blocks: int) -> tuple[Path, ...]:
    """Every path, in the order of the leaves: what goes around a block stands above what goes through it."""
    return tuple(product((False, True), repeat=blocks))


def said_of(path: Path) -> str:
    """A path in words: "through blocks 1 and 3, around block 2: length 2"."""
    ways = (("through", True), ("around", False))
    parts = [f"{word} {_named(path, through)}" for word, through in ways if through in path]
    return f"{', '.join(parts)}: length {sum(path)}"


def counted(blocks: int) -> str:
    """The leaves by their length, as a sentence."""
    numbers = path_lengths(blocks)
    each = ", ".join(f"{number} of length {length}" for length, number in enumerate(numbers))
    return f"{units.exact(sum(numbers))} paths: {each}."


def _named(path: Path, through: bool) -> str:
    numbers = [str(place) for place, taken in enumerate(path, 1) if taken is through]
    listed = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
    return f"block{'s' * (len(numbers) > 1)} {listed}"


def _branches(blocks: int) -> Iterator[str]:
    """From the input on, a branch for each beginning of a path."""
    for level in range(1, blocks + 1):
        for begin in leaves_of(level):
            x, (y0, y1) = LEFT + STEP * (level - 1), (_y(some, blocks) for some in (begin[:-1], begin))
            bend = 0.45 * STEP
            yield element(
                "path",
                d=f"M{x:g} {y0:g}C{x + bend:g} {y0:g} {x + STEP - bend:g} {y1:g} {x + STEP:g} {y1:g}",
                class_=_role(begin[-1]),
                data_of=" ".join(_name(leaf) for leaf in leaves_of(blocks) if leaf[:level] == begin),
            )


def _leaf(path: Path) -> str:
    """The end of a path: what is pointed at, its dot, and its length."""
    x, y, high = LEFT + STEP * len(path), _y(path, len(path)), GAPS[len(path)]
    return element(
        "g",
        element("rect", x=x - 10, y=y - high / 2, width=RIGHT + 6, height=high),
        element("circle", cx=x, cy=y, r=4),
        text(f"length {sum(path)}", x + 12, y + 4, 11, "currentColor"),
        class_="leaf",
        data_at=_name(path),
        data_words=said_of(path),
    )


def _y(begin: Path, blocks: int) -> float:
    """The height at which the leaves behind a beginning have their middle."""
    beneath = 1 << (blocks - len(begin))
    first = sum(1 << (blocks - 1 - place) for place, taken in enumerate(begin) if taken)
    return TOP + GAPS[blocks] * (first + (beneath - 1) / 2)


def _role(through: bool) -> str:
    return "residual" if through else "identity"


def _name(path: Path) -> str:
    return "".join("F" if taken else "x" for taken in path)
