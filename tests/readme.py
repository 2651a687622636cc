"""What of the README is generated: the zoo's table, and how many published figures agree.

python tests/readme.py     writes them anew; the tests compare
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from resnet_core import verify
from resnet_core.export import zoo_markdown
from resnet_core.verify import tally

README = Path(__file__).parents[1] / "README.md"
BLOCKS: Mapping[str, Callable[[], str]] = {
    "zoo": lambda: f"\n{zoo_markdown()}",
    "figures": lambda: tally(verify()),
}


def generated(text: str) -> str:
    """The README with what stands between its marks, such as `<!-- zoo -->` and `<!-- /zoo -->`, made anew."""
    for name, make in BLOCKS.items():
        before, begin, rest = text.partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = "".join((before, begin, make(), end, after))
    return text


if __name__ == "__main__":
    README.write_text(generated(README.read_text(encoding="utf-8")), encoding="utf-8")
