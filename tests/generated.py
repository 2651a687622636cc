"""What of the README and of docs/ is generated: from the zoo, the ledger, the experiments, and the code's docstrings.

PYTHONPATH=. python tests/generated.py     writes it anew; the tests compare
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import resnet_core
from resnet_core import verify
from resnet_core.experiments.told import claims_markdown, sections_markdown
from resnet_core.export import zoo_markdown
from resnet_core.verify import tally

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
LABS = DOCS / "labs.md"
WRITTEN = (README, LABS, DOCS / "zoo.md", DOCS / "modules.md", DOCS / "api.md")
FOLDERS: Mapping[str, str] = {
    "resnet_core": "The library",
    "resnet_core/wiring": "How each family is wired",
    "resnet_core/experiments": "Experiments, as pages and terminals show them",
    "resnet_core/labs": "What experiments measure",
    "resnet_core/sight": "What a network sees",
    "resnet_core/source": "A network as PyTorch source",
    "resnet_core/training": "How the weights that come along were made",
    "app": "The app",
    "app/components": "Parts of pages",
    "app/views": "Pages",
}
WRITTEN += (DOCS / "README.md",)  # which lists the others


def generated(text: str) -> str:
    """A document with what stands between its marks, such as `<!-- zoo -->` and `<!-- /zoo -->`, made anew."""
    for name, make in BLOCKS.items():
        before, begin, rest = text.partition(f"<!-- {name} -->")
        if begin:
            _, end, after = rest.partition(f"<!-- /{name} -->")
            text = "".join((before, begin, make(), end, after))
    return text


def pages() -> str:
    """A list of the documents, each by its first heading."""
    found = [path for path in sorted(DOCS.glob("*.md")) if path.name != "README.md"]
    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for path in found]
    return "".join(f"\n- [{title}]({path.name})" for title, path in zip(titles, found, strict=True)) + "\n"


def modules() -> str:
    """Every module, by folder, with the first sentence of its docstring."""
    return "\n".join("".join(_folder(folder, words)) for folder, words in FOLDERS.items())


def _folder(folder: str, words: str) -> Iterator[str]:
    yield f"\n### {words}\n\n`{folder}`\n\n| module | what it is |\n|---|---|\n"
    for path in sorted((ROOT / folder).glob("*.py")):
        if told := ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))):
            yield f"| [{path.stem}](../{path.relative_to(ROOT).as_posix()}) | {_cell(told)} |\n"


def _cell(docstring: str) -> str:
    """The first paragraph, as a cell of a table in which nothing is Markdown or HTML."""
    first = " ".join(docstring.split("\n\n")[0].split())
    return re.sub(r"([\\|<>*_`])", r"\\\1", first)


def api() -> str:
    """Every public name, with its signature and its docstring."""
    return "".join(f"\n### {name}\n\n{_documented(name)}\n" for name in sorted(resnet_core.__all__, key=str.lower))


def _documented(name: str) -> str:
    found = getattr(resnet_core, name)
    if not callable(found):
        return f"{_told_of_data(name)}\n"
    told = inspect.getdoc(found) or ""
    if inspect.isclass(found):
        return f"{told}\n{_members(found)}"
    return f"```python\n{name}{_signature(found)}\n```\n\n{told}\n"


def _signature(found: Callable[..., object]) -> str:
    return re.sub(r"resnet_core\.(?:\w+\.)*|collections\.abc\.|'", "", str(inspect.signature(found)))


def _members(found: type) -> str:
    """The properties and methods of a class that say what they are."""
    told = [
        f"- `{name}`: {' '.join(inspect.getdoc(member).split())}\n"  # type: ignore[union-attr]
        for name, member in vars(found).items()
        if not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member))
        if inspect.getdoc(member)
    ]
    return "".join(["\n", *told]) if told else ""


def _told_of_data(name: str) -> str:
    """The text beneath a name's assignment in zoo.py."""
    body = ast.parse((ROOT / "resnet_core" / "zoo.py").read_text(encoding="utf-8")).body
    (told,) = (
        text.value.value
        for statement, text in pairwise(body)
        if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", "") == name
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    )
    return inspect.cleandoc(str(told))


BLOCKS: Mapping[str, Callable[[], str]] = {
    "pages": pages,
    "zoo": lambda: f"\n{zoo_markdown()}",
    "figures": lambda: tally(verify()),
    "claims": lambda: f"\n{claims_markdown()}",
    "labs": lambda: f"\n{sections_markdown('../assets/labs/{}.png')}",
    "modules": modules,
    "api": api,
}


if __name__ == "__main__":
    for page in WRITTEN:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
