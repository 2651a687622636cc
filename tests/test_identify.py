"""Which network is it? Every number and every state_dict leads back to the network that it was taken from."""

import json
import re
import tracemalloc
from itertools import pairwise

import pytest
import torch
from safetensors import SafetensorError, deserialize

from resnet_core import ZOO, analyse, build, parse
from resnet_core.identify import Count, KeysMatch, identify, match_keys, read_count
from resnet_core.solver import ReconcileError
from resnet_core.state_keys import DTYPES, KeysError, expected_keys, read_keys, read_keys_of

SMALL = [name for name, spec in ZOO.items() if spec.layers < 300]


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("466906", Count("466906", 1)),
        ("25,557,032", Count("25557032", 1)),
        ("4.12e9", Count("4.12", 10**9)),
        ("4.12E+9", Count("4.12", 10**9)),
        ("4.12 G", Count("4.12", 10**9)),
        ("25.6M", Count("25.6", 10**6)),
        (" 1.8g ", Count("1.8", 10**9)),
    ],
)
def test_a_count_is_read_with_its_precision(written: str, count: Count) -> None:
    assert read_count(written) == count


@pytest.mark.parametrize(
    "written", ["", "4,12 G", "-3", "0", "1e99", "1e18", "nan", "inf", "12,34", "4.1.2", "²", "x" * 999]
)
def test_what_is_no_count_is_refused_with_one_sentence(written: str) -> None:
    with pytest.raises(ReconcileError) as refusal:
        read_count(written)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 160


@pytest.mark.parametrize("name", ZOO)
def test_every_network_is_found_by_its_parameters(name: str) -> None:
    found = identify("params", Count(str(analyse(ZOO[name]).totals.params), 1))
    assert ZOO[name] in [match.spec for match in found.exact]
    assert all(match.away == 0 for match in found.exact)


def test_a_count_with_option_b_is_told_from_the_papers_a() -> None:
    found = identify("params", Count("466906", 1))
    assert [str(match.spec) for match in found.exact] == ["cifar-resnet-32,shortcut=B"]
    assert "option B" in found.exact[0].words
    assert (found.closest[0].spec, found.closest[0].number) == (ZOO["cifar-resnet-32"], 464_154)  # the paper's
    assert ZOO["cifar-plain-32"] in found.closest[0].ties
    assert "such as cifar-plain-32" in found.closest[0].words


def test_the_closest_come_nearest_first_and_each_number_once() -> None:
    found = identify("macs", Count("4000000001", 1))
    assert found.exact == ()
    assert all(abs(one.away) <= abs(other.away) for one, other in pairwise(found.closest))
    assert len({match.number for match in found.closest}) == len(found.closest) == 5


@pytest.mark.parametrize("name", SMALL)
def test_the_keys_of_a_network_are_those_of_the_built_one(name: str) -> None:
    with torch.device("meta"):
        state = build(ZOO[name]).state_dict()
    assert expected_keys(analyse(ZOO[name])) == {key: tuple(tensor.shape) for key, tensor in state.items()}


@pytest.mark.parametrize(
    "text", ["resnet-50", "cifar-resnet-20,shortcut=B", "densenet-121,classes=7", "vgg-16", "lenet-5"]
)
def test_a_state_dict_leads_to_its_network(text: str) -> None:
    best = match_keys(expected_keys(analyse(parse(text))))[0]
    assert best.exact
    assert expected_keys(analyse(best.spec)) == expected_keys(analyse(parse(text)))


def test_what_separates_a_state_dict_from_the_nearest_network_is_named() -> None:
    keys = dict(expected_keys(analyse(ZOO["resnet-50"])))
    del keys["fc.bias"]
    keys["conv1.weight"] = (64, 1, 7, 7)
    keys["extra"] = (3,)
    best = match_keys(keys)[0]
    assert str(best.spec).startswith("resnet-50")
    assert (best.missing, best.beyond, best.reshaped) == (("fc.bias",), ("extra",), ("conv1.weight",))
    assert "fc.bias" in best.words


def test_names_alone_are_enough() -> None:
    assert str(match_keys(dict.fromkeys(expected_keys(analyse(ZOO["resnet-34"]))))[0].spec) == "resnet-34"


def safetensors(header: dict[str, object], claimed: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return (len(text) if claimed is None else claimed).to_bytes(8, "little") + text


def test_a_safetensors_header_is_read_and_nothing_behind_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    header = {
        "__metadata__": {"format": "pt"},
        "module.fc.weight": {"dtype": "F32", "shape": [10, 64], "data_offsets": [0, 2560]},
    }
    assert read_keys(safetensors(header)) == {"fc.weight": (10, 64)}
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(safetensors(header))
        file.truncate(2**30)  # a gigabyte, of which none but the header is there
    assert read_keys_of(path) == {"fc.weight": (10, 64)}


@pytest.mark.parametrize("claimed", [0, 2**40])
def test_a_length_that_is_a_lie_does_not_have_the_whole_file_read(tmp_path, claimed) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "lying.safetensors"
    with path.open("wb") as file:
        file.write(safetensors({"a": {"shape": [1]}}, claimed))
        file.truncate(2**30)
    tracemalloc.start()
    with pytest.raises(KeysError):
        read_keys_of(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 * 2**20


@pytest.mark.parametrize(
    "text", ["a" + " " * 10**6 + "!", "a " * 10**5, "[" * 10**5, "a=" * 10**5, "a [1" + "," * 10**5]
)
def test_a_line_that_is_made_to_be_slow_is_refused(text: str) -> None:
    """Of a pattern that backtracks, 800 spaces took two minutes."""
    with pytest.raises(KeysError, match=r"Line 1|no JSON"):
        read_keys(text.encode())


@pytest.mark.parametrize("data", [b"\xef\xbb\xbffc.weight\r\nfc.bias\r\n", b'["fc.weight", "fc.bias"]'])
def test_names_are_read_as_other_programs_write_them(data: bytes) -> None:
    assert read_keys(data) == {"fc.weight": None, "fc.bias": None}


def test_a_densenet_of_before_torch_0_4_leads_to_its_network() -> None:
    keys = expected_keys(analyse(ZOO["densenet-121"]))
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name): shape for name, shape in keys.items()}
    assert old.keys() != keys.keys()
    read = read_keys(json.dumps(old).encode())
    assert match_keys(read)[0] == KeysMatch(ZOO["densenet-121"], (), (), ())


