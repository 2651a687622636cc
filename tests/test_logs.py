"""The log: one event is one line, whatever it quotes; it names the request, and no secret."""

import io
import json
import logging
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import logs
from resnet_core import request_id

HOSTILE = 'frog\n{"level": "info"}\r\x1b[2J\x85\u2028\u202e"'
BEGINS = r"\d{4}-\d\d-\d\dT"


pytestmark = pytest.mark.usefixtures("log_as_before")


def written(say: Any, **environment: str) -> str:
    """What the log has once something has been said to a logger of ours."""
    stream = io.StringIO()
    logs.set_up(environment, stream)
    say(logging.getLogger("resnet_core.engine"))
    return stream.getvalue()


def structured(say: Any, **environment: str) -> dict[str, Any]:
    (line,) = written(say, RESNET_EXPLORER_LOG="json", **environment).splitlines()
    return dict(json.loads(line))


def test_a_structured_line_says_when_how_grave_where_what_and_of_which_request() -> None:
    with request_id.under("7f"):
        line = structured(lambda log: log.info("took %d", 3, extra={"fields": {"milliseconds": 1.5, "net": "lenet-5"}}))
    assert list(line) == ["time", "level", "logger", "message", "request", "milliseconds", "net"]
    assert line["time"].endswith("Z")
    told = {name: line[name] for name in line if name != "time"}
    assert told == {
        "level": "info",
        "logger": "resnet_core.engine",
        "message": "took 3",
        "request": "7f",
        "milliseconds": 1.5,
        "net": "lenet-5",
    }


def test_a_line_of_another_thread_may_name_its_request_itself() -> None:
    with request_id.under("of-the-thread"):
        assert structured(lambda log: log.info("", extra={"fields": {"request": "its-own"}}))["request"] == "its-own"


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    line = structured(lambda log: log.warning("so", extra={"fields": {"level": "debug", "message": "forged"}}))
    assert (line["level"], line["message"]) == ("warning", "so")


@given(st.text())
def test_whatever_is_quoted_one_event_is_one_line(text: str) -> None:
    def say(log: logging.Logger) -> None:
        log.warning("Refused %s", text, extra={"fields": {"path": text}})

    assert structured(say)["message"] == f"Refused {text}"
    readable = written(say)
    assert readable.count("\n") == 1
    assert logs.plain(readable[:-1]) == readable[:-1]


def test_a_forged_line_does_not_stand_for_one_of_ours() -> None:
    def fail(log: logging.Logger) -> None:
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            log.exception("It failed: %s", HOSTILE)

    first, *others = written(fail).splitlines()
    assert "It failed: frog\\x0a{" in first
    assert others
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in first + "".join(others)
    error = structured(fail)["error"]
    assert error.startswith("Traceback")
    assert "\x1b" not in error


def test_secrets_are_blotted_out_wherever_they_stand() -> None:
    secrets = {"RESNET_EXPLORER_METRICS_TOKEN": "hunter2hunter2", "STREAMLIT_SERVER_COOKIE_SECRET": "s3cret-cookie"}

    def say(log: logging.Logger) -> None:
        log.warning("%s", "hunter2hunter2", extra={"fields": {"path": "/a/s3cret-cookie"}})

    for form in ("json", "text"):
        line = written(say, RESNET_EXPLORER_LOG=form, **secrets)
        assert "hunter2" not in line
        assert "s3cret" not in line


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "stripe_key", "KEY", "OPENAI_APIKEY", "PGPASSWORD", "HF_TOKEN"])
def test_what_ends_like_a_secret_is_one(name: str) -> None:
    assert "hunter2hunter2" not in written(lambda log: log.warning("hunter2hunter2"), **{name: "hunter2hunter2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "true"),
        ("GIT_CREDENTIAL_HELPER", "store"),
        ("MONKEY", "banana-banana"),
        ("API_KEY", "changed"),
    ],
)
def test_words_that_are_no_secrets_are_left_alone(name: str, value: str) -> None:
    assert f"It is {value}." in written(lambda log: log.warning("It is %s.", value), **{name: value})


