"""Whatever is public says what it is; what refuses says with what."""

import ast
import importlib
import inspect
from collections.abc import Iterator

import pytest
from test_boundaries import CORE

import resnet_core

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[Definition]:
    """The functions and classes of a module that others may use."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("module", CORE)
def test_every_module_and_all_that_is_public_in_it_is_documented(module: str) -> None:
    tree = ast.parse(CORE[module].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert [node.name for node in public(tree) if not ast.get_docstring(node)] == []


def raising() -> Iterator[str]:
    """The public names whose own code raises."""
    for name in resnet_core.__all__:
        found = getattr(resnet_core, name)
        if inspect.isfunction(found):
            tree = ast.parse(inspect.getsource(found))
            if any(isinstance(node, ast.Raise) for node in ast.walk(tree)):
                yield name


@pytest.mark.parametrize("name", [*raising()])
def test_a_public_name_that_raises_says_so(name: str) -> None:
    assert "Raises" in (getattr(resnet_core, name).__doc__ or "")


@pytest.mark.parametrize("name", ["parse", "verify", "load_weights", "extract", "table", "ArchSpec"])
def test_so_does_one_that_leaves_raising_to_others(name: str) -> None:
    """Those that read what people write, or need what may not be there."""
    assert "Raises" in (getattr(resnet_core, name).__doc__ or "")


def test_the_names_are_where_the_package_says() -> None:
    for name in resnet_core.__all__:
        found = getattr(resnet_core, name)
        if callable(found):
            assert getattr(importlib.import_module(found.__module__), name) is found


def test_a_function_without_a_word_would_be_caught() -> None:
    (silent,) = public(ast.parse("def silent() -> None: ...\ndef _own() -> None: ..."))
    assert ast.get_docstring(silent) is None
