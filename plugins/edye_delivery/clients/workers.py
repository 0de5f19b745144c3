"""Worker processes that decode foreign bytes, which may be harmful: with limits on time and memory, and reused.

It is no `multiprocessing` pool: a daemonic task process may not have children, and a fork of a process with threads may
hang. Each worker is a Python process of its own. It ends when its pipe is closed, however we end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from types import TracebackType
from typing import Any, Self

from edye_delivery.annex.limits import Images
from edye_delivery.catalog.jobs import Answer, Job
from edye_delivery.clients.child_process import kill_group, start_process
from edye_delivery.errors import ConfigurationInvalid, PictureBroken, Transient

PROGRAM = "edye_delivery.clients.worker"
ROOT = Path(__file__).parents[2]
AT_ONCE_MAX = 4
WALL_PER_CPU = 20.0
"""Wall-clock seconds per second of processor time: a busy machine may be slow; a worker that takes longer hangs."""
START_MAX_S, END_MAX_S = 120.0, 10.0
BARE_BYTES = 256 * 1024**2
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""The JPEG decoder loads numpy, whose linear algebra would take memory for one thread for each processor."""
BYTES_A_PIXEL = 32
"""A decoded picture takes four; a thumbnail also needs upright, opaque, cropped and scaled copies of it."""
HEADER_MAX_BYTES = 1024 * 1024
BLOB_MAX_BYTES = 256 * 1024**2


class Workers:
    """As many workers as there are processors, four at most, each started when it is first needed.

    A worker that ended because of a picture is replaced. Safe to call from several threads. `close` ends all workers.
    A worker has the memory for the largest picture of the annex, and never less than `memory_least_bytes`. It may write
    no file, or where `file_max_bytes` is set, files in the temporary folder up to that size.
    """

    def __init__(
        self, images: Images, at_once: int | None = None, *, memory_least_bytes: int = 0, file_max_bytes: int = 0
    ) -> None:
        needed = BARE_BYTES + images.max_size_bytes + images.max_pixels * BYTES_A_PIXEL
        self._limits = max(needed, memory_least_bytes), file_max_bytes
        self._free: LifoQueue[_Worker | None] = LifoQueue()
        self.at_once = at_once or min(AT_ONCE_MAX, len(os.sched_getaffinity(0)))
        for _ in range(self.at_once):
            self._free.put(None)

    def run(self, job: Job, content: bytes, options: dict[str, Any], cpu_s: float) -> Answer:
        """The job's answer. PictureBroken where it takes more than `cpu_s` of processor time, or crashes its worker."""
        worker = self._free.get()
        try:
            worker = worker or _Worker.start(*self._limits)
            return worker.ask(job, content, options, cpu_s)
        finally:
            self._free.put(worker if worker is not None and worker.is_alive else None)

    def close(self) -> None:
        """Ends the workers; call it when no job runs any more."""
        for worker in [self._free.get() for _ in range(self.at_once)]:
            if worker is not None:
                worker.end()
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(slots=True)
class _Worker:
    """One process and our end of the pipe to it."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    is_alive: bool = True

    @classmethod
    def start(cls, memory_bytes: int, file_max_bytes: int) -> _Worker:
        ours, theirs = Pipe()
        command = [sys.executable, "-S", "-P", "-W", "ignore", "-m", PROGRAM]
        command += [str(memory_bytes), str(file_max_bytes)]
        folders = os.pathsep.join([*(folder for folder in sys.path if folder), str(ROOT)])
        try:
            process = start_process(
                command, "a worker process", stdin=theirs.fileno(), folder=Path("/"),
                environment={"PYTHONPATH": folders, "TMPDIR": tempfile.gettempdir()} | ONE_THREAD,
            )  # fmt: skip
        except ConfigurationInvalid:
            ours.close()
            raise
        finally:
            theirs.close()
        worker = cls(process, ours)
        try:
            if not ours.poll(START_MAX_S) or ours.recv_bytes(HEADER_MAX_BYTES) != b"ready":
                raise EOFError
        except (EOFError, OSError) as error:
            worker.end()
            raise ConfigurationInvalid(
                f"a worker process ({PROGRAM}) did not start; its exit code was {process.returncode}"
            ) from error
        return worker

    def ask(self, job: Job, content: bytes, options: dict[str, Any], cpu_s: float) -> Answer:
        request = {"module": job.__module__, "function": job.__name__, "options": options, "cpu_s": cpu_s}
        try:
            self._limit_waits(cpu_s * WALL_PER_CPU)
            self.pipe.send_bytes(json.dumps(request).encode())
            self.pipe.send_bytes(content)
            header, count = json.loads(self.pipe.recv_bytes(HEADER_MAX_BYTES))
            blobs = [self.pipe.recv_bytes(BLOB_MAX_BYTES) for _ in range(count)]
        except BlockingIOError as error:  # the time of a wait is over
            self.end()
            raise Transient(f"decoding it did not end within {cpu_s * WALL_PER_CPU:g} s and was stopped") from error
        except (EOFError, OSError, ValueError) as error:
            raise self._end_of_process(cpu_s) from error
        except BaseException:  # the rest of this answer would be read as the next one
            self.end()
            raise
        if "broke_off" in header:
            raise PictureBroken(f"decoding it broke off ({header['broke_off']!r:.200})")
        return header, blobs

    def _limit_waits(self, seconds: float) -> None:
        """Makes every wait for the worker, to read or to write, end after the seconds with a BlockingIOError."""
        whole_s, part = divmod(seconds, 1)
        limit = struct.pack("@ll", int(whole_s), int(part * 1_000_000))
        with socket.socket(fileno=os.dup(self.pipe.fileno())) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)

    def end(self) -> None:
        """Ends the process and waits for its end."""
        self.is_alive = False
        self.pipe.close()
        kill_group(self.process)
        self.process.wait()

    def _end_of_process(self, cpu_s: float) -> PictureBroken | Transient:
        """Why the worker has ended instead of answering."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(END_MAX_S)
        self.end()
        code = self.process.returncode
        if code == -signal.SIGPROF:
            return PictureBroken(f"decoding it took more than {cpu_s:g} s of processor time and was stopped")
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            return Transient(f"decoding it was ended by signal {-code}, which says nothing about the picture")
        return PictureBroken(f"decoding it made the decoder crash (exit code {code})")
