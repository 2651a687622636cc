"""Arrows never turn back: the core knows no app, its front half no torch, and pages calculate nothing."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import resnet_core

ROOT = Path(__file__).resolve().parents[1]
CORE = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "resnet_core").rglob("*.py"))
}
VIEWS = sorted((ROOT / "app" / "views").glob("*.py"))
SPEAKS = {
    "resnet_core.cli",
    "resnet_core.__main__",
    "resnet_core.commands_compare",
    "resnet_core.commands_export",
    "resnet_core.commands_features",
    "resnet_core.commands_bench",
    "resnet_core.commands_labs",
    "resnet_core.commands_reconcile",
    "resnet_core.commands_run",
    "resnet_core.commands_serve",
    "resnet_core.commands_train",
    "resnet_core.commands_weights",
}
BEHIND_TORCH = ("resnet_core.training", "resnet_core.labs")  # folders of which each module may load it
HEAVY = ("torch", "numpy", "pandas", "PIL", "plotly", "pyarrow", "streamlit")


def _imports(tree: ast.AST, module: str, at_load: bool) -> Iterator[str]:
    """Every module that this one imports, in full; `at_load` leaves out what functions and type checkers import."""
    package = module if CORE.get(module, Path()).name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif not (at_load and (_is_function(node) or _is_for_type_checkers(node))):
            yield from _imports(node, module, at_load)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _heavy(module: str) -> set[str]:
    return {name.partition(".")[0] for name in _loaded(module)} & {*HEAVY}


@cache
def _loaded(module: str) -> tuple[str, ...]:
    return tuple(_imports(_parsed(CORE[module]), module, at_load=True))


def _reached(module: str, seen: set[str] | None = None) -> set[str]:
    """The modules of the core that loading this one loads, itself included."""
    seen = set() if seen is None else seen
    if module in CORE and module not in seen:
        seen.add(module)
        for name in _loaded(module):
            parts = name.split(".")  # loading a module loads the packages around it
            for depth in range(1, len(parts) + 1):
                _reached(".".join(parts[:depth]), seen)
    return seen


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_neither_streamlit_nor_the_app(module: str) -> None:
    roots = {name.partition(".")[0] for name in _imports(_parsed(CORE[module]), module, at_load=False)}
    assert not roots & {"streamlit", "app"}


def test_the_package_loads_nothing_heavy() -> None:
    reached = _reached("resnet_core")
    assert {"resnet_core.rows", "resnet_core.plan", "resnet_core.spec"} <= reached
    assert {module: heavy for module in reached if (heavy := _heavy(module))} == {}


@pytest.mark.parametrize(
    "module", [name for name in CORE if not name.startswith(BEHIND_TORCH) and "torch" not in _heavy(name)]
)
def test_a_module_that_does_not_name_torch_on_top_does_not_load_it_through_another(module: str) -> None:
    assert [other for other in _reached(module) if "torch" in _heavy(other)] == []


def test_ray_is_known_to_the_cluster_alone_and_loaded_with_nothing_else() -> None:
    knows = {
        module
        for module, path in CORE.items()
        if any(name.partition(".")[0] == "ray" for name in _imports(_parsed(path), module, at_load=False))
    }
    assert knows == {"resnet_core.cluster", "resnet_core.cluster_routing"}
    assert [module for module in CORE if module not in knows and _reached(module) & knows] == []


@pytest.mark.parametrize("module", ["engine", "remote_backend", "engine_service"])
def test_what_answers_pictures_knows_no_experiment(module: str) -> None:
    reached = _reached(f"resnet_core.{module}")
    assert "resnet_core.operation" in reached
    assert [name for name in reached if name.startswith(("resnet_core.labs", "resnet_core.experiments"))] == []


def test_the_import_walker_sees_what_it_should() -> None:
    """The positive control of the three tests above."""
    source = """
