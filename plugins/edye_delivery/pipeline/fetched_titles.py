"""Accepts the titles that wait for nothing but their partner's fetch, once the log of calls says that it read them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import Engine

from edye_delivery.annex.channels import api_folder_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.consumption import ExposedTitle
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.window import rfc3339
from edye_delivery.clients.clock import Clock
from edye_delivery.ledger.database import LEDGER_GONE, snapshot
from edye_delivery.ledger.fetches import FETCHED
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.polls import handed_out
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.reports.consumption.fetched import HandedTitles

TITLES_A_QUERY = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchWatch:
    """Looks for one partner's fetches; `annex` is that of its pull channel.

    `exposed` gives every title that readers get now, each time the same in the same order; None where nobody knows
    them, or readers have an earlier generation than the one that was checked. No title is begun after `ends_at_s`.
    """

    annex: Annex
    engine: Engine
    ledger: Ledger
    exposed: Callable[[], Iterable[ExposedTitle]] | None
    clock: Clock
    ends_at_s: float

    def accept_fetched(self) -> dict[str, int]:
        """How many titles were waiting, and how many of them were accepted. Safe to repeat and to run twice at once."""
        waiting = self.ledger.look_for_fetches(self.annex.partner)
        accepted = sum(self._accept(name, key) for name, key in self._keys_of_fetches()) if waiting else 0
        return {"waiting": waiting, "accepted": accepted}

    def _keys_of_fetches(self) -> Iterator[tuple[str, str]]:
        """External_id and delivery key of the titles that wait and were read; each may come twice."""
        if self.exposed is None:
            return
        titles: Iterator[ExposedTitle] = iter(self.exposed())
        if FETCHED in self.annex.acceptance:  # else the annex does not ask for it any more
            handed = HandedTitles(self.exposed)
            with snapshot(self.engine) as connection:
                handed.mark(handed_out(connection, api_folder_of(self.annex), self.clock.now()))
            titles = handed.fetched_titles()
        names = (title.external_id for title in titles if title.external_id and not title.is_removed)
        while self.clock.monotonic() < self.ends_at_s and (group := list(islice(names, TITLES_A_QUERY))):
            yield from self.ledger.waiting_keys(self.annex.partner, group).items()

    def _accept(self, external_id: str, key: str) -> bool:
        if self.clock.monotonic() >= self.ends_at_s:
            return False
        try:
            accept = partial(self.ledger.accept_fetched, key, self._evidence())
            outcome = attempt(external_id, "accepting it", accept, (TransitionRefused, *LEDGER_GONE))
        except TransitionRefused as error:  # another watch accepted it, or it was withdrawn or replaced
            log.info("%s: %s", external_id, error)
            return False
        if isinstance(outcome, StepFailure):
            log.error("%s", outcome.sentence)
            return False
        log.info("%s accepted: the partner has read it", external_id)
        return True

    def _evidence(self) -> str:
        if FETCHED not in self.annex.acceptance:
            return "the annex does not ask for it any more"
        return f"the log of calls has a call of the partner that got it, found {rfc3339(self.clock.now())}"
