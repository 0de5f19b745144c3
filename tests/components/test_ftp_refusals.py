"""What an FTP server may refuse, break or make up: each ends in a sentence, in bounded time and memory."""

from __future__ import annotations

import socket
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.clients import ftp
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import AuthRefused, DeliveryError, FtpRefused, Transient
from sandbox.faults import FaultPlan, parse_faults
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD, FtpHost
from sandbox.journal import Journal
from sandbox.store import Store
from tests.components.hostile_ftp import HostileFtp, hostile_ftp
from tests.vsftpd import require_vsftpd, vsftpd_server

FILE = RemotePath("/incoming", "A.mp4")
SECRET = "correct horse battery staple"
TIMEOUT_S = 0.3
NINES = b"9" * 5000


def session(port: int, *, login: str = FTP_LOGIN, password: str = FTP_PASSWORD, timeout_s: float = 10) -> FtpSession:
    return FtpSession(FtpAccount("127.0.0.1", port, login, password, timeout_s=timeout_s, span_s=timeout_s))


def guest(server: HostileFtp, timeout_s: float = TIMEOUT_S) -> FtpSession:
    return session(server.port, password=SECRET, timeout_s=timeout_s)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[tuple[int, FaultPlan]]:
    plan, store = FaultPlan(), Store(tmp_path / "journal.sqlite")
    host = FtpHost(tmp_path / "ftp", Journal(store), plan)
    (tmp_path / "ftp" / "incoming").mkdir(parents=True)
    yield host.start(), plan
    host.stop()
    store.close()


CALLS: dict[str, Callable[[FtpSession], Any]] = {
    "store": lambda one: one.store(FILE, [b"x"]),
    "rename": lambda one: one.rename(RemotePath("/incoming", "B.mp4"), FILE),
    "delete": lambda one: one.delete(FILE),
    "list": lambda one: one.names("/incoming", ["A"]),
    "size": lambda one: one.size(FILE),
    "retrieve": lambda one: one.read(FILE, 10),
}


PASSING = [(name, code) for name in CALLS for code in (421, 425, 450, 451, 452, 552)]
SAYS_NOTHING_IS_THERE = [("list", 450), ("size", 450)]


@pytest.mark.parametrize(("operation", "code"), [one for one in PASSING if one not in SAYS_NOTHING_IS_THERE])
def test_what_may_pass_is_transient(box: tuple[int, FaultPlan], operation: str, code: int) -> None:
    port, plan = box
    one = session(port)
    one.store(RemotePath("/incoming", "B.mp4"), [b"x"])
    plan.replace(parse_faults([{"service": "ftp", "operation": operation, "kind": "reply", "code": code}]))
    with pytest.raises(Transient, match=str(code)) as told:
        CALLS[operation](one)
    assert f"127.0.0.1:{port}" in str(told.value)


@pytest.mark.parametrize("code", [550, 553])
@pytest.mark.parametrize("operation", ["store", "rename", "delete", "retrieve"])
def test_what_lasts_is_refused_with_code_and_command(box: tuple[int, FaultPlan], operation: str, code: int) -> None:
    port, plan = box
    one = session(port)
    one.store(RemotePath("/incoming", "B.mp4"), [b"x"])
    plan.replace(parse_faults([{"service": "ftp", "operation": operation, "kind": "reply", "code": code}]))
    with pytest.raises(FtpRefused) as told:
        CALLS[operation](one)
    assert told.value.code == code
    assert "/incoming/" in told.value.command


def test_a_disk_that_gets_full_in_the_middle_is_told_as_such(box: tuple[int, FaultPlan]) -> None:
    port, plan = box
    fault = {"service": "ftp", "operation": "store", "kind": "reply", "code": 452, "after_bytes": 100_000}
    plan.replace(parse_faults([fault]))
    with pytest.raises(Transient, match=r"answered 452 to STOR /incoming/A\.mp4: Insufficient storage"):
        session(port).store(FILE, (b"x" * 500_000 for _ in range(40)))


def test_a_wrong_password_is_a_sentence_without_it_at_the_sandbox(box: tuple[int, FaultPlan]) -> None:
    with pytest.raises(AuthRefused, match=r"refused our login \(530\)") as told:
        session(box[0], password=SECRET)
    assert SECRET not in str(told.value)


def test_a_wrong_password_is_a_sentence_without_it_at_vsftpd(tmp_path: Path) -> None:
    require_vsftpd()
    with vsftpd_server(tmp_path) as server:
        with pytest.raises(AuthRefused, match=r"refused our login \(530\)") as told:
            session(server.port, login=server.login, password=SECRET)
        assert SECRET not in str(told.value)


def test_a_login_that_there_is_no_room_for_now_is_transient(box: tuple[int, FaultPlan]) -> None:
    port, plan = box
    plan.replace(parse_faults([{"service": "ftp", "operation": "login", "kind": "reply", "code": 421}]))
    with pytest.raises(Transient, match="421"):
        session(port)


