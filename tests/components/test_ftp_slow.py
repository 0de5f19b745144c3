"""A table of every command that a session sends, against servers without end: each call ends all the same."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.clients import ftp
from edye_delivery.clients.ftp import FileTooLarge, FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import TooSlow, Transient
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD
from tests.components.hostile_ftp import (
    Answer,
    HostileFtp,
    endless,
    hostile_ftp,
    sending,
    silent,
    slow_reader,
    taking,
    transfers,
    trickled,
)
from tests.sandbox.ftp_caller import make_certificate

FILE, OTHER = RemotePath("/incoming", "A.mp4"), RemotePath("/incoming", "B.mp4")
ANSWER_S, SPAN_S = 0.3, 0.3
END_S = 5.0
MEMORY_MAX_BYTES = 20_000_000
NO = b"502 no\r\n"


def account(server: HostileFtp, **changes: Any) -> FtpAccount:
    given = {"timeout_s": ANSWER_S, "least_rate_bytes_s": 10_000, "span_s": SPAN_S} | changes
    return FtpAccount("127.0.0.1", server.port, FTP_LOGIN, FTP_PASSWORD, **given)


Use = Callable[[FtpSession], Any]
NO_SIZE: dict[str, Answer] = {"SIZE": NO}
NO_MLST: dict[str, Answer] = NO_SIZE | {"FEAT": NO}
CALLS: dict[str, tuple[Use, dict[str, Answer], list[str]]] = {
    "size": (lambda one: one.size(FILE), {}, ["SIZE"]),
    "size by MLST": (
        lambda one: one.size(FILE),
        NO_SIZE | {"FEAT": b"211-\r\n MLST\r\n211 end\r\n"},
        ["SIZE", "MLST"],
    ),
    "size by LIST": (lambda one: one.size(FILE), NO_MLST, ["SIZE", "CWD", "PASV", "NLST", "PASV", "LIST"]),
    "store": (lambda one: one.store(FILE, [b"x"]), {}, ["PASV", "STOR"]),
    "store from an offset": (lambda one: one.store(FILE, [b"x"], 5), {}, ["PASV", "REST", "STOR"]),
    "store at the end": (lambda one: one.store(FILE, [b"x"], 5), {"FEAT": NO}, ["PASV", "APPE"]),
    "rename": (lambda one: one.rename(FILE, OTHER), {}, ["RNFR", "RNTO"]),
    "rename over": (
        lambda one: one.rename(FILE, OTHER),
        {"RNTO": b"553 there is one\r\n"},
        ["RNFR", "RNTO", "SIZE", "DELE", "RNFR", "RNTO"],
    ),
    "delete": (lambda one: one.delete(FILE), {}, ["DELE"]),
    "make_folder": (lambda one: one.make_folder("/incoming"), {"CWD": b"550 no\r\n"}, ["CWD", "MKD", "CWD"]),
    "names": (lambda one: one.names("/incoming", ["A.mp4"]), {}, ["CWD", "PASV", "NLST"]),
    "read": (lambda one: one.read(FILE, 100), {}, ["PASV", "RETR"]),
    "read_end": (lambda one: one.read_end(FILE, 50_000), {"SIZE": b"213 100000\r\n"}, ["SIZE", "PASV", "REST", "RETR"]),
    "close": (lambda one: one.close(), {}, ["QUIT"]),
}
LOGIN = ["greeting", "USER", "PASS", "TYPE", "FEAT"]
COMMANDS = {f"{name}, {command}": (name, command) for name, (_, _, told) in CALLS.items() for command in told}
ANSWERS: dict[str, Answer] = {
    "a byte at a time": trickled(b"250-"),
    "silence": silent,
    "lines without end": endless(b"250-more and more\r\n" * 100),
    "a line without end": endless(b"2" * 4000),
    "long lines": b"".join(b"250-%s\r\n" % (b"x" * 8000) for _ in range(100)),
}


@contextmanager
def bounded() -> Iterator[None]:
    """The block ends soon and takes little memory."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        yield
        assert time.monotonic() - began < END_S
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX_BYTES
    finally:
        tracemalloc.stop()


def test_every_public_method_is_in_the_table() -> None:
    methods = {name for name, value in vars(FtpSession).items() if callable(value) and not name.startswith("_")}
    assert {name.partition(" ")[0] for name in CALLS} == methods


