"""Connections that ask nothing, asked of a real process with few file handles."""

import contextlib
import json
import resource
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.handlers.shell.commands import Shell
from tests.waiting import LONG, wait_for

HANDLES = 256
HALF_OPEN = 260
HEADS = (b"", b"G", b"POST /hooks/wecom/callback HTTP/1.1\r\nHost: a\r\nX: ")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port and the log of a bot that may open 256 files."""
    shell, log = replace(Shell(folder=tmp_path / "data")), tmp_path / "log"
    log.touch()
    with shell.started("run", err=log) as process:
        wait_for(lambda: _port(log), log.read_text)
        resource.prlimit(process.pid or 0, resource.RLIMIT_NOFILE, (HANDLES, HANDLES))
        yield _port(log), log


def _port(log: Path) -> int:
    ready = [json.loads(line) for line in log.read_text().splitlines() if '"action": "ready"' in line]
    return int(ready[0]["port"]) if ready else 0


def _ready(port: int) -> object:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=LONG) as answer:
        return answer.status


def _half_open(stack: contextlib.ExitStack, port: int, many: int) -> list[socket.socket]:
    opened = []
    for number in range(many):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LONG))
        with contextlib.suppress(ConnectionError):
            one.sendall(HEADS[number % len(HEADS)])
        opened.append(one)
    return opened


def _ended(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionError:
        return True


def test_260_half_open_requests_silence_nobody_and_write_no_log(running: tuple[int, Path]) -> None:
    port, log = running
    with contextlib.ExitStack() as stack:
        opened = _half_open(stack, port, HALF_OPEN)
        assert _ready(port) == 200
        opened += _half_open(stack, port, HALF_OPEN)
        assert _ready(port) == 200
        # Each ends: the older made room, the younger did not come to the end of a head in time.
        assert all(map(_ended, opened))
    assert _ready(port) == 200
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line for line in lines if line["level"] in ("WARNING", "ERROR", "CRITICAL")] == []
    assert log.stat().st_size < 20_000


def test_a_second_request_on_one_connection_is_waited_for_no_longer_than_the_first(running: tuple[int, Path]) -> None:
    port, _ = running
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        one.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        while one.recv(4096):
            pass


def test_a_slow_head_that_comes_to_its_end_is_answered(running: tuple[int, Path]) -> None:
    port, _ = running
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as one:
        for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n":
            one.sendall(bytes([byte]))
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
