"""A pause of the garbage collector for long loops over values without cycles: its search would cost more than they."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_gc() -> Iterator[None]:
    """Pauses the cyclic garbage collector; values without cycles are still freed by their reference counts."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