@pytest.mark.parametrize("name", CALLS)
def test_the_table_has_every_command_that_a_call_sends(name: str) -> None:
    call, answers, commands = CALLS[name]
    with hostile_ftp() as server:
        server.change(**(transfers(server) | answers))
        one = FtpSession(account(server, timeout_s=10))
        assert [heard.partition(" ")[0] for heard in server.heard] == LOGIN[1:]
        server.heard.clear()
        with suppress(ftp.FtpRefused):
            call(one)
        if name == "close":
            assert server.was_left.wait(5)
        assert [heard.partition(" ")[0] for heard in server.heard] == commands


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(("name", "command"), COMMANDS.values(), ids=COMMANDS)
def test_an_answer_that_does_not_end_is_left(
    name: str, command: str, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ftp, "LAST_ANSWER_S", ANSWER_S)
    call, answers, _ = CALLS[name]
    with hostile_ftp() as server:
        server.change(**(transfers(server) | answers))
        one = FtpSession(account(server))
        server.change(**{command: answer})
        with bounded(), nullcontext() if name == "close" else pytest.raises(Transient):
            call(one)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("command", LOGIN)
def test_a_login_that_does_not_end_is_left(command: str, answer: Answer) -> None:
    with hostile_ftp(**{command: answer}) as server, bounded(), pytest.raises(Transient):
        FtpSession(account(server))


TLS_RECORD = b"\x16\x03\x03\x3f\xff"


@pytest.mark.parametrize("consent", ["", "234 yes\r\n"], ids=["AUTH", "the TLS handshake"])
@pytest.mark.parametrize("go_on", [trickled, lambda begin: silent], ids=["a byte at a time", "silence"])
def test_tls_that_does_not_begin_is_left(consent: str, go_on: Callable[..., Callable[[Any], None]]) -> None:
    what = "the TLS handshake" if consent else "AUTH TLS"

    def begin(connection: socket.socket) -> None:
        if consent:
            connection.sendall(consent.encode())
            connection.recv(1)
        go_on(TLS_RECORD if consent else b"234-")(connection)

    with hostile_ftp(AUTH=begin) as server, bounded(), pytest.raises(TooSlow, match=f"{what}.*: no whole answer"):
        FtpSession(account(server, tls=ssl.create_default_context()))


def test_nothing_that_came_in_the_clear_is_taken_for_an_answer_under_tls() -> None:
    with (
        hostile_ftp(AUTH=b"234 so be it\r\n230 you are in\r\n") as server,
        pytest.raises(Transient, match="sent unencrypted bytes"),
    ):
        FtpSession(account(server, tls=ssl.create_default_context()))


DOWN = {"names": "NLST", "read": "RETR", "size by LIST": "LIST", "read_end": "RETR"}


@pytest.mark.parametrize(("name", "command"), DOWN.items(), ids=DOWN)
@pytest.mark.parametrize("content", [trickled(b""), silent], ids=["a byte at a time", "silence"])
def test_bytes_that_come_too_slowly_are_left(name: str, command: str, content: Callable[[socket.socket], None]) -> None:
    call, answers, _ = CALLS[name]
    with hostile_ftp() as server:
        server.change(**(transfers(server) | answers | {command: sending(server, content)}))
        one = FtpSession(account(server, timeout_s=10))
        with bounded(), pytest.raises(TooSlow, match=f"{command}.*expected at least 10,000 bytes a second"):
            call(one)


@pytest.mark.parametrize(("name", "command"), DOWN.items(), ids=DOWN)
def test_bytes_without_end_are_left(name: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp, "LISTING_MAX_BYTES", 500_000)
    call, answers, _ = CALLS[name]
    with hostile_ftp() as server:
        server.change(**(transfers(server) | answers | {command: sending(server, endless(b"B.mp4\r\n" * 1000))}))
        one = FtpSession(account(server, timeout_s=10))
        with bounded(), pytest.raises(FileTooLarge, match="sends more than"):
            call(one)


@pytest.mark.parametrize("line", [b"\n", b"x"], ids=["empty lines", "one line"])
def test_a_listing_of_whatever_lines_takes_flat_memory(line: bytes) -> None:
    with hostile_ftp() as server:
        server.change(**(transfers(server) | {"NLST": sending(server, line * 4_000_000 + b"\nA.mp4\r\n")}))
        one = FtpSession(account(server, timeout_s=10, span_s=10))
        tracemalloc.start()
        try:
            assert one.names("/incoming", ["A.mp4", "B.mp4"]) == {"A.mp4"}
            assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX_BYTES
        finally:
            tracemalloc.stop()


def test_a_file_that_is_too_large_costs_its_reader_no_session() -> None:
    with hostile_ftp() as server:
        server.change(**transfers(server))
        one = FtpSession(account(server, timeout_s=10))
        with pytest.raises(FileTooLarge, match="sends more than 5 bytes"):
            one.read(FILE, 5)
        assert one.size(FILE) == 10
        assert one.read(FILE, 10) == b"ten bytes\n"


