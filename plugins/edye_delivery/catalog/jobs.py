"""Jobs on foreign bytes, for a worker process: JSON and bytes in, JSON and bytes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Answer = tuple[dict[str, Any], list[bytes]]
Job = Callable[[bytes, dict[str, Any]], Answer]
"""A function on module level: a worker finds it by its name."""

Run = Callable[[Job, bytes, dict[str, Any], float], Answer]
"""Runs a job for so many seconds of processor time at most.

Without an answer it raises PictureBroken where the bytes are the reason, Transient where the reason is unknown.
"""


def run_here(job: Job, content: bytes, options: dict[str, Any], cpu_s: float) -> Answer:
    """Runs the job in this process, without a time limit: for bytes that we made ourselves."""
    return job(content, options)
