"""Replicas that end, do not become ready, or are to stop meanwhile: the others serve on. The app is a small one."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest
from served import ROOT

from deploy import processes, proxy, replicas
from deploy.choices import HOST, USUAL, Choices, parser
from deploy.processes import NotStarted
from deploy.replicas import Replicas

APP = """
import http.server, os, pathlib, signal, sys, time
how = pathlib.Path(sys.argv[1]).read_text()
if how == "broken":
    sys.exit("a broken version")
if how == "stopped":
    os.kill(os.getppid(), signal.SIGTERM)
while how == "patient":
    time.sleep(0.05)
    how = pathlib.Path(sys.argv[1]).read_text() or how
if how != "good":
    time.sleep(600)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2].partition("=")[2])), Ready).serve_forever()
"""


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says how the next process of the app behaves; nginx is something that stays."""
    app, version, nginx = (tmp_path / name for name in ("app.py", "version", "nginx"))
    app.write_text(APP)
    version.write_text("good")
    nginx.write_text(f"#!/bin/sh\ntrap 'touch {tmp_path}/read-again' HUP\nwhile :; do sleep 0.1; done\n")
    nginx.chmod(0o755)
    monkeypatch.setattr(replicas, "APP", [sys.executable, "-S", str(app), str(version)])
    monkeypatch.setattr(proxy, "nginx", lambda: str(nginx))
    return version


@pytest.fixture
def running(version: Path) -> Iterator[Replicas]:
    with replicas.replicas(2, *replicas.free_ports(1), os.environ, Event()) as running:
        yield running


