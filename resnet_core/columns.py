"""Columns of text, for a terminal."""

from collections.abc import Collection, Iterable, Sequence


def aligned(lines: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of cells under each other, two spaces apart; the columns in `right` end together."""
    lines = list(lines)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
