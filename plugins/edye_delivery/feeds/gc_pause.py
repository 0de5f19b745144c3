"""Long loops over values without cycles: the search for cycles would cost more than the loop's own work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_gc() -> Iterator[None]:
    """Pauses the cyclic garbage collector; reference counts go on freeing what the loop lets go."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