def test_a_version_that_does_not_start_takes_one_replica_and_leaves_the_others(
    running: Replicas, version: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = running.replicas
    before = second.pid
    version.write_text("broken")
    running.roll()
    assert [message for message in caplog.messages if "does not become ready" in message] == [
        f"The replica on port {first.port} does not become ready: its reason stands above. The others stay as they are."
    ]
    assert (second.pid, second.is_ready(), first.is_ready()) == (before, True, False)
    version.write_text("good")
    running.roll()
    assert all(replica.is_ready() for replica in running.replicas)
    assert second.pid != before


def test_who_stops_while_a_version_becomes_ready_waits_for_it_no_longer(
    running: Replicas, version: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = running.replicas[1].pid
    version.write_text("slow")
    running.stopped.set()
    running.roll()
    assert caplog.messages == []
    assert running.replicas[1].pid == before


def test_a_signal_ends_the_wait_for_the_first_start_too(version: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version.write_text("stopped")
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        replicas.serve(1, *replicas.free_ports(1))
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert capsys.readouterr().out == ""


def test_a_reload_that_comes_while_it_is_still_being_imported_does_not_end_it() -> None:
    """`-v` says what is imported, the last of which is told of here; then it refuses what it was asked."""
    command = [sys.executable, "-v", "-m", "deploy.replicas", "--replicas", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr
        said = next(line for line in started.stderr if "import 'deploy.processes'" in line)
        started.send_signal(signal.SIGHUP)
        rest = started.stderr.read()
    assert (started.returncode, "'0' is not a number" in rest) == (2, True), said


def test_what_ends_is_started_again_nginx_too(running: Replicas, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    first, nginx = running.replicas[0], running.nginx
    nginx.was_ready = True
    for one in (first, nginx):
        one.process.kill()
        one.process.wait()
    running.tend()
    assert caplog.messages == [
        f"The replica on port {first.port} had ended, and is started again.",
        "nginx had ended, and is started again.",
    ]
    running.wait_until_ready()


def test_what_hangs_is_ended_and_started_again(
    running: Replicas, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    for name, seconds in {"LOOK_EVERY": 0.05, "PATIENCE": 0.2, "SILENCE": 0.5}.items():
        monkeypatch.setattr(replicas, name, seconds)
    running.tend()
    hung, well = running.replicas
    before = hung.pid, well.pid
    os.kill(hung.pid, signal.SIGSTOP)

    def is_new() -> bool:
        running.tend()
        return hung.pid != before[0]

    eventually(is_new)
    running.wait_until_ready()
    assert caplog.messages == [f"{hung.name} hangs, and is ended.", f"{hung.name} had ended, and is started again."]
    assert well.pid == before[1]


def test_replicas_are_asked_directly_and_what_is_no_server_is_not_ready(
    running: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{HOST}:9")
    first = running.replicas[0]
    assert first.is_ready()

    def garble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"no HTTP at all\r\n\r\n")

    with socket.create_server((HOST, 0)) as listener:
        monkeypatch.setattr(first, "port", listener.getsockname()[1])
        Thread(target=garble, args=(listener,), daemon=True).start()
        assert not first.is_ready()


def test_what_is_slow_to_begin_does_not_hang(running: Replicas, version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = running.replicas[0]
    running.tend()
    version.write_text("slow")
    first.stop()
    first.revive()
    for name, seconds in {"LOOK_EVERY": 0.0, "PATIENCE": 0.05, "SILENCE": 0.1}.items():
        monkeypatch.setattr(replicas, name, seconds)
    begun, end = first.pid, time.monotonic() + 0.5
    while time.monotonic() < end:
        first.tend()
    assert first.pid == begun


def test_nginx_reads_its_certificate_again_when_the_replicas_are_renewed(running: Replicas, tmp_path: Path) -> None:
    before = running.nginx.pid
    running.roll()
    eventually((tmp_path / "read-again").exists)
    running.tend()
    assert running.nginx.pid == before


def test_what_ends_while_another_is_renewed_does_not_wait_for_that(
    running: Replicas, version: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = running.replicas
    before = first.pid, second.pid
    version.write_text("patient")
    renewing = Thread(target=running.roll)
    renewing.start()
    try:
        eventually(lambda: first.pid != before[0])
        second.process.kill()
        eventually(lambda: second.pid != before[1])
        assert f"{second.name} had ended, and is started again." in caplog.messages
        assert not first.is_ready()
    finally:
        version.write_text("good")
        renewing.join()
    assert all(replica.is_ready() for replica in running.replicas)


def eventually(happened: Callable[[], bool]) -> None:
    """Within the patience of a test."""
    for _ in range(400):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("It did not happen.")


def test_what_ends_at_once_is_not_started_over_and_over(
    running: Replicas, version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version.write_text("broken")
    first = running.replicas[0]
    first.stop()
    running.tend()
    again = first.pid
    first.process.wait()
    running.tend()
    assert first.pid == again
    monkeypatch.setattr(processes, "PAUSE", 0.0)
    running.tend()
    assert first.pid != again


def test_what_a_process_started_ends_before_it_is_started_again() -> None:
    """As nginx's workers, which hold its port."""
    heard, told = os.pipe()
    one = processes.Tended("A shell", ["sh", "-c", "sleep 600 & echo; wait"], stdout=told)
    os.close(told)
    assert os.read(heard, 1) == b"\n"
    one.process.kill()
    one.process.wait()
    one._command, one._options = ["true"], {}
    assert one.revive()
    one.process.wait()
    assert os.read(heard, 1) == b""  # nobody holds the other end any more
    os.close(heard)


def test_what_a_process_started_is_ended_once_for_its_number_may_be_another_s_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: ended.append(group))
    one = processes.Tended("A shell", ["true"])
    first = one.process
    first.wait()
    one._command = ["/nowhere/true"]
    for _ in range(3):
        with pytest.raises(NotStarted):
            one.revive()
    assert ended == [first.pid]
    one._command = ["true"]
    for _ in range(2):
        one.revive()
        one.process.wait()
    assert ended == [first.pid, ended[-1]]
    assert ended[-1] not in (first.pid, one.pid)


def test_what_cannot_be_started_because_its_folder_is_gone_names_that(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match=f"see that {tmp_path / 'gone'} is there"):
        processes.Tended("A shell", ["true"], cwd=tmp_path / "gone")


def test_what_cannot_be_started_is_told_in_a_sentence_and_leaves_nothing_behind(
    version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[processes.Tended] = []

    class Noted(replicas.Replica):
        def __init__(self, port: int, environment: Mapping[str, str]) -> None:
            super().__init__(port, environment)
            started.append(self)

    monkeypatch.setattr(replicas, "Replica", Noted)
    monkeypatch.setattr(proxy, "nginx", lambda: "/nowhere/nginx")
    with (
        pytest.raises(
            NotStarted, match=r"^nginx cannot be started \(No such file.*\): see that /nowhere/nginx is there"
        ),
        replicas.replicas(2, *replicas.free_ports(1), os.environ),
    ):
        pass
    assert [one.process.poll() is None for one in started] == [False, False]


def test_what_cannot_be_started_again_is_tried_once_more_after_a_pause(
    running: Replicas, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = running.replicas
    before = second.pid
    command, first._command = first._command, ["/nowhere/python"]
    running.roll()
    running.tend()
    told = f"The replica on port {first.port} cannot be started (No such file or directory): see that /nowhere/python "
    assert [message.startswith(told) for message in caplog.messages] == [True]
    assert (second.pid, second.is_ready()) == (before, True)
    monkeypatch.setattr(processes, "PAUSE", 0.0)
    running.tend()
    assert [message.startswith(told) for message in caplog.messages] == [True, True]
    first._command = command
    running.tend()
    running.wait_until_ready()


def test_the_replicas_take_the_ports_that_were_chosen(version: Path) -> None:
    first = next(port for port in range(20_000, 30_000, 7) if all(map(is_free, (port, port + 1))))
    with replicas.replicas(2, *replicas.free_ports(1), os.environ, choices=Choices(inner_port=first)) as running:
        assert [replica.port for replica in running.replicas] == [first, first + 1]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def test_nginx_listens_where_it_was_told_and_writes_down_who_came_if_it_was(version: Path, tmp_path: Path) -> None:
    for folder, chosen, listens in (
        ("a", USUAL, "listen 127.0.0.1:8080;\naccess_log off;\n"),
        ("b", Choices("0.0.0.0", logs=tmp_path), "listen 0.0.0.0:8080;\n"),
        ("c", Choices("::"), "listen [::]:8080;\naccess_log off;\n"),
    ):
        (tmp_path / folder).mkdir()
        proxy.install(tmp_path / folder, [8501], 8080, chosen)
        assert (tmp_path / folder / "listen.conf").read_text() == listens
    assert (tmp_path / "b" / "access.log").readlink() == tmp_path / "access.log"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("--replicas 0", "Argument --replicas: '0' is not a number of replicas: give 1 to 100; see"),
        ("--replicas 101", "give 1 to 100"),
        ("--replicas 1.5", "'1.5' is not a number of replicas"),
        (f"--port {'9' * 5000}", "'99999999999999999999…' is not a port"),
        ("--replicas -1", "Argument --replicas: '-1' is not a number of replicas: give"),
        ("--replicas two", "Argument --replicas: 'two' is not a number of replicas: give"),
        ("--port 70000", "Argument --port: '70000' is not a port: give 1 to 65535"),
        ("--inner-port 65534", "There is no port 65536"),
        ("--port 20082 --inner-port 20080", "Port 20082 cannot be nginx's and a replica's"),
        ("--address example.org", "'example.org' is no address"),
        ("--address 203.0.113.9", "Port 8501 of 203.0.113.9 cannot be had"),
        ("--port {taken}", "cannot be had"),
        ("--inner-port {taken}", "cannot be had"),
        ("--logs {file}", "cannot be a folder of logs"),
        ("--tls {file}/tls.conf", "cannot be read"),
        ("--prot 8080", "Unrecognized arguments: --prot 8080"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    asked: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    with socket.create_server((HOST, 0)) as taken:
        words = asked.format(taken=taken.getsockname()[1], file=file).split()
        monkeypatch.setattr(sys, "argv", ["deploy.replicas", *words])
        with pytest.raises(SystemExit) as refused:
            replicas.main()
    said = refused.value.code if isinstance(refused.value.code, str) else capsys.readouterr().err
    assert sentence in said
    assert said.strip().count("\n") == 0


def test_make_hands_on_what_was_chosen() -> None:
    usual = parser("", "").parse_args([])

    def told(*asked: str) -> list[object]:
        alone = {"PATH": os.environ["PATH"]}  # not what the make that runs the tests was told
        make = ["make", "-n", "replicas", *asked]
        done = subprocess.run(make, cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
        _, _, words = done.stdout.splitlines()[-1].partition("deploy.replicas")
        found = parser("", "").parse_args(words.split())
        return [found.replicas, found.address, found.port, found.inner_port]

    assert told() == [getattr(usual, name) for name in ("replicas", "address", "port", "inner_port")]
    chosen = told("REPLICAS=2", "ADDRESS=0.0.0.0", "PORT=8080", "INNER_PORT=8501")
    assert chosen == [2, "0.0.0.0", 8080, 8501]


def test_nginx_is_found_where_only_root_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(proxy, "SYSTEM_FOLDERS", str(tmp_path / "sbin"))
    with pytest.raises(NotStarted, match="There is no nginx here"):
        proxy.nginx()
    found = tmp_path / "sbin" / "nginx"
    found.parent.mkdir()
    found.touch(mode=0o755)
    assert proxy.nginx() == str(found)
