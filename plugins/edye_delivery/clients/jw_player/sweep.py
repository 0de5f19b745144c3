"""Sweeps JW Player's library: every media once, in parts under 10,000, and whether that was all of them."""

from __future__ import annotations

from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import LOSS_PERCENT_MAX, JwSweep, lost_too_much
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.jw_player.management import PAGE_LENGTH, RESULTS_MAX, JwManagement
from edye_delivery.clients.jw_player.parts import Part
from edye_delivery.errors import Transient

READINGS_MAX = 3
"""How often a part is read where it changes meanwhile."""
CALLS_MAX = 20_000
"""More calls than a library of ten million media takes: a JW Player that cuts no part would never end."""
AGAIN = "nothing is judged as missing; run the check again"


def sweep_library(
    management: JwManagement,
    library: JwLibrary,
    clock: Clock,
    last_read: int | None = None,
    loss_percent_max: float = LOSS_PERCENT_MAX,
) -> JwSweep:
    """Reads all media into the library; `last_read` is how many the last complete sweep read.

    What JW answers wrongly or not at all makes the sweep incomplete, with a sentence. A call that JW refuses (secret,
    site) raises AuthRefused or JwPlayerRefused.
    """
    began_at, calls_before = clock.now(), management.calls
    sweep = _Sweep(management, library)
    try:
        sweep.run()
        sentence = sweep.shortfall() or _loss(last_read, len(library), loss_percent_max)
    except _Broken as error:
        sentence = f"{error}; {AGAIN}"
    except Transient as error:
        sentence = f"{error}; the sweep ended there, and {AGAIN}"
    return JwSweep(
        began_at=began_at,
        ended_at=clock.now(),
        total=sweep.total,
        media_read=len(library),
        calls=management.calls - calls_before,
        is_complete=not sentence,
        sentence=sentence,
    )


class _Broken(Exception):
    """What JW Player answers cannot be a whole library; the text says why."""


class _Sweep:
    """One sweep; `total` is how many media JW said that it has."""

    def __init__(self, management: JwManagement, library: JwLibrary) -> None:
        self._management, self._library = management, library
        self._calls_end = management.calls + CALLS_MAX
        self.total = 0

    def run(self) -> None:
        """Reads part after part; a part with 10,000 media or more is cut into smaller ones."""
        told_first, totals = self._management.media_page(length=1).total, 0
        parts = [Part()] if told_first < RESULTS_MAX else [*Part().pieces(told_first)][::-1]
        while parts:
            part = parts.pop()
            total = self._read(part)
            if total < RESULTS_MAX:
                totals += total
                continue
            pieces = list(part.pieces(total))
            if not pieces:
                raise _Broken(f"JW Player says that it has {total:,} media of the one id {part.q}")
            parts += reversed(pieces)
        told_last = self._management.media_page(length=1).total
        # A library that grows or shrinks meanwhile is no defect, so the smaller number has to be reached.
        self.total = max(min(told_first, told_last), totals if told_last >= RESULTS_MAX else 0)

    def shortfall(self) -> str:
        """The sentence for a sweep that ended short of JW's total; empty where it did not."""
        read = len(self._library)
        if read < self.total:
            return f"{read:,} media were read, JW Player says that it has {self.total:,}; {AGAIN}"
        return "" if read else f"JW Player says that the library has no media: check the connection's site_id; {AGAIN}"

    def _read(self, part: Part) -> int:
        """Reads a part until one reading is whole; its total, with nothing more read where that is too large."""
        seen: set[str] = set()
        trouble = ""
        for _ in range(READINGS_MAX):
            reading = _Reading(self._management, self._library, part)
            try:
                trouble = reading.run(self._calls_end)
            finally:
                seen |= reading.ids
            if reading.total >= RESULTS_MAX:
                return reading.total
            if not trouble:
                self._library.forget(seen - reading.ids)
                return reading.total
        raise _Broken(f"{trouble}, in {READINGS_MAX} readings")


class _Reading:
    """One reading of a part, page by page."""

    def __init__(self, management: JwManagement, library: JwLibrary, part: Part) -> None:
        self._management, self._library, self._part = management, library, part
        self._name = f"the part {part.q}" if part.q else "the list of media"
        self.ids: set[str] = set()
        self.total = 0

    def run(self, calls_end: int) -> str:
        """Reads every page; why the reading is not whole, or nothing."""
        items, page, trouble = 0, 0, ""
        while page == 0 or (items < self.total < RESULTS_MAX and not trouble):
            if self._management.calls >= calls_end:
                raise _Broken(f"the sweep took {CALLS_MAX:,} calls and did not end")
            page += 1
            found = self._management.media_page(page, PAGE_LENGTH, self._part.q)
            if page > 1 and found.total != self.total:
                return f"{self._name}: the total moved from {self.total:,} to {found.total:,} while it was read"
            self.total = found.total
            ids = [media.id for media in found.media]
            self._refuse_strangers(ids)
            self._library.keep(found.media)
            trouble = self._defect(page, ids, found.unreadable, found.items)
            items += found.items
            self.ids.update(ids)
        return trouble or self._gap()

    def _refuse_strangers(self, ids: list[str]) -> None:
        stranger = self._part.stranger(ids)
        if stranger is not None:
            raise _Broken(f"{self._name}: JW Player answered with {stranger}, which is not in it, so it cannot be cut")

    def _defect(self, page: int, ids: list[str], unreadable: int, items: int) -> str:
        repeated = len(ids) - len(set(ids) - self.ids)
        if unreadable:
            return f"{self._name}: {unreadable:,} items of page {page} have no id of 8 letters and digits"
        if repeated:
            return f"{self._name}: page {page} repeats {repeated:,} media that were read before"
        if not items and self.total > len(self.ids):
            return f"{self._name}: page {page} is empty, {len(self.ids):,} of {self.total:,} media were read"
        return ""

    def _gap(self) -> str:
        if self.total < RESULTS_MAX and len(self.ids) != self.total:
            return f"{self._name}: {len(self.ids):,} media were read, its total is {self.total:,}"
        return ""


def _loss(last_read: int | None, read: int, loss_percent_max: float) -> str:
    if not lost_too_much(last_read, read, loss_percent_max):
        return ""
    return (
        f"{read:,} media were read, the last sweep read {last_read or 0:,}: more than {loss_percent_max:g} % are gone, "
        f"which is not believed; {AGAIN}, or raise max_loss_percent where they were deleted on purpose"
    )
