"""A partner as the desk shows it: its annex section by section, and what of it Airflow has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.dag_ids import delivery_channels, delivery_dag_id, delivery_dag_ids
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.printable import spell_out
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.window_calendar import WindowRun
from edye_delivery.dag_support.annexes import annex_folder, annexes
from edye_delivery.desk.access import Visitor
from edye_delivery.desk.airflow_partners import DagState, dag_states, latest_window, partner_dag_ids
from edye_delivery.desk.texts import markdown_html
from edye_delivery.reports.partner.sections import schedules_of, sections_of
from edye_delivery.reports.wording import JOINERS

GOOD, BAD, WORSE = "green", "missing", "failed"


@dataclass(frozen=True, slots=True)
class DagRow:
    """A DAG of the partner, in words; `window` is the latest one that it delivered, where it has a schedule."""

    dag_id: str
    badge: str
    state: str
    next_step: str
    window: WindowRun | None


@dataclass(frozen=True, slots=True)
class PartnerCard:
    """A partner in the list: its name, the ways by which it gets titles, and its DAGs that the user may see."""

    partner: str
    name: str
    channels: str
    schedules: tuple[str, ...]
    dags: tuple[DagRow, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """What the annex says about one subject."""

    heading: str
    name: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the partner's runs need from Airflow, whether it is there, and what to do where it is not."""

    name: str
    purpose: str
    badge: str
    state: str
    next_step: str


def partner_cards(caller: Visitor) -> Iterator[PartnerCard]:
    """The partners that the user may see, by their names for people."""
    for annex in sorted(caller.annexes.values(), key=lambda one: one.display_name.casefold()):
        yield partner_card(caller, annex)


def partner_card(caller: Visitor, annex: Annex) -> PartnerCard:
    """One partner, with its DAGs that the user may see, and those that should be there and are not."""
    expected = delivery_dag_ids(annex)
    states = dag_states({*expected, *caller.dags_of(annex.partner)})
    shown = [one for name, one in states.items() if name in caller.dag_ids or not one.is_there]
    schedules = _schedules(annex)
    dags = tuple(_dag_row(one, schedules.get(one.dag_id)) for one in shown)
    channels = ", ".join(delivery_channels(annex)).upper() or "none"
    return PartnerCard(annex.partner, annex.display_name, channels, schedules_of(annex), dags)


def annex_sections(annex: Annex) -> tuple[SectionView, ...]:
    """The annex in words; every character is visible."""
    return tuple(
        SectionView(
            one.heading,
            re.sub(r"[^a-z]+", "-", one.heading.lower()),
            markdown_html("\n".join(spell_out(line, JOINERS) for line in one.lines)),
        )
        for one in sections_of(annex)
    )


def connection_checks(annex: Annex) -> tuple[Check, ...]:
    """Every connection that the partner's runs may need; of a connection only its id and its type are shown."""
    from edye_delivery.steps.connections import ConnectionCheck, annex_needs, connection_check

    def check_of(found: ConnectionCheck) -> Check:
        takes = " or ".join(f"{kind} with {fields}" for kind, fields in found.need.takes)
        add, correct = (f"{verb} it in Airflow under Admin, Connections: {takes}" for verb in ("Add", "Correct"))
        name, purpose = found.need.conn_id, found.need.purpose
        if found.conn_type is None:
            return Check(name, purpose, WORSE, "missing", add)
        if not found.is_fit:
            return Check(name, purpose, WORSE, f"of type {found.conn_type}", correct)
        if found.missing_field:
            return Check(name, purpose, WORSE, f"{found.conn_type}, without {found.missing_field}", correct)
        return Check(name, purpose, GOOD, found.conn_type, "")

    return tuple(check_of(connection_check(need)) for need in annex_needs(annex))


def pool_check(name: str, wanted: int, slots: int | None) -> Check:
    """The partner's pool: its slots are the batches that are sent at the same time, and the annex wants so many."""
    purpose = "batches that are sent to the partner at the same time"
    if slots is None:
        return Check(name, purpose, WORSE, "missing", "Add it under Admin, Pools; until then no batch is sent")
    if slots == 0:
        return Check(name, purpose, WORSE, "0 slots", "Give it slots under Admin, Pools; until then no batch is sent")
    found = "no bound" if slots < 0 else f"{slots:,} slots"
    advice = "" if slots == wanted else f"The annex says {wanted:,} (uploads_at_once)"
    return Check(name, purpose, GOOD, found, advice)


def annex_refusals(caller: Visitor) -> Mapping[str, Collection[str]]:
    """The defects of each refused file; for a user who may not see every partner's DAGs there is none."""
    if annexes().keys() - caller.annexes.keys() or partner_dag_ids() - caller.dag_ids:
        return {}
    return dict(sorted(annex_folder().refused.items()))


def _schedules(annex: Annex) -> dict[str, str | None]:
    schedules = {delivery_dag_id(Channel.API, annex.partner): annex.schedule}
    if annex.pull is not None:
        schedules[delivery_dag_id(Channel.PULL, annex.partner)] = pull_annex_of(annex).schedule
    return schedules


def _dag_row(dag: DagState, schedule: str | None) -> DagRow:
    window = latest_window(dag.dag_id, schedule) if schedule is not None and dag.is_there else None
    if not dag.is_there:
        return DagRow(dag.dag_id, WORSE, "missing", "See Dag Import Errors on Airflow's home page", None)
    if dag.is_paused and dag.is_scheduled:
        return DagRow(dag.dag_id, BAD, "paused", "Its schedule starts no run until somebody unpauses it", window)
    if dag.is_paused:
        return DagRow(dag.dag_id, BAD, "paused", "A run by hand waits until somebody unpauses it", window)
    if not dag.is_scheduled:
        return DagRow(dag.dag_id, "", "by hand", "", window)
    return DagRow(dag.dag_id, GOOD, "on", "", window)
