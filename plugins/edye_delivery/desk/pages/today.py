"""The desk's first page: what is wrong now, whose turn it is, how many titles each partner has, how the DAGs ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from edye_delivery.annex.dag_ids import DELIVERY_VERBS, WATCH_VERB, verb_of
from edye_delivery.annex.model import PULL_SUFFIX
from edye_delivery.catalog.alarm import Alarm, AlarmKind
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.desk.access import READ, Caller, Visitor, partner_of
from edye_delivery.desk.airflow_today import DagToday, dags_today, pending_approvals
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.navigation import desk_address
from edye_delivery.desk.render import page
from edye_delivery.desk.title_totals import KEPT_TOTALS, Totals
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.ledger.attention import alarms, in_order, open_counts
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.title_counts import ENDED_WELL, Count
from edye_delivery.pipeline.untold_withdrawals import withdrawal_alarms
from edye_delivery.reports.wording import human_seconds

SHOWN_VERBS = frozenset({*DELIVERY_VERBS.values(), WATCH_VERB})
PARTNERS_TURN, RUNS_TURN = "The partner", "A run"
TILES = (DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm, its partner's name, the runbook's section, and where its titles are listed; empty for none."""

    alarm: Alarm
    partner: str
    section: str
    address: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Titles that wait for the same remedy, and the address of the list of them."""

    ledger_name: str
    partner: str
    state: str
    cause: str
    titles: int
    since: datetime
    age: str
    next_step: str
    address: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose turn it is, for how many titles, and for which; a person, the partner, or a run."""

    name: str
    titles: int
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One partner's totals; what has not ended well is counted now, the rest was counted at `counted_at`."""

    ledger_name: str
    name: str
    accepted: int
    withdrawn: int
    open: int
    needs_a_person: int
    counted_at: datetime
    address: str
    accepted_address: str
    withdrawn_address: str


@router.get("/")
def today(request: Request, caller: Caller) -> Response:
    """Alarms, turns, totals and last runs of the partners that the user may see."""
    now, partners = SYSTEM_CLOCK.now(), caller.partners
    clients = [Client.of(annex) for annex in caller.annexes.values()]
    with ledger_connection() as connection:
        counts = open_counts(connection, partners, now)
        found = [
            *alarms(connection, partners, clients, counts, now),
            *withdrawal_alarms(connection, caller.annexes, now),
        ]
    totals = KEPT_TOTALS.of(partners)
    dags = dags_today([name for name in caller.dag_ids if verb_of(name) in SHOWN_VERBS])
    answer = page(
        request,
        "today.html.j2",
        may_see=bool(caller.annexes),
        now=now,
        alarms=[
            AlarmRow(one, name_of(caller, one.partner), one.kind.section, titles_of(one)) for one in in_order(found)
        ],
        approvals=pending_approvals(_decidable(caller)),
        paused=[dag for dag in dags if dag.is_paused and dag.is_scheduled],
        owners=list(owners_of(caller, counts, now)),
        partners=list(partner_rows(caller, counts, totals)),
        dags=dags,
        calendars=calendars_of(caller, dags),
    )
    answer.background = BackgroundTask(KEPT_TOTALS.refresh, partners)
    return answer


def _decidable(caller: Visitor) -> list[str]:
    """The DAGs whose decisions Airflow lets the user read: a user of its runs may have no right to these."""
    return [dag_id for dag_id in caller.dag_ids if caller.may(READ, dag_id, DagAccessEntity.HITL_DETAIL)]


def name_of(caller: Visitor, partner: str) -> str:
    """The partner's name for people; what it pulls beside another way is said."""
    annex = caller.annexes.get(partner.removesuffix(PULL_SUFFIX))
    name = annex.display_name if annex is not None else partner
    return f"{name} (what it pulls)" if partner.endswith(PULL_SUFFIX) else name


def titles_of(alarm: Alarm) -> str:
    """The address of the list of the titles that an alarm is about; empty where it is about none."""
    if alarm.kind is not AlarmKind.NOBODY_WAITS:
        return ""
    return desk_address("/distribution", partner=alarm.partner, waits="nobody")


def calendars_of(caller: Visitor, dags: Iterable[DagToday]) -> dict[str, str]:
    """The addresses of the calendars of windows, by the DAGs that have one."""
    found = {}
    for dag in dags:
        partner = partner_of(dag.dag_id, caller.annexes)
        if partner and dag.is_scheduled and verb_of(dag.dag_id) in DELIVERY_VERBS.values():
            found[dag.dag_id] = desk_address("/windows", partner=partner)
    return found


def owners_of(caller: Visitor, counts: Sequence[Count], now: datetime) -> Iterator[Owner]:
    """Whose turn it is: persons first, then the partner, then runs; the titles that wait longest first."""
    groups: dict[str, list[Count]] = {}
    for count in counts:
        name = count.person or (PARTNERS_TURN if count.waits_for_partner else RUNS_TURN)
        groups.setdefault(name, []).append(count)
    for name in sorted(groups, key=lambda one: (one == RUNS_TURN, one == PARTNERS_TURN, one)):
        found = sorted(groups[name], key=lambda one: one.since)
        yield Owner(name, sum(one.titles for one in found), tuple(_turn(caller, one, now) for one in found))


def partner_rows(caller: Visitor, counts: Iterable[Count], totals: dict[str, Totals]) -> Iterator[PartnerRow]:
    """The totals of each partner that has titles, or is one of the annexes."""
    there = list(counts)
    for partner, known in totals.items():
        of_partner = [one for one in there if one.partner == partner]
        if partner not in caller.annexes and not known.by_state:
            continue
        accepted, withdrawn = (known.by_state.get(state, 0) for state in TILES)
        yield PartnerRow(
            partner,
            name_of(caller, partner),
            accepted,
            withdrawn,
            sum(one.titles for one in of_partner if one.state not in ENDED_WELL),
            sum(one.titles for one in of_partner if one.needs_a_person),
            known.counted_at,
            desk_address("/distribution", partner=partner),
            *(desk_address("/distribution", partner=partner, state=state.value) for state in TILES),
        )


def _turn(caller: Visitor, count: Count, now: datetime) -> Turn:
    cause = count.cause.value if count.cause is not None else ""
    query = {"partner": count.partner, "state": count.state.value, "cause": cause, "owner": count.owner}
    query["waits"] = "nobody" if count.nobody_waits else ""
    return Turn(
        count.partner,
        name_of(caller, count.partner),
        count.state.value,
        cause,
        count.titles,
        count.since,
        age_text(count.since, now),
        count.next_step,
        desk_address("/distribution", **query),
    )


def age_text(since: datetime, now: datetime) -> str:
    """How long ago a moment was, in days from two days on."""
    seconds = max(0.0, (now - since).total_seconds())
    return f"{int(seconds // 86_400):,} days" if seconds >= 2 * 86_400 else human_seconds(seconds)
