"""What the files of a run say of one title: read from the artifact store within bounds, and kept for a while.

The ledger does not say in which batch of its run a title was, so batches are looked through until it is found. The keys
of the titles of each batch that was read are kept, so that the next title of the run is found at once.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from edye_delivery.catalog.artifact_names import batch_name, run_folder
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, RunRequest
from edye_delivery.pipeline.stores import BlockReader

STEPS = ("thumbnails", "reencoded", "checked", "plan")
"""The files of a batch, the latest step first."""
FILE_MAX_BYTES = 64_000_000
BATCHES_MAX, SECONDS_MAX = 100, 1.5
"""So many batches are looked through for one page, and so long; the next page goes on from there."""
RUNS_KEPT, TITLES_KEPT, KEPT_S = 8, 500, 60.0
KEYS = re.compile(rb'"delivery_key":"([0-9a-f]{64})"')
GONE = "The run left no file about this title: its files were deleted, or the run ended before it planned the title."
MORE = "The run has many batches, and {} of them were looked through so far. Load the page again to go on."
BROKEN = "The file {} cannot be read: {}."


@dataclass(frozen=True, slots=True)
class TitleFile:
    """The title as the file of its batch has it; `is_checked` is false for one that was only planned.

    `sha256` is the digest of the whole file.
    """

    name: str
    sha256: str
    checked: CheckedTitle
    is_checked: bool


@dataclass(slots=True)
class _Run:
    """Which batch has which delivery, as far as batches were looked through; `has_all` where that was all of them."""

    batch_of: dict[bytes, int] = field(default_factory=dict)
    looked_through: int = 0
    has_all: bool = False
    found_at_s: float = 0.0


class RunFiles:
    """Reads titles of runs; one is shared by all threads of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._titles: OrderedDict[tuple[str, str], tuple[float, TitleFile]] = OrderedDict()

    def title(self, store: BlockReader, request: RunRequest, delivery_key: str) -> TitleFile | str:
        """The title of this delivery in the run's latest file of it, or a sentence that says why there is none.

        StoreUnavailable where the store does not answer.
        """
        kept_as = (run_folder(request), delivery_key)
        with self._lock:
            known = self._titles.get(kept_as)
            if known is not None and self._clock() - known[0] < KEPT_S:
                return known[1]
            run = self._run(run_folder(request))
            number = run.batch_of.get(bytes.fromhex(delivery_key))
        if number is None:
            number = self._look_through(store, request, run, bytes.fromhex(delivery_key))
        if number is None:
            return GONE if run.has_all else MORE.format(run.looked_through)
        found = _read_title(store, request, number, delivery_key)
        if isinstance(found, TitleFile):
            with self._lock:
                self._titles[kept_as] = (self._clock(), found)
                while len(self._titles) > TITLES_KEPT:
                    self._titles.popitem(last=False)
        return found

    def _run(self, folder: str) -> _Run:
        """What is known of the run; a run of which all batches were read may have been repeated, so it is read anew."""
        run = self._runs.get(folder)
        if run is None or (run.has_all and self._clock() - run.found_at_s > KEPT_S):
            run = self._runs[folder] = _Run()
        self._runs.move_to_end(folder)
        while len(self._runs) > RUNS_KEPT:
            self._runs.popitem(last=False)
        return run

    def _look_through(self, store: BlockReader, request: RunRequest, run: _Run, key: bytes) -> int | None:
        ends_at_s, first = self._clock() + SECONDS_MAX, run.looked_through
        for number in range(first + 1, first + 1 + BATCHES_MAX):
            content = next((content for _, content in _files(store, request, number)), None)
            if content is None:
                run.has_all, run.found_at_s = True, self._clock()
                return None
            keys = {bytes.fromhex(found.decode()) for found in KEYS.findall(content)}
            with self._lock:
                run.batch_of.update(dict.fromkeys(keys, number))
                run.looked_through = max(run.looked_through, number)
            if key in keys:
                return number
            if self._clock() > ends_at_s:
                return None
        return None


def _files(store: BlockReader, request: RunRequest, number: int) -> Iterator[tuple[str, bytes]]:
    """The files of a batch that are there, the latest step first; one that is too large is empty."""
    for step in STEPS:
        name = batch_name(request, number, step)
        try:
            size = store.size(name)
            yield name, b"".join(store.stream(name)) if size <= FILE_MAX_BYTES else b""
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue


def _read_title(store: BlockReader, request: RunRequest, number: int, delivery_key: str) -> TitleFile | str:
    name, content = next(_files(store, request, number), ("", b""))
    if not name:
        return GONE
    try:
        titles = orjson.loads(content)["titles"]
        is_checked = not name.endswith(f"{STEPS[-1]}.json")
        found = next(one for one in titles if _plan_in(one, is_checked)["delivery_key"] == delivery_key)
        checked = CheckedTitle.model_validate_json(orjson.dumps(found)) if is_checked else _planned(found)
    except StopIteration:
        return GONE
    except (ValidationError, ValueError, TypeError, LookupError) as error:
        return BROKEN.format(name, f"it is damaged, or of another version ({type(error).__name__})")
    return TitleFile(name, hashlib.sha256(content).hexdigest(), checked, is_checked)


def _planned(found: Any) -> CheckedTitle:
    return CheckedTitle(plan=PlannedTitle.model_validate_json(orjson.dumps(found)))


def _plan_in(title: Any, is_checked: bool) -> Any:
    return title["plan"] if is_checked else title
