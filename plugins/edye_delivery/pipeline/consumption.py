"""The consumption report of one partner that pulls: collects from the ledger, and gives the report."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Engine

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.consumption import Unfetched
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.consumption import call_sums, down_minutes
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.degradations import Degradations
from edye_delivery.ledger.fetches import waiting_titles
from edye_delivery.ledger.polls import (
    handed_out,
    last_checkpoints,
    last_full_syncs,
    latest_errors,
    longest_silence_s,
    oldest_line_at,
    poll_sums,
)
from edye_delivery.reports.consumption.fetched import NAMED_MAX, HandedTitles
from edye_delivery.reports.consumption.figures import Agreement, ConsumptionFacts, consumption_report
from edye_delivery.reports.consumption.model import ConsumptionReport


def report_of(
    engine: Engine,
    annex: Annex,
    pull: PullChannel,
    window: Window,
    made_at: datetime,
    titles: HandedTitles | None = None,
    generation: int | None = None,
) -> ConsumptionReport:
    """What the partner called in the window, and which of the exposed titles it was handed until its end.

    `titles` are those of the generation that is served, None where nobody knows them; they are marked. `generation` is
    its number.
    """
    partner, timeout_s = annex.partner, pull.degradation.timeout_s
    agreement = Agreement(pull.polling_interval_s, pull.sla_percent, pull.degradation.p95_ms)
    with snapshot(engine) as connection:
        facts = ConsumptionFacts(
            partner=partner,
            display_name=annex.display_name,
            window=window,
            made_at=made_at,
            agreement=agreement,
            generation=generation,
            sums=call_sums(connection, partner, window, timeout_s),
            lines_since=oldest_line_at(connection, partner),
            polls=poll_sums(connection, partner, window),
            longest_silence_s=longest_silence_s(connection, partner, window),
            checkpoints=last_checkpoints(connection, partner, window.end_at),
            syncs=last_full_syncs(connection, partner, window.end_at),
            fetched=titles.mark(handed_out(connection, partner, window.end_at)) if titles is not None else None,
            errors=latest_errors(connection, partner, window),
            down_since=tuple(down_minutes(connection, partner, window, timeout_s)),
            unfetched=_waiting_titles(connection, pull_annex_of(annex).partner, made_at),
            degradations=Degradations(engine, partner, annex.client_id).between(window.start_at, window.end_at),
        )
    return consumption_report(facts)


def _waiting_titles(connection: Connection, partner: str, now: datetime) -> Unfetched:
    waiting = waiting_titles(connection, partner, now)
    named = tuple(islice(waiting, NAMED_MAX))
    return Unfetched(len(named) + sum(1 for _ in waiting), named)
