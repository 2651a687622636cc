"""The command line's table and verdicts over HTTP."""

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from http_server import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from app import api
from resnet_core import analyse, parse, verify


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def answer(response: Response) -> tuple[int, object]:
    return response.status_code, json.loads(bytes(response.body))


def test_the_table_of_a_network_has_its_rows_and_totals() -> None:
    status, document = answer(api.table(asked("net=resnet-34,shortcut=A,size=32")))
    analysis = analyse(parse("resnet-34,shortcut=A,size=32"))
    assert status == 200
    assert isinstance(document, dict)
    assert document["size"] == 32
    assert document["totals"]["params"] == analysis.totals.params
    assert [row["name"] for row in document["rows"]] == [row.name for row in analysis.rows]


def test_verdicts_are_all_of_them_or_those_of_the_named_networks() -> None:
    _, everything = answer(api.verdicts(asked("")))
    _, some = answer(api.verdicts(asked("net=resnet-50&net=resnet-18")))
    assert isinstance(everything, list)
    assert isinstance(some, list)
    assert len(everything) == len(verify())
    assert {verdict["arch"] for verdict in some} == {"resnet-50", "resnet-18"}


def test_verdicts_are_of_so_many_networks_at_once_however_often_each_is_named() -> None:
    many = [f"net=resnet-50,size={size}" for size in range(224, 224 + api.MOST_NETWORKS)]
    status, _ = answer(api.verdicts(asked("&".join(many * 2))))
    assert status == 200
    status, document = answer(api.verdicts(asked("&".join([*many, "net=resnet-18"]))))
    assert status == 400
    assert document == {"error": "There are 21 networks, and 20 are answered at once: ask for fewer in each request."}


@pytest.mark.parametrize("route", [api.table, api.verdicts])
def test_a_name_that_says_no_network_is_answered_with_a_sentence(route) -> None:
    status, document = answer(route(asked("net=<script>")))
    assert status == 400
    assert isinstance(document, dict)
    assert document["error"].startswith("There is no network")


def test_a_path_that_is_none_is_told_what_there_is_and_does_not_get_a_page() -> None:
    with listening(Starlette(routes=[*api.ROUTES, api.UNKNOWN])) as address, pytest.raises(HTTPError) as refused:
        urlopen(f"{address}/api/nothing", timeout=60)
    with refused.value as answered:
        assert answered.code == 404
        assert "/api/table?net=resnet-50" in json.loads(answered.read())["error"]
