"""Importing the core is quick, and brings nothing that a table of numbers has no use for."""

import json
import subprocess
import sys
from types import ModuleType

import pytest

import resnet_core

HEAVY = {"torch", "numpy", "pandas", "PIL", "streamlit"}
NOT_YET = {"tomllib", "argparse", "json", "csv", "pathlib"}


def _modules_after(code: str) -> set[str]:
    program = f"import sys; before = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {module.partition(".")[0] for module in found.stdout.splitlines()[-1].split()}


def test_importing_the_core_loads_nothing_that_only_some_need() -> None:
    loaded = _modules_after("import resnet_core")
    assert "resnet_core" in loaded
    assert not loaded & (HEAVY | NOT_YET)


@pytest.mark.parametrize(
    "code",
    [
        "import resnet_core; resnet_core.analyse(resnet_core.ZOO['resnet-50'])",
        "import resnet_core; assert len(resnet_core.verify()) > 100",
        "import resnet_core; [resnet_core.table(resnet_core.ZOO['resnet-18'], f) for f in ('text', 'csv', 'json')]",
        "from resnet_core.cli import main; main(['list', '--json']); main(['table', 'resnet-18']); main(['verify'])",
        "import resnet_core.crosscheck",
    ],
)
def test_counting_verifying_and_exporting_need_no_heavy_package(code: str) -> None:
    assert not _modules_after(code) & HEAVY


def test_what_needs_torch_loads_it_on_first_use() -> None:
    assert "torch" in _modules_after("import resnet_core; resnet_core.build")


def test_the_public_names_are_what_can_be_imported() -> None:
    assert len(set(resnet_core.__all__)) == len(resnet_core.__all__)
    for name in resnet_core.__all__:
        assert not isinstance(getattr(resnet_core, name), ModuleType), name
    # in a fresh interpreter, for tests import modules of the package, which then stand beside its names
    program = "import json, resnet_core; print(json.dumps({k: type(v).__name__ for k, v in vars(resnet_core).items()}))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    there = {name for name, kind in json.loads(found.stdout).items() if kind != "module" and not name.startswith("_")}
    assert there - {"TYPE_CHECKING", "Any", "import_module"} == set(resnet_core.__all__) - {
        "build",
        "extract",
        "load_weights",
        "pyramid",
        "regrouped",
        "table",
    }


@pytest.mark.parametrize("first", ["verify", "plan"])
def test_a_function_is_meant_where_a_module_has_its_name(first: str) -> None:
    code = f"import resnet_core.{first}; from resnet_core import {first}; assert callable({first})"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        resnet_core.nonsense  # noqa: B018  # the access is the test
