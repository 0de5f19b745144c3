"""Starts and ends other programs: no shell, a process group of their own, limited memory, no core file."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from edye_delivery.errors import ConfigurationInvalid

Stream = int | IO[bytes] | None


def start_process(
    command: Sequence[str],
    name: str,
    *,
    memory_bytes: int | None = None,
    file_max_bytes: int | None = None,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a program, which people know as `name`; it writes no core file. A limit of None sets no limit.

    `environment` is its whole environment; with None it gets ours. ConfigurationInvalid where it cannot be started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 (a fixed command of ours, no shell)
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigurationInvalid(f"{name} cannot be started as {command[0]}: {error.strerror}") from error
    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_FSIZE: file_max_bytes, resource.RLIMIT_CORE: 0}
    try:
        with suppress(ProcessLookupError):
            for kind, most in limits.items():
                if most is not None:
                    resource.prlimit(process.pid, kind, (most, most))
    except BaseException:  # nobody else knows of the program yet
        with run_process(process):
            raise
    return process


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the program and all programs that it started; does nothing where its end was awaited before.

    Until its end is awaited, its process group's number stays reserved. After that, another program may have it.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def run_process(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A block for a started program; on leaving, its whole group is ended, unless its end was awaited before."""
    with process:
        try:
            yield process
        finally:
            kill_group(process)
