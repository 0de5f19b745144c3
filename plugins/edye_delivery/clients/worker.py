"""The program of a worker process: does one job after the other from its standard input, until that is closed."""

from __future__ import annotations

import json
import resource
import signal
import sys
from importlib import import_module
from multiprocessing.connection import Connection

REQUEST_MAX_BYTES = 1024 * 1024
JPEG_DECODER = "simplejpeg"
"""Loaded before the limits are set: with them Python stores no compiled files, and the first picture would wait."""


def main(memory_bytes: int, file_max_bytes: int) -> None:
    """Answers until the other end closes; a job that takes too much processor time ends the process by SIGPROF."""
    import_module(JPEG_DECODER)
    with Connection(0) as asker:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_max_bytes, file_max_bytes))
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        asker.send_bytes(b"ready")
        while True:
            try:
                job = json.loads(asker.recv_bytes(REQUEST_MAX_BYTES))
                content = asker.recv_bytes()
            except EOFError:
                return
            signal.setitimer(signal.ITIMER_PROF, job["cpu_s"])
            header, blobs = _answer(job, content)
            signal.setitimer(signal.ITIMER_PROF, 0)
            asker.send_bytes(json.dumps([header, len(blobs)]).encode())
            for blob in blobs:
                asker.send_bytes(blob)


def allow_processor_time(seconds: float) -> None:
    """Lets the job that runs take so many seconds of processor time from now on, where it has a limit at all."""
    if signal.getitimer(signal.ITIMER_PROF)[0]:
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _answer(job: dict[str, object], content: bytes) -> tuple[dict[str, object], list[bytes]]:
    """The answer of the job's function; any error in it becomes an answer too, so that this process goes on."""
    try:
        function = getattr(import_module(str(job["module"])), str(job["function"]))
        header, blobs = function(content, job["options"])
    except Exception as error:
        return {"broke_off": f"{type(error).__name__}: {error}"[:300]}, []
    return header, blobs


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
