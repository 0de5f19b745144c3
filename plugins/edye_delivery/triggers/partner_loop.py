"""An event loop for each partner, on its own thread, so that one peer delays no other trigger (ADR 0018)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class PartnerLoop:
    """A running loop with its own threads for blocking calls, of a fixed number."""

    def __init__(self, name: str, threads: int) -> None:
        self.users, self.loop = 0, asyncio.new_event_loop()
        self.loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix=f"{name}-call"))
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
        finally:
            self.loop.close()


_loops: dict[str, PartnerLoop] = {}
_lock = threading.Lock()


async def run_apart(name: str, threads: int, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Runs `work` on the loop of that name and gives its result; the loop lives from its first work to its last.

    The loop's blocking calls, such as look-ups of names, share `threads` threads. Cancelling the call cancels the
    work. The work has the caller's context, so its log lines go where the caller's go.
    """

    async def count_and_call() -> Result:
        try:
            return await work()
        finally:
            _leave(name)

    future = asyncio.run_coroutine_threadsafe(count_and_call(), _join(name, threads))
    return await asyncio.wrap_future(future)


def _join(name: str, threads: int) -> asyncio.AbstractEventLoop:
    with _lock:
        if name not in _loops:
            _loops[name] = PartnerLoop(name, threads)
        _loops[name].users += 1
        return _loops[name].loop


def _leave(name: str) -> None:
    with _lock:
        _loops[name].users -= 1
        if not _loops[name].users:
            _loops.pop(name).loop.stop()
