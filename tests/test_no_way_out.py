"""What the code never does, whoever asks: unpickle, evaluate, leave its folders, tell its secrets."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core import Refusal, parse
from resnet_core.cards import WeightsError
from resnet_core.inside import is_inside
from resnet_core.lessons import VARIABLE, shelf
from resnet_core.weights import FOLDER_VARIABLE, catalogue, require_card

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for part in ("resnet_core", "app", "benchmarks") for path in sorted((ROOT / part).rglob("*.py"))]
FOREIGN = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "runpy", "code", "xmlrpc"}
ALLOWED = {
    ("resnet_core/training/archive.py", "pickle"): "the CIFAR-10 archive, of which five names alone may be loaded",
    ("resnet_core/training/loop.py", "pickle"): "the name of an error",
}
STARTS = {"resnet_core/decoding.py", "benchmarks"}
"""What starts processes: the decoder's, and measurements."""
SNIPPET = '"""A PyTorch program."""\nimport torch\ntorch.load(path, map_location="cpu", weights_only=True)'


def found(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What a module does that could run somebody's text: a kind, and what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (("import", alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield "import", (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if name in ("eval", "exec", "compile", "__import__"):
                yield "call", name
            elif name.endswith("torch.load") and (given.get("weights_only") != "True" or "pickle_module" in given):
                yield "call", "torch.load without weights_only=True"
            elif name.endswith(("np.load", "np.save", "np.savez")) and given.get("allow_pickle") != "False":
                yield "call", f"{name} without allow_pickle=False"
            elif name == "os.system" or given.get("shell") == "True":
                yield "call", "a shell"
            elif given.get("unsafe_allow_html") or given.get("unsafe_allow_javascript"):
                yield "call", "text as HTML or script"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    bad = [
        what
        for kind, what in found(ast.parse(path.read_text(encoding="utf-8")))
        if (kind == "call" or what in FOREIGN) and (name, what) not in ALLOWED
    ]
    assert bad == []
    if not name.startswith(tuple(STARTS)):
        assert ("import", "subprocess") not in found(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        *("eval(text)", "exec(text)", "import pickle", "from marshal import loads", "torch.load(file)"),
        "torch.load(file, weights_only=False)",
        "torch.load(file, weights_only=True, pickle_module=pickle)",
        *("np.load(file)", "os.system(text)", "subprocess.run(text, shell=True)"),
        "st.markdown(text, unsafe_allow_html=True)",
    ],
)
def test_a_module_that_did_would_be_caught(source: str) -> None:
    assert any(kind == "call" or what in FOREIGN for kind, what in found(ast.parse(source)))


def test_programs_that_the_pages_write_do_not_unpickle_either() -> None:
    text = (ROOT / "resnet_core" / "sight" / "snippet.py").read_text(encoding="utf-8")
    assert text.count("torch.load(") == text.count('torch.load(path, map_location="cpu", weights_only=True)') == 1


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "resnet-50/../x", "resnet-50\0", "..", "C:\\x", "~"]
)
def test_no_name_of_a_network_is_a_path(name: str) -> None:
    with pytest.raises(Refusal):
        require_card(parse(name))
    with pytest.raises(Refusal):
        require_card(parse("cifar-resnet-20"), name)


@pytest.mark.parametrize("name", ["../01-depth", "/etc/passwd", "01-depth.md", "", "\0"])
def test_no_name_of_a_lesson_is_a_path(name: str) -> None:
    assert shelf().lesson(name) is None


def test_a_lesson_that_leads_out_of_its_folder_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("hunter2", encoding="utf-8")
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "20-secret.md").symlink_to(secret)
    (folder / "21-up.md").symlink_to("../secret.md")
    (folder / "22-round.md").symlink_to("22-round.md")
    monkeypatch.setenv(VARIABLE, str(folder))
    faults = shelf().faults
    assert len(faults) == 3
    assert all("leads out of the folder" in fault for fault in faults)
    assert "hunter2" not in "".join(faults)


def test_weights_that_lead_out_of_their_folder_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outside, folder = tmp_path / "x.json", tmp_path / "weights"
    outside.write_text("{}", encoding="utf-8")
    folder.mkdir()
    (folder / "own.json").write_text("{}", encoding="utf-8")
    (folder / "strange.json").symlink_to(outside)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert isinstance(catalogue()["own"], WeightsError)
    assert "strange" not in catalogue()
    assert "leads out of its folder" in caplog.text


def test_a_folder_that_is_itself_a_link_is_a_folder_and_so_are_links_within(tmp_path: Path) -> None:
    """As platforms mount settings: each name a link into a folder beside it."""
    real = tmp_path / "real"
    (real / "..data").mkdir(parents=True)
    (real / "..data" / "a.md").write_text("", encoding="utf-8")
    (real / "a.md").symlink_to("..data/a.md")
    (tmp_path / "link").symlink_to(real)
    assert is_inside(tmp_path / "link" / "a.md")