@pytest.mark.parametrize(("use", "command"), [(0, "STOR"), (5, "APPE")], ids=["STOR", "APPE"])
def test_bytes_that_are_taken_too_slowly_are_left(use: int, command: str) -> None:
    with hostile_ftp(FEAT=NO) as server:
        server.change(**(transfers(server) | {command: slow_reader(server)}))
        one = FtpSession(account(server, timeout_s=10))
        blocks = (bytes(1_000_000) for _ in range(1000))
        with bounded(), pytest.raises(TooSlow, match=f"{command} .*expected at least 10,000 bytes a second"):
            one.store(FILE, blocks, use)


LAST = {"a byte at a time": trickled(b"226-"), "silence": silent, "lines without end": endless(b"226-more\r\n")}


@pytest.mark.parametrize("end", LAST.values(), ids=LAST)
@pytest.mark.parametrize("command", ["STOR", "RETR", "NLST"])
def test_a_last_answer_that_does_not_end_is_left(command: str, end: Callable[[socket.socket], None]) -> None:
    calls: dict[str, Use] = {"STOR": CALLS["store"][0], "RETR": CALLS["read"][0], "NLST": CALLS["names"][0]}
    with hostile_ftp() as server:
        said = taking(server, end) if command == "STOR" else sending(server, b"A.mp4\r\n", end)
        server.change(**(transfers(server) | {command: said}))
        one = FtpSession(account(server, least_rate_bytes_s=1_000_000))
        with bounded(), pytest.raises(Transient):
            calls[command](one)


@contextmanager
def unanswered_data_connections(server: HostileFtp) -> Iterator[None]:
    """Nobody takes a connection to the server's data port, whose queue is full."""
    server.data.listen(0)
    with ExitStack() as open_connections:
        for _ in range(3):
            waiting = open_connections.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.data.getsockname())
        yield


def test_a_data_connection_that_is_never_opened_is_left() -> None:
    with hostile_ftp() as server:
        server.change(**transfers(server))
        one = FtpSession(account(server))
        with unanswered_data_connections(server), bounded(), pytest.raises(TooSlow, match="data connection for NLST"):
            one.names("/incoming", ["A.mp4"])


def test_a_server_that_never_comes_to_our_port_is_left() -> None:
    with hostile_ftp(PORT=b"200 yes\r\n", NLST=b"150 here\r\n") as server:
        one = FtpSession(account(server, passive=False))
        with bounded(), pytest.raises(TooSlow, match="NLST"):
            one.names("/incoming", ["A.mp4"])


def tls_server(keys: tuple[Path, Path], listener: socket.socket) -> None:
    """A server that takes one upload and never answers the farewell of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*keys)
    answers = {"USER": "331", "PASS": "230", "SIZE": "213 3", "FEAT": "502", "QUIT": "221"}
    plain, _ = listener.accept()
    with socket.create_server(("127.0.0.1", 0)) as data_listener:
        port = data_listener.getsockname()[1]
        answers["PASV"] = f"227 (127,0,0,1,{port // 256},{port % 256})"
        plain.sendall(b"220 hello\r\n")
        plain.recv(100)
        plain.sendall(b"234 yes\r\n")
        with (
            context.wrap_socket(plain, server_side=True) as control,
            control.makefile("r") as commands,
            suppress(OSError),
        ):
            for command in commands:
                if command.startswith("STOR"):
                    raw, _ = data_listener.accept()
                    control.sendall(b"150 let us have it\r\n")
                    with context.wrap_socket(raw, server_side=True) as data:
                        while data.recv(100_000):
                            pass
                        control.sendall(b"226 all is here\r\n")
                        next(commands)  # the data connection stays open, and says nothing more
                        control.sendall(b"213 3\r\n")
                else:
                    control.sendall(f"{answers.get(command[:4].strip(), '200')} \r\n".encode())


def test_a_server_that_never_says_farewell_over_tls_costs_no_time(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=tls_server, args=((certificate, key), listener))
        thread.start()
        trust = ssl.create_default_context(cafile=str(certificate))
        one = FtpSession(FtpAccount("127.0.0.1", listener.getsockname()[1], "edye", "secret", tls=trust))
        began = time.monotonic()
        one.store(FILE, [b"abc"])
        assert one.size(FILE) == 3
        assert time.monotonic() - began < END_S
        one.close()
        thread.join(5)
        assert not thread.is_alive()
