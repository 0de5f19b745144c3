"""Feeds and generations: what was published when, from which run, what changed, and what is live at this moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import Response

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.desk.access import NOT_THERE, Caller, OwnOrigin, Visitor
from edye_delivery.desk.airflow_results import TaskResult
from edye_delivery.desk.airflow_title_runs import dags_of_runs
from edye_delivery.desk.feed_records import feed_runs, generation_runs, report_of
from edye_delivery.desk.feed_view import (
    compared,
    feed_card,
    feed_cards,
    finding_views,
    generation_card,
    publication_views,
)
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.live_view import live_feed, live_store, public_address
from edye_delivery.desk.render import page
from edye_delivery.errors import DeliveryError, InvalidRequest, StoreUnavailable
from edye_delivery.ledger.page_cursor import NO_TEXT
from edye_delivery.ledger.publication_history import newest_publication, publications_of
from edye_delivery.pipeline.live_feed import LiveFeed
from edye_delivery.pipeline.publish_generation import FEED
from edye_delivery.reports.feed_model import FeedReport

router = APIRouter()
RUNS_SHOWN, GENERATIONS_SHOWN, KNOWN_MAX = 20, 10, 50
Partner = Annotated[str, Path(max_length=80)]
FeedName = Annotated[str, Path(max_length=40)]
GONE = "The files of this run are no longer in the artifact store."


@router.get("/feeds")
def feeds(request: Request, caller: Caller, partner: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Every feed and every partner's generations that the user may see, or those of one partner."""
    annexes = [caller.annex_of(partner)] if partner else list(caller.annexes.values())
    with ledger_connection() as connection:
        cards = feed_cards(connection, annexes)
    dags = {
        (card.partner, card.feed): dags_of_runs([card.newest.run_id], caller.dags_of(card.partner)).get(
            card.newest.run_id
        )
        for card in cards
        if card.newest is not None
    }
    return page(request, "feeds.html.j2", cards=cards, dags=dags, partner=partner)


@router.get("/feeds/{partner}")
def feeds_of_partner(request: Request, caller: Caller, partner: Partner) -> Response:
    """The feeds and the generations of one partner."""
    return feeds(request, caller, partner)


@router.get("/feeds/{partner}/{feed}")
def feed(
    request: Request,
    caller: Caller,
    partner: Partner,
    feed: FeedName,
    run_id: Annotated[str, Query(max_length=250)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """One feed: its publications, and how it ended in a run, the latest one unless another is named."""
    annex = caller.annex_of(partner)
    if NO_TEXT.search(run_id):
        raise InvalidRequest("run_id has characters that no run's name has")
    if feed == FEED and annex.pull is not None:
        return _generations(request, caller, annex)
    return _feed(request, caller, annex, _spec_of(annex, feed), run_id=run_id, before=before)


@router.post("/feeds/{partner}/{feed}/live", dependencies=[OwnOrigin])
def look_at_live(request: Request, caller: Caller, partner: Partner, feed: FeedName) -> Response:
    """The same page with what readers find at this moment; nothing is changed and nothing kept."""
    annex = caller.annex_of(partner)
    if feed == FEED and annex.pull is not None:
        return _generations(request, caller, annex, is_look=True)
    spec = _spec_of(annex, feed)
    with ledger_connection() as connection:
        newest = newest_publication(connection, annex.partner, spec.name)
        known = publications_of(connection, annex.partner, spec.name, KNOWN_MAX)
    return _feed(request, caller, annex, spec, live=live_feed(spec, newest, known))


def _feed(
    request: Request,
    caller: Visitor,
    annex: Annex,
    spec: FeedSpec,
    *,
    run_id: str = "",
    before: int | None = None,
    live: LiveFeed | None = None,
) -> Response:
    with ledger_connection() as connection:
        card = feed_card(connection, annex, spec.name)
        found, next_before = publication_views(connection, annex.partner, spec.name, before)
    dag_ids = caller.dags_of(annex.partner)
    dags = dags_of_runs([one.run_id for one in found], dag_ids)
    runs = feed_runs(dag_ids, annex.partner, spec.name, RUNS_SHOWN, [run_id] if run_id else None)
    report, problem = _report(runs[0], annex, spec) if runs else (None, "")
    return page(
        request,
        "feed.html.j2",
        card=card,
        spec=spec,
        url=public_address(spec),
        live=live,
        publications=compared(found, card.newest, dags),
        before=before,
        next_before=next_before,
        run=runs[0] if runs else None,
        run_id=run_id,
        report=report,
        problem=problem,
        findings=finding_views(report.findings) if report else (),
        left_out=finding_views(report.left_out) if report else (),
    )


def _generations(request: Request, caller: Visitor, annex: Annex, *, is_look: bool = False) -> Response:
    pull = annex.pull
    if pull is None:
        raise HTTPException(404, NOT_THERE)
    with ledger_connection() as connection:
        card = generation_card(connection, annex)
    try:
        runs = generation_runs(caller.dags_of(annex.partner), pull_annex_of(annex).partner, GENERATIONS_SHOWN)
        problem = ""
    except StoreUnavailable as error:
        runs, problem = (), str(error)
    live = live_store(annex, pull) if is_look else None
    return page(request, "generations.html.j2", card=card, runs=runs, problem=problem, live=live, pull=pull)


def _report(run: TaskResult, annex: Annex, spec: FeedSpec) -> tuple[FeedReport | None, str]:
    """How the feed ended in the run, or the sentence that says why nobody knows."""
    try:
        report = report_of(run, annex.partner, spec.name, spec.writer)
    except DeliveryError as error:
        return None, str(error)
    return report, "" if report is not None else GONE


def _spec_of(annex: Annex, feed: str) -> FeedSpec:
    for spec in annex.feeds:
        if spec.name == feed:
            return spec
    raise HTTPException(404, NOT_THERE)
