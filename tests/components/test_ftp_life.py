"""The life of an FTP session and of the looks that use it: over in time, ended from outside, never two at once."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edye_delivery.clients import ftp_watch
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_line import SessionLife
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.ftp_watch import FtpWatch
from edye_delivery.errors import TooSlow, Transient
from edye_delivery.triggers.ftp import FtpTrigger
from edye_delivery.triggers.ingest import LOOP_CLOCK
from tests.builders import the_annex
from tests.components.event_loop import START, Loop
from tests.components.hostile_ftp import (
    Answer,
    HostileFtp,
    hostile_ftp,
    sending,
    silent,
    transfers,
    trickled,
)
from tests.waiting import until

POLLING = {"first_s": 0, "every_s": 0.1, "slowest_s": 0.1, "growth": 1, "give_up_s": 3600}
ANNEX = the_annex(ftp={"outcome": {"by": "pickup"}, "polling": POLLING, "connections_at_once": 2})
FILE = RemotePath("/incoming", "A.mp4")
END_S = 5.0
HANGING: dict[str, Callable[[HostileFtp], Answer]] = {
    "greeting": lambda server: silent,
    "PASS": lambda server: trickled(b"230-"),
    "SIZE": lambda server: silent,
    "NLST": lambda server: sending(server, trickled(b"")),
}
hanging = pytest.mark.parametrize("command", HANGING)


def account(server: HostileFtp) -> FtpAccount:
    return FtpAccount("127.0.0.1", server.port, "edye", "secret", timeout_s=60, span_s=60)


def use(server: HostileFtp, life: SessionLife, ends_at_s: float = math.inf) -> None:
    one = FtpSession(replace(account(server), ends_at_s=ends_at_s), life)
    one.size(FILE)
    one.names("/incoming", ["A.mp4"])


def hang(server: HostileFtp, command: str) -> None:
    server.change(**(transfers(server) | {command: HANGING[command](server)}))


def is_hanging(server: HostileFtp, command: str) -> bool:
    return bool(server.met) and (command == "greeting" or any(heard.startswith(command) for heard in server.heard))


def threads_of(name: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(name)]


@hanging
def test_a_session_ends_with_its_life_wherever_it_hangs(command: str) -> None:
    with hostile_ftp() as server:
        hang(server, command)
        life = SessionLife()
        life.limit(0.5)
        began = time.monotonic()
        with pytest.raises(TooSlow, match=r"the FTP session did not end within 0\.5 s"):
            use(server, life)
        assert time.monotonic() - began < END_S


@hanging
def test_a_session_ends_with_the_time_of_its_batch_wherever_it_hangs_and_is_not_tried_again(command: str) -> None:
    with hostile_ftp() as server:
        hang(server, command)
        began = time.monotonic()
        with pytest.raises(TooSlow, match="the time of its batch was over") as raised:
            use(server, SessionLife(), ends_at_s=began + 0.5)
        assert time.monotonic() - began < END_S
        assert raised.value.retry_after_s == math.inf


@hanging
def test_a_session_is_ended_from_another_thread_wherever_it_hangs(command: str) -> None:
    with hostile_ftp() as server:
        hang(server, command)
        life, ended = SessionLife(), list[Exception]()

        def look() -> None:
            try:
                use(server, life)
            except Transient as error:
                ended.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        until(lambda: is_hanging(server, command), f"the hang at {command}")
        life.end()
        thread.join(END_S)
        assert len(ended) == 1


def test_a_session_that_was_ended_before_it_began_says_nothing_to_the_server() -> None:
    with hostile_ftp() as server:
        life = SessionLife()
        life.end()
        with pytest.raises(Transient, match="was ended"):
            FtpSession(account(server), life)
        assert server.heard == []


def watch(server: HostileFtp, loop: Loop, connect: Callable[[SessionLife], FtpSession] | None = None) -> FtpWatch:
    deadline_at = START + timedelta(seconds=1)
    usual = connect or (lambda life: FtpSession(account(server), life))
    return FtpWatch(ANNEX, usual, ["A.json"], deadline_at, loop.clock())


def test_a_look_that_does_not_end_is_ended_and_the_next_one_finds_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp_watch, "LOOK_MAX_S", 0.4)

    def greet(connection: socket.socket) -> None:
        if server.met == 1:
            silent(connection)  # the server talks to one at a time: to the second once the first has gone
        connection.sendall(b"220 hello\r\n")

    with hostile_ftp(greeting=greet, SIZE=b"550 gone\r\n") as server:
        server.change(PASV=server.passive(), NLST=sending(server, b""))
        outcomes = asyncio.run(watch(server, Loop()).until_all_ended())
    assert outcomes["A.json"].state == "completed"
    assert server.met == 2


def test_no_look_begins_while_another_one_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp_watch, "LOOK_MAX_S", 0.2)
    living, most = 0, 0

    def connect(life: SessionLife) -> FtpSession:
        nonlocal living, most
        living += 1
        most = max(most, living)
        try:
            return FtpSession(account(server), life)
        finally:
            living -= 1

    with hostile_ftp(greeting=trickled(b"220-")) as server:
        outcomes = asyncio.run(watch(server, Loop(), connect).until_all_ended())
        looks = server.met
    assert outcomes["A.json"].cause == "stuck"
    assert (most, living) == (1, 0)
    assert looks > 2


def short_wait(connect: Callable[[SessionLife], FtpSession]) -> FtpWatch:
    annex = the_annex(ftp={"outcome": {"by": "pickup"}, "polling": POLLING, "answer_timeout_s": 0.3})
    return FtpWatch(annex, connect, ["A.json"], datetime.now(UTC) + timedelta(seconds=0.5), LOOP_CLOCK)


def test_a_look_ends_with_the_wait() -> None:
    began = time.monotonic()
    with hostile_ftp(greeting=silent) as server:
        outcomes = asyncio.run(short_wait(lambda life: FtpSession(account(server), life)).until_all_ended())
    assert outcomes["A.json"].cause == "stuck"
    assert time.monotonic() - began < END_S


def test_a_wait_for_a_free_thread_ends_with_the_wait_and_its_look_never_begins() -> None:
    looks, over = list[SessionLife](), threading.Event()

    def connect(life: SessionLife) -> FtpSession:
        looks.append(life)
        raise Transient("too late")

    async def wait() -> dict[str, dict[str, Any]]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        holding = loop.run_in_executor(None, over.wait, 4 * END_S)
        try:
            return await short_wait(connect).until_all_ended()
        finally:
            over.set()
            await holding

    began = time.monotonic()
    outcomes = asyncio.run(wait())
    assert time.monotonic() - began < END_S
    assert outcomes["A.json"].cause == "stuck"
    assert looks == []


async def events(name: str = "A.json", lasts_s: float = 60) -> list[Any]:
    deadline_at = datetime.now(UTC) + timedelta(seconds=lasts_s)
    trigger = FtpTrigger(ANNEX.model_dump(mode="json"), [name], deadline_at.isoformat())
    return [event async for event in trigger.run()]


def connection(monkeypatch: pytest.MonkeyPatch, server: HostileFtp) -> None:
    fields = {"conn_type": "ftp", "host": "127.0.0.1", "port": server.port, "login": "edye", "password": "secret"}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_FTP", json.dumps(fields))


@hanging
def test_a_cancelled_trigger_leaves_no_connection_and_no_thread(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel(server: HostileFtp) -> None:
        waiting = asyncio.ensure_future(events())
        await asyncio.to_thread(until, lambda: is_hanging(server, command), f"the hang at {command}")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with hostile_ftp() as server:
        hang(server, command)
        connection(monkeypatch, server)
        asyncio.run(cancel(server))
        assert server.was_left.wait(END_S)
        assert until(lambda: not threads_of("ftp-"), "the end of the threads")


def test_a_server_that_hangs_holds_its_own_threads_and_no_neighbour_s(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait(server: HostileFtp) -> int:
        waiting = [asyncio.ensure_future(events(f"{number}.json")) for number in range(12)]
        await asyncio.to_thread(until, lambda: server.met, "a look")
        for _ in range(20):
            await asyncio.wait_for(asyncio.get_running_loop().getaddrinfo("localhost", 80), END_S)
        threads = len(threads_of("ftp-roku_premium_subs_mx-call"))
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return threads

    with hostile_ftp(greeting=trickled(b"220-")) as server:
        connection(monkeypatch, server)
        assert asyncio.run(wait(server)) == 2
