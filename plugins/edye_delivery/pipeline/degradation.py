"""The watch over a partner that pulls: whether its delivery is degraded, by the annex's bounds; one alert a streak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.degradation import Degradation, DegradationKind, Probe, Refusals, Subject
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.call_figures import UNAUTHORIZED, call_slices, last_call_at, refusals_of
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.degradations import Degradations, WatchState, open_ones
from edye_delivery.pipeline.degradation_bounds import Condition, slice_s_of, watch_condition, watch_service

FIRST_LOOK_S = 3600
"""So far back the first look goes."""
LOOK_BACK_MAX_S = 24 * 3600
"""So far back a look goes at most: what is older is not told any more."""
CALLS_ARRIVE_S = 10
"""So long after a call its line is in the ledger."""
SUBJECT_OF_STATUS = {UNAUTHORIZED: Subject.AUTHORIZATION, 429: Subject.RATE_LIMIT}


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at one partner; safe to repeat, and of two looks at once one counts."""

    engine: Engine
    annex: Annex
    pull: PullChannel

    def look(self, now: datetime, probe: Probe | None, published_at: datetime | None) -> tuple[Degradation, ...]:
        """The degradations that go on now; writes them, and an alert for each that begins or ends.

        `probe` decides where there are few calls. `published_at` is when the generation was made that readers get, None
        where that is not known. The alerts still have to be sent (pipeline/alerts.py).
        """
        degradations = Degradations(self.engine, self.annex.partner, self.annex.client_id)
        state = degradations.state()
        bounds = self.pull.degradation
        slice_s = slice_s_of(bounds)
        until_s = int(now.timestamp() - CALLS_ARRIVE_S) // slice_s * slice_s
        until = datetime.fromtimestamp(until_s, UTC)
        if state.watched_until is not None and until <= state.watched_until:
            return state.degradations
        found = [*self._service(state, until, probe), *self._conditions(state, until, now, published_at)]
        return open_ones(found if degradations.record(state, until, found) else degradations.state().degradations)

    def _service(self, state: WatchState, until: datetime, probe: Probe | None) -> list[Degradation]:
        bounds = self.pull.degradation
        since = state.watched_until or until - timedelta(seconds=FIRST_LOOK_S)
        since = max(since, until - timedelta(seconds=LOOK_BACK_MAX_S))
        start_at = since - timedelta(seconds=bounds.over_s)
        with snapshot(self.engine) as connection:
            slices = call_slices(
                connection,
                self.annex.partner,
                start_at,
                until,
                slice_s_of(bounds),
                bounds.p95_ms,
                bounds.timeout_s,
            )
        current = next((one for one in state.degradations if one.subject is Subject.SERVICE), None)
        return watch_service(bounds, slices, current, since, until, probe)

    def _conditions(
        self, state: WatchState, until: datetime, now: datetime, published_at: datetime | None
    ) -> Iterator[Degradation]:
        """What is known at the moment of the look only: silence, the generation's age, refusals in a row."""
        bounds = self.pull.degradation
        current: dict[tuple[Subject, str], Degradation] = {}
        current |= {(one.subject, one.user): one for one in state.degradations if one.subject is not Subject.SERVICE}
        for (subject, user), condition in self._known(until, now, published_at).items():
            found = watch_condition(bounds, subject, user, current.pop((subject, user), None), condition, until)
            if found is not None:
                yield found
        yield from current.values()

    def _known(
        self, until: datetime, now: datetime, published_at: datetime | None
    ) -> dict[tuple[Subject, str], Condition]:
        """By subject and user the conditions that can be told; another one stays as it is."""
        known: dict[tuple[Subject, str], Condition] = {}
        if published_at is not None:
            known[Subject.GENERATION, ""] = self._age(now, published_at)
        with snapshot(self.engine) as connection:
            start_at = until - timedelta(seconds=LOOK_BACK_MAX_S)
            refusals = refusals_of(connection, self.annex.partner, start_at, now)
            last_at = last_call_at(connection, self.annex.partner, now)
        if last_at is not None:  # a partner that never called has not begun yet
            known[Subject.SILENCE, ""] = self._silence(now, last_at)
        for one in refusals:
            known[SUBJECT_OF_STATUS[one.status], one.user] = self._refused(one)
        return known

    def _age(self, now: datetime, published_at: datetime) -> Condition:
        may_s = self.pull.degradation.generation_age_s
        if (now - published_at).total_seconds() <= may_s:
            return Condition(None)
        detail = f"the published generation is of {rfc3339(published_at)}, older than {may_s:,} s"
        return Condition(DegradationKind.OUTDATED, detail)

    def _silence(self, now: datetime, last_at: datetime) -> Condition:
        polls, interval_s = self.pull.degradation.silence_polls, self.pull.polling_interval_s
        if (now - last_at).total_seconds() < polls * interval_s:
            return Condition(None)
        detail = f"the last call was at {rfc3339(last_at)}; a poll every {interval_s:,} s is agreed"
        return Condition(DegradationKind.SILENT, f"{detail}, so at least {polls} polls are missing")

    def _refused(self, refusals: Refusals) -> Condition:
        kind = DegradationKind.UNAUTHORIZED if refusals.status == UNAUTHORIZED else DegradationKind.RATE_EXCEEDED
        if refusals.in_a_row <= self.annex.alert.consecutive_errors or not (refusals.since and refusals.last_at):
            return Condition(None, calls=refusals.in_a_row)
        since = f"{refusals.in_a_row:,} calls in a row were answered {refusals.status} since {rfc3339(refusals.since)}"
        return Condition(kind, f"{since}, the last at {rfc3339(refusals.last_at)}", refusals.in_a_row)
