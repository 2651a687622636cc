"""What the tools that people use print for one network, and why they do not print the same."""

from html import escape

from resnet_core import Analysis, units
from resnet_core.tools import counted_by

from .cards import note, opening
from .tables import table


def tools(analysis: Analysis) -> None:
    counts = counted_by(analysis)
    table(
        [("tool", ""), ("its", ""), ("prints", "n")],
        [
            [
                opening(escape(count.name), f"{count.words}. {count.tool.counts} Left out: {count.tool.leaves_out}"),
                escape(count.tool.label),
                units.exact(count.number),
            ]
            for count in counts
        ],
    )
    note(
        f"Ours, and the papers': {units.exact(analysis.totals.macs)} multiply-adds, "
        "of convolutions and fully connected layers."
    )