import os.path
from . import plan
from .training.data import load
from ..spec import ArchSpec
if TYPE_CHECKING:
    import numpy
def later():
    import torch
class Now:
    import pandas
"""
    tree = ast.parse(source)
    loaded = set(_imports(tree, "resnet_core.cli", at_load=True))
    assert loaded >= {"os.path", "resnet_core.plan", "resnet_core.training.data", "spec", "pandas"}
    assert not loaded & {"torch", "numpy"}
    assert {"torch", "numpy"} <= set(_imports(tree, "resnet_core.cli", at_load=False))
    assert "torch" in _heavy("resnet_core.network")
    assert "resnet_core.modules" in _reached("resnet_core.network")


def test_loading_the_package_and_analysing_leaves_torch_alone() -> None:
    program = f"""
import sys, resnet_core
resnet_core.analyse(resnet_core.parse("resnet-34,shortcut=A,size=32"))
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert _run(program) == "[]"


def test_names_that_need_torch_load_it_on_first_use() -> None:
    program = "import sys, resnet_core; resnet_core.build; print('torch' in sys.modules)"
    assert _run(program) == "True"
    with pytest.raises(AttributeError, match="no attribute 'frog'"):
        resnet_core.frog  # noqa: B018  # looking is what fails


def test_all_is_exactly_what_can_be_imported() -> None:
    namespace: dict[str, object] = {}
    exec("from resnet_core import *", namespace)
    assert set(resnet_core.__all__) == set(namespace) - {"__builtins__"}
    offered = {alias.asname or alias.name for alias in _offered(_parsed(CORE["resnet_core"]))}
    assert set(resnet_core.__all__) == offered


def _offered(tree: ast.Module) -> Iterator[ast.alias]:
    """What the package's own file imports from its modules, for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from node.names


@pytest.mark.parametrize("module", [module for module in CORE if module not in SPEAKS])
def test_only_the_command_line_prints(module: str) -> None:
    calls = [node for node in ast.walk(_parsed(CORE[module])) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"] == []


def _arithmetic(tree: ast.AST) -> Iterator[str]:
    """Everything in a page that calculates, rounds or formats a number, with its line."""
    operators = ast.Mult | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.Sub
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, operators):
            yield f"line {node.lineno}: {type(node.op).__name__}"
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            yield f"line {node.lineno}: a number format"
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("round", "format", "sum", "divmod", "pow"):
                yield f"line {node.lineno}: {name}()"


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.name)
def test_pages_calculate_nothing(path: Path) -> None:
    assert list(_arithmetic(_parsed(path))) == []


@pytest.mark.parametrize(
    "source",
    [
        *("a * 2", "a / b", "a // b", "a % 2", "'%d' % a", "a ** 2", "a - b", "a -= 1", "round(a)", "sum(a)"),
        *("f'{a:.1f}'", "f'{a:,}'", "'{:.1f}'.format(a)", "format(a, '.1f')"),
        "def f():\n    return [x * 2 for x in a]",
    ],
)
def test_a_page_that_calculates_would_be_caught(source: str) -> None:
    assert len(list(_arithmetic(ast.parse(source)))) == 1


@pytest.mark.parametrize("source", ["a + b", "f'{a}'", "f'{a!r}'", "-1", "a | b", "a < b", "st.metric(a, b)"])
def test_a_page_that_only_describes_passes(source: str) -> None:
    assert list(_arithmetic(ast.parse(source))) == []


def test_no_duration_is_measured_by_a_clock_that_can_be_set() -> None:
    """The time of day jumps: when it is corrected, or a machine wakes."""
    for path in (*(ROOT / "app").rglob("*.py"), *(ROOT / "resnet_core").rglob("*.py")):
        of_day = re.findall(r"\btime\.(?:time(?:_ns)?|localtime|gmtime)\b|\b(?:utc)?now\(", path.read_text("utf-8"))
        assert not of_day, path


def _run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
