"""What of the documents is generated: the zoo's table, how many published figures agree, what the experiments found.

python tests/readme.py     writes them anew; the tests compare
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from resnet_core import verify
from resnet_core.experiments.told import claims_markdown, sections_markdown
from resnet_core.export import zoo_markdown
from resnet_core.verify import tally

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LABS = ROOT / "docs" / "labs.md"
BLOCKS: Mapping[str, Callable[[], str]] = {
    "zoo": lambda: f"\n{zoo_markdown()}",
    "figures": lambda: tally(verify()),
    "claims": lambda: f"\n{claims_markdown()}",
    "labs": lambda: f"\n{sections_markdown('../assets/labs/{}.png')}",
}


def generated(text: str) -> str:
    """A document with what stands between its marks, such as `<!-- zoo -->` and `<!-- /zoo -->`, made anew."""
    for name, make in BLOCKS.items():
        before, begin, rest = text.partition(f"<!-- {name} -->")
        if begin:
            _, end, after = rest.partition(f"<!-- /{name} -->")
            text = "".join((before, begin, make(), end, after))
    return text


if __name__ == "__main__":
    for document in (README, LABS):
        document.write_text(generated(document.read_text(encoding="utf-8")), encoding="utf-8")