@pytest.mark.parametrize(
    "answer",
    [b"530 no such password: %s\r\n", b"430 not with %s\r\n", b"999 %s\r\n", b"%s\r\n"],
    ids=["530", "430", "no FTP code", "no code"],
)
def test_a_server_that_repeats_the_password_does_not_make_us_tell_it(answer: bytes) -> None:
    with hostile_ftp(PASS=answer.replace(b"%s", SECRET.encode())) as server:
        with pytest.raises(DeliveryError) as told:
            guest(server)
        assert SECRET not in str(told.value)
        assert f"PASS {SECRET}" in server.heard


def forever(block: bytes) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        while True:
            connection.sendall(block)

    return send


@pytest.mark.parametrize(
    "answers",
    [
        {"greeting": b"\x00\xff\xfe garbage \x07\r\n"},
        {"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
        {"greeting": b""},
        {"greeting": b"2"},
        {"greeting": forever(b"220-more and more\r\n")},
        {"greeting": forever(b"no end of line ")},
        {"USER": b"\r\n"},
        {"FEAT": forever(b"211-more\r\n")},
        {"TYPE": b""},
        {"FEAT": lambda connection: connection.close()},
        {"FEAT": b"421 too many\r\n"},
    ],
    ids=lambda answers: "-".join(answers),
)
def test_a_server_that_makes_no_sense_is_left_with_a_sentence(answers: dict[str, Any]) -> None:
    check_end(lambda server: guest(server), **answers)


@pytest.mark.parametrize(
    "answers",
    [
        {"SIZE": b"213 " + NINES + b"\r\n"},
        {"SIZE": b"213 ten\r\n"},
        {"SIZE": b"213 \xd9\xa3\xff\r\n"},
        {"SIZE": forever(b"213-1\r\n")},
        {"SIZE": b""},
        {"SIZE": b"150 soon\r\n"},
        {"PASV": b"227 nowhere\r\n"},
        {"PASV": b"227 (127,0,0,1,999,999)\r\n"},
        {"PASV": b"227 (127,0,0,1," + NINES + b",1)\r\n"},
        {"PASV": b"229 (|||x|)\r\n"},
        {"STOR": b""},
        {"STOR": b"150 (" + NINES + b" bytes)\r\n"},
        {"STOR": b"\xff\xfe\r\n"},
        {"QUIT": b"\xff\xfe\r\n"},
    ],
    ids=lambda answers: "-".join(f"{name}-{str(text)[:20]}" for name, text in answers.items()),
)
def test_an_answer_that_makes_no_sense_never_ends_in_anything_but_a_sentence(answers: dict[str, Any]) -> None:
    def use(server: HostileFtp) -> None:
        server.change(PASV=answers.get("PASV", server.passive()))
        one = guest(server)
        try:
            if one.size(FILE) is not None:
                one.store(FILE, [b"x"])
        finally:
            one.close()
        raise Transient("it went well")

    check_end(use, **answers)


def check_end(use: Callable[[HostileFtp], Any], **answers: Any) -> None:
    tracemalloc.start()
    try:
        with hostile_ftp(**answers) as server:
            begun = time.monotonic()
            with pytest.raises(DeliveryError) as told:
                use(server)
            assert time.monotonic() - begun < 10 * TIMEOUT_S
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 600


def listing(server: HostileFtp, content: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        data, _ = server.data.accept()
        connection.sendall(b"150 here\r\n")
        try:
            with data:
                content(data)
        except OSError:
            connection.sendall(b"426 you went away\r\n")
        else:
            connection.sendall(b"226 that was all\r\n")

    return answer


def test_a_listing_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp, "LISTING_MAX_BYTES", 1_000_000)

    def use(server: HostileFtp) -> None:
        server.change(PASV=server.passive(), NLST=listing(server, forever(b"EDYE_X_ES.json\r\n" * 1000)))
        guest(server).names("/incoming", ["A"])

    check_end(use)


def test_a_listing_that_falls_silent_is_left() -> None:
    def use(server: HostileFtp) -> None:
        server.change(PASV=server.passive(), NLST=listing(server, lambda data: server.ending.wait(5) and None))
        guest(server).names("/incoming", ["A"])

    check_end(use)


def test_a_passive_answer_that_names_another_host_is_not_followed() -> None:
    with hostile_ftp() as server:
        server.change(PASV=server.passive(host="10,1,2,3"), NLST=listing(server, lambda data: data.sendall(b"A\r\n")))
        assert guest(server).names("/incoming", ["A"]) == {"A"}  # from the very address that was logged in to


def test_no_password_goes_to_a_server_that_has_no_tls_where_tls_is_asked_for() -> None:
    with hostile_ftp() as server:
        account = FtpAccount("127.0.0.1", server.port, "edye", SECRET, tls=ssl.create_default_context(), timeout_s=1)
        with pytest.raises(AuthRefused, match="502"):
            FtpSession(account)
        assert server.heard == ["AUTH TLS"]


def test_a_session_that_could_not_begin_holds_no_connection() -> None:
    with hostile_ftp(FEAT=b"421 too many\r\n") as server:
        try:
            guest(server)
        except Transient:  # whose traceback would keep an open socket alive
            assert server.was_left.wait(5)


def test_nobody_at_the_port_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Transient, match="the connection broke at login"):
        session(port)