def test_names_of_nothing_known_are_close_to_nothing() -> None:
    assert match_keys({"transformer.h.0.attn.bias": (1, 1)}) == ()


def test_where_no_shape_was_given_none_is_said_to_be_the_same() -> None:
    found = match_keys(dict.fromkeys(expected_keys(analyse(ZOO["resnet-50"]))))
    assert {"resnext-50-8x14d", "wide-resnet-50-2"} <= {str(match.spec) for match in found if match.exact}
    assert found[0].words == "every name is the same; no shape was given"


def test_a_table_whose_ninth_letter_is_a_brace_is_a_list() -> None:
    assert read_keys(b'{"fc.w":{"shape":[1]}}') == {"fc.w": (1,)}


def test_a_state_dict_without_the_batches_counted_leads_to_its_network() -> None:
    """As files from before torch 0.4.1 have it."""
    keys = expected_keys(analyse(ZOO["resnet-18"]))
    old = {name: shape for name, shape in keys.items() if not name.endswith("num_batches_tracked")}
    assert match_keys(old)[0] == KeysMatch(ZOO["resnet-18"], (), (), ())


def test_every_network_with_the_same_keys_is_named_and_the_nearest_others() -> None:
    found = match_keys(expected_keys(analyse(ZOO["cifar-resnet-110"])))
    exact = [match for match in found if match.exact]
    assert {"cifar-resnet-110", "cifar-resnet-110-sd", "cifar-plain-110"} <= {str(match.spec) for match in exact}
    assert found[: len(exact)] == tuple(exact)
    assert len(found) > len(exact)


@pytest.mark.parametrize(
    "line",
    [
        "fc.weight [10, 64]",
        "fc.weight torch.Size([10, 64])",
        "'fc.weight': (10, 64),",
        "fc.weight\t[10,64]",
        '"fc.weight": [10, 64]',
    ],
)
def test_lists_are_read_as_people_print_them(line: str) -> None:
    assert read_keys(f"{line}\n\nfc.bias\n".encode()) == {"fc.weight": (10, 64), "fc.bias": None}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing in it"),
        (b"\x80\x04\x95abc", "pickle"),
        (b"PK\x03\x04archive", "pickle"),
        (safetensors({"a": {"shape": [1]}}, claimed=2**40), "claims"),
        (safetensors({"a": {"shape": [1]}}, claimed=2**63), "claims"),
        (safetensors({"a": {"shape": [1]}}, claimed=0), "no JSON"),
        (safetensors({"a": {"shape": [1]}}, claimed=1), "no JSON"),
        (json.dumps(dict.fromkeys(map(str, range(50_001)))).encode(), "over 50,000"),
        ("\n".join(f"a{n}" for n in range(50_002)).encode(), "over 50,000"),
        (b"a" * 500, "Line 1"),
        (b"conv1.weight [64, 3, 7, 7] !", "Line 1"),
        ((20).to_bytes(8, "little") + b"{" + b"[" * 19, "no JSON"),
        ((100_000).to_bytes(8, "little") + b'{"a":' + b"[" * 99_995, "no JSON"),
        (b"\xff\xfe\x00\x01", "neither"),
        (b"no name: of a tensor!", "Line 1"),
        (b"{}", "no names"),
        (b"[1]", "no table of names"),
        (b'{"a": {"shape": [-3, 4]}}', "a shape that is none"),
        (b'{"a": {"shape": [1.5, true]}}', "a shape that is none"),
        (safetensors({"a": {"dtype": "F99", "shape": [1]}}), "a dtype that safetensors has not"),
        (safetensors({"a": {"dtype": ["F32"], "shape": [1]}}), "a dtype that safetensors has not"),
        (b'{"\\ud800": [1]}', "is not that of a tensor"),
        (b'{"\\u001b[31m": [1]}', "is not that of a tensor"),
        (json.dumps({"a" * 500: [1]}).encode(), "is not that of a tensor"),
    ],
)
def test_what_holds_no_names_is_refused_with_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(KeysError, match=says) as refusal:
        read_keys(data)
    assert str(refusal.value).count("\n") == 0
    assert str(refusal.value).endswith(".")


def test_the_dtypes_are_those_of_safetensors_itself() -> None:
    for dtype in DTYPES:
        deserialize(safetensors({"a": {"dtype": dtype, "shape": [0], "data_offsets": [0, 0]}}))
    with pytest.raises(SafetensorError) as refusal:
        deserialize(safetensors({"a": {"dtype": "F99", "shape": [0], "data_offsets": [0, 0]}}))
    assert re.findall(r"`(\w+)`", str(refusal.value)) == ["F99", *DTYPES]


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(KeysError, match="cannot be read"):
        read_keys_of(tmp_path / "none.safetensors")