def test_a_key_of_several_lines_is_blotted_out_in_each() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ"

    def fail(log: logging.Logger) -> None:
        try:
            raise ValueError(key)
        except ValueError:
            log.exception("It failed: %s", key)

    for form in ("json", "text"):
        said = written(fail, RESNET_EXPLORER_LOG=form, PRIVATE_KEY=key)
        assert "MIIE" not in said
        assert "kqhk" not in said


def test_the_user_of_an_address_is_blotted_out() -> None:
    line = written(lambda log: log.warning("Cause: %s", "http://anna:pa55@10.0.0.2:8000/ refused"))
    assert "http://•••@10.0.0.2:8000/ refused" in line


def test_a_readable_log_is_quiet_and_a_structured_one_is_not() -> None:
    assert written(lambda log: log.info("shown")) == ""
    assert written(lambda log: log.info("shown"), RESNET_EXPLORER_LOG_LEVEL="info") != ""
    assert written(lambda log: log.info("shown"), RESNET_EXPLORER_LOG="json") != ""
    assert written(lambda log: log.info("shown"), RESNET_EXPLORER_LOG="json", RESNET_EXPLORER_LOG_LEVEL="warning") == ""


@pytest.mark.parametrize("setting", ["RESNET_EXPLORER_LOG", "RESNET_EXPLORER_LOG_LEVEL"])
def test_a_setting_that_is_none_is_told_and_changes_nothing(setting: str) -> None:
    line = written(lambda log: log.info("shown"), **{setting: "frog\n"})
    assert line.count("\n") == 1
    assert f"{setting} is not one of" in line


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "name", ["uvicorn.error", "websockets", "websockets.server", "asyncio", "streamlit.error_util"]
)
def test_what_the_server_itself_fails_at_is_written_in_our_form_without_secrets(name: str, form: str) -> None:
    def fail(_: logging.Logger) -> None:
        try:
            raise ValueError(f"open-sesame {HOSTILE}")
        except ValueError:
            logging.getLogger(name).exception("Exception in ASGI application\n")

    logging.getLogger(name.partition(".server")[0]).handlers = []  # as uvicorn leaves it
    said = written(fail, RESNET_EXPLORER_LOG=form, RESNET_EXPLORER_METRICS_TOKEN="open-sesame")
    assert "Exception in ASGI application" in said
    assert "open-sesame" not in said
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if line.startswith("{")] == (said.splitlines() if form == "json" else [])


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_address_and_the_question_of_a_websocket_are_not_written(form: str) -> None:
    def accepted(_: logging.Logger) -> None:
        logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "198.51.100.7", "/_stcore/stream?a=b")

    assert written(accepted, RESNET_EXPLORER_LOG=form, RESNET_EXPLORER_LOG_LEVEL="debug") == ""


def test_a_thread_that_dies_is_told_in_our_form() -> None:
    def dies(_: logging.Logger) -> None:
        thread = threading.Thread(target=lambda: 1 / 0, name="doomed")
        thread.start()
        thread.join()

    (line,) = map(json.loads, written(dies, RESNET_EXPLORER_LOG="json").splitlines())
    assert line["message"] == "The thread doomed died."
    assert "ZeroDivisionError" in line["error"]


def test_what_a_stranger_sends_leaves_no_traceback() -> None:
    def told(_: logging.Logger) -> None:
        try:
            raise ValueError
        except ValueError as error:
            logging.getLogger(logs.OF_STRANGERS).warning("Error deserializing back message", exc_info=error)

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            noted.append(record)

    noted: list[logging.LogRecord] = []
    handler = Noting()
    logging.getLogger(logs.OF_STRANGERS).addHandler(handler)
    try:
        written(told)
    finally:
        logging.getLogger(logs.OF_STRANGERS).removeHandler(handler)
    assert [record.exc_info for record in noted] == [None]
