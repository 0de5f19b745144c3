"""Jobs that misbehave in every way that a decoder can."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from edye_delivery.clients.worker import allow_processor_time

Answer = tuple[dict[str, Any], list[bytes]]


def tell(content: bytes, options: dict[str, Any]) -> Answer:
    """Which process it is, and the content again."""
    return {"process_id": os.getpid(), **options}, [content, b""]


def spin(content: bytes, options: dict[str, Any]) -> Answer:
    """Takes processor time without end."""
    while True:
        pass


def spin_for(content: bytes, options: dict[str, Any]) -> Answer:
    """Takes so much processor time, after it was allowed to take some more."""
    allow_processor_time(options["allowed_s"])
    end_s = time.process_time() + options["spun_s"]
    while time.process_time() < end_s:
        pass
    return {"spun": True}, []


def stand_still(content: bytes, options: dict[str, Any]) -> Answer:
    """Takes no processor time and does not end."""
    time.sleep(3600)
    return {}, []


def crash(content: bytes, options: dict[str, Any]) -> Answer:
    """Ends the process by a signal."""
    os.kill(os.getpid(), signal.Signals[options["signal"]])
    return {}, []


def leave(content: bytes, options: dict[str, Any]) -> Answer:
    """Ends the process as a library would that calls exit."""
    os._exit(3)


def swallow(content: bytes, options: dict[str, Any]) -> Answer:
    """Wants more memory than there is for it."""
    return {"bytes": len(bytearray(64 * 1024**3))}, []


def recurse(content: bytes, options: dict[str, Any]) -> Answer:
    """Raises what nobody foresaw."""
    return recurse(content, options)


def write(content: bytes, options: dict[str, Any]) -> Answer:
    """Writes to a file."""
    with open(options["path"], "wb") as file:
        file.write(content)
    return {}, []


class StopsInTheMiddle(list[bytes]):
    """Blobs after whose first the process stands still."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        os.kill(os.getpid(), signal.SIGSTOP)


def answer_half(content: bytes, options: dict[str, Any]) -> Answer:
    """Answers, and stands still before its last bytes."""
    return {}, StopsInTheMiddle([b"half", b"rest"])
