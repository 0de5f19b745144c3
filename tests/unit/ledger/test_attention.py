"""What needs attention now: whose turn it is, totals, alarms; each partner's own, and none of another partner's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, make_url, select

from benchmarks.desk_data import NOW, PARTNERS, LedgerSize, make_ledger
from edye_delivery.catalog.alarm import AlarmKind
from edye_delivery.catalog.next_steps import NEXT_STEPS, UNATTENDED
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner
from edye_delivery.ledger import shipment_alarms
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.attention import alarms, open_counts, title_totals
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine, snapshot
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.pull_tables import API_CALLS, DEGRADATIONS
from edye_delivery.ledger.read_only import open_read_only
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.tables import EVENTS, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL, NOBODY_NAMED, Count
from edye_delivery.ledger.trail import Trail
from edye_delivery.ledger.waits import WAIT_BEGINS_WITHIN
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import PARTNER, receive

CLIENT = Client(PARTNER, "client-1", error_threshold=1, technical_error_threshold=2)
OTHER = Client("another_partner", "client-2", error_threshold=1, technical_error_threshold=2)
RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
HOUR = timedelta(hours=1)
ALL = tuple(PARTNERS)


@pytest.fixture
def connection(engine):
    with snapshot(engine) as opened:
        yield opened


def fail_title(engine, number, cause=Cause.TRANSIENT, client=CLIENT):
    ledger = Ledger(engine, Clock(), client)
    plan = a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
    ledger.plan(client.partner, "run-1", [plan])
    ledger.begin_send(plan.delivery_key, "run-1")
    ledger.fail(plan.delivery_key, cause, "the partner answered 503")


def alarms_at(connection, now, partners=(PARTNER,), clients=(CLIENT,)):
    return alarms(connection, partners, clients, open_counts(connection, partners, now), now)


def kinds_at(connection, now, **given):
    return [one.kind for one in alarms_at(connection, now, **given)]


def write_event(connection, at, **values):
    shared = {"partner": PARTNER, "external_id": "", "delivery_key": "", "run_id": "", "action": "x", "state": "x"}
    connection.execute(EVENTS.insert().values(**shared | {"at": at} | values))


def test_open_counts_are_the_counts_of_all_titles_that_have_not_ended_well(ledger_url):
    make_ledger(ledger_url, LedgerSize(1500, 3000))
    with open_read_only(make_url(ledger_url)) as connection:
        everything = StatusReader(connection, NOW).counts(Selection())
        for partners in (ALL[1:], ALL):
            there = [one for one in everything if one.state not in ENDED_WELL and one.partner in partners]
            assert open_counts(connection, partners, NOW) == there, partners
        assert any(one.nobody_waits for one in there), "nothing is proven of deliveries that nobody waits for"


def test_no_partner_has_nothing_to_attend_to(connection):
    assert (open_counts(connection, (), NOW), title_totals(connection, ()), alarms(connection, (), (), (), NOW)) == (
        [],
        {},
        (),
    )


def test_totals_are_of_these_partners_alone_and_name_every_one_of_them(ledger_url):
    make_ledger(ledger_url, LedgerSize(100, 200))
    with open_read_only(make_url(ledger_url)) as connection:
        totals = title_totals(connection, (ALL[1], "new_partner"))
        query = select(func.count()).select_from(TITLE_STATUS).where(TITLE_STATUS.c.partner == ALL[1])
        assert sum(totals[ALL[1]].values()) == connection.execute(query).scalar_one()
        accepted = query.where(TITLE_STATUS.c.state == "accepted")
        assert totals[ALL[1]][DeliveryState.ACCEPTED] == connection.execute(accepted).scalar_one()
    assert totals["new_partner"] == {}
    assert set(totals) == {ALL[1], "new_partner"}


@pytest.mark.parametrize(
    ("values", "person"),
    [
        ({"state": DeliveryState.FAILED, "owner": Owner.DESIGN}, Owner.DESIGN),
        ({"state": DeliveryState.FAILED, "owner": None}, NOBODY_NAMED),
        ({"state": DeliveryState.RECEIVED, "owner": None}, None),
        ({"state": DeliveryState.RECEIVED, "owner": None, "nobody_waits": True}, Owner.DEVOPS),
        ({"state": DeliveryState.COMPLETED, "owner": None, "waits_for_partner": True}, None),
    ],
)
def test_a_person_is_named_where_one_has_to_act(values, person):
    assert Count(PARTNER, cause=None, titles=1, since=NOW, **values).person == person


def test_a_count_says_what_to_do_as_the_report_does():
    count = Count(PARTNER, DeliveryState.FAILED, Cause.IMAGES, Owner.DESIGN, 1, NOW)
    assert count.next_step == NEXT_STEPS[Cause.IMAGES]


def test_a_ledger_where_all_is_well_has_no_alarm(engine, connection):
    fail_title(engine, 1)
    assert alarms_at(connection, NOW) == ()


def test_circuit_errors_and_untold_alert_are_alarms_in_the_words_of_the_report(engine, connection):
    for number in (1, 2):
        fail_title(engine, number)
    found = alarms_at(connection, NOW)
    connection.rollback()
    assert [one.kind for one in found] == [
        AlarmKind.CIRCUIT_OPEN,
        AlarmKind.ERRORS_IN_A_ROW,
        AlarmKind.ALERTS_NOT_SENT,
    ]
    assert tuple(one.sentence for one in found) == Alerts(engine, Clock()).sentences_of(CLIENT)
    assert all(one.partner == PARTNER and one.is_critical for one in found)


def test_alarms_of_another_partner_are_not_read(engine, connection):
    for number in (1, 2):
        fail_title(engine, number, client=OTHER)
    with engine.begin() as writing:
        for one in ("began", "ended"):
            row = {"user": "", "kind": "silent", "calls": 0, "detail": one, "began_at": NOW, "broken_at": NOW}
            ended = NOW if one == "ended" else None
            writing.execute(DEGRADATIONS.insert().values(partner=OTHER.partner, subject=one, ended_at=ended, **row))
        write_event(writing, NOW - HOUR, partner=OTHER.partner)
        write_event(writing, NOW - HOUR, partner=OTHER.partner, refusal="mapping")
    assert alarms_at(connection, NOW) == ()
    theirs = alarms_at(connection, NOW, partners=(OTHER.partner,), clients=(OTHER,))
    assert len([one for one in theirs if one.kind is AlarmKind.DEGRADED]) == 1
    assert {one.partner for one in theirs} == {OTHER.partner}


def test_a_client_whose_errors_are_within_the_threshold_raises_no_alarm(engine, connection):
    fail_title(engine, 1)
    patient = Client(PARTNER, "client-1", error_threshold=5, technical_error_threshold=9)
    fail_title(engine, 2, client=patient)
    assert AlarmKind.ERRORS_IN_A_ROW not in kinds_at(connection, NOW, clients=(patient,))
    assert AlarmKind.ERRORS_IN_A_ROW in kinds_at(connection, NOW)


@pytest.mark.parametrize(("kind", "is_critical"), [("silent", False), ("unavailable", True)])
def test_a_degradation_that_goes_on_is_an_alarm_and_critical_where_readers_get_nothing(engine, kind, is_critical):
    row = {"user": "", "kind": kind, "calls": 0, "detail": "the last call was at 06:00", "broken_at": NOW}
    with engine.begin() as connection:
        connection.execute(DEGRADATIONS.insert().values(partner=PARTNER, subject="silence", began_at=NOW, **row))
        (found,) = alarms_at(connection, NOW)
    assert (found.kind, found.since, found.is_critical) == (AlarmKind.DEGRADED, NOW, is_critical)
    assert f"({kind}) since 2026-03-02T06:00:00Z: the last call was at 06:00" in found.sentence


def test_titles_that_nobody_waits_for_are_one_alarm_with_what_to_do(engine, connection):
    receive(Ledger(engine, Clock()))
    late = NOW + WAIT_BEGINS_WITHIN + HOUR
    assert AlarmKind.NOBODY_WAITS not in kinds_at(connection, NOW)
    (found,) = (one for one in alarms_at(connection, late) if one.kind is AlarmKind.NOBODY_WAITS)
    assert found.sentence.startswith("1 title has not ended, and nobody waits for it since 2026-03-02T06:00:")
    assert found.sentence.endswith(UNATTENDED)


def test_events_are_an_alarm_when_they_wait_longer_than_shipping_needs(engine, connection):
    with engine.begin() as writing:
        write_event(writing, NOW)
        write_event(writing, NOW, shipped_at=NOW)
    late = NOW + shipment_alarms.SHIPPED_WITHIN
    assert kinds_at(connection, late) == []
    (found,) = alarms_at(connection, late + timedelta(seconds=1))
    assert found.sentence.startswith("1 event of this partner waits in the ledger to be shipped, the oldest of 2026-03")
    assert (found.kind, found.since) == (AlarmKind.EVENTS_WAIT, NOW)


def test_events_that_were_set_aside_are_an_alarm_of_their_own_and_do_not_wait(engine, connection):
    with engine.begin() as writing:
        for _ in range(2):
            write_event(writing, NOW, refusal="the mapping does not fit")
    (found,) = alarms_at(connection, NOW + HOUR)
    connection.rollback()
    assert found.kind is AlarmKind.EVENTS_SET_ASIDE
    assert found.sentence.startswith("IngestaLogs refused 2 events for good")
    assert Trail(engine, Clock()).unshipped_counts() == (0, 2)


def test_of_very_many_events_that_wait_a_least_number_is_said(engine, connection, monkeypatch):
    monkeypatch.setattr(shipment_alarms, "READ_MAX", 2)
    with engine.begin() as writing:
        for _ in range(3):
            write_event(writing, NOW)
    (found,) = alarms_at(connection, NOW + HOUR)
    assert found.sentence.startswith("at least 2 events of this partner wait in the ledger")


def test_calls_that_wait_are_an_alarm(engine, connection):
    row = {"level": "INFO", "endpoint": "list", "status": 200, "milliseconds": 1, "bytes": 1, "request_id": "r"}
    with engine.begin() as writing:
        writing.execute(API_CALLS.insert().values(id="a", at=NOW, partner=PARTNER, **row))
        writing.execute(API_CALLS.insert().values(id="b", at=NOW, partner=None, **row))
    (found,) = alarms_at(connection, NOW + HOUR)
    assert (found.kind, found.sentence[:28]) == (AlarmKind.CALLS_WAIT, "1 call of this partner waits")


@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_kind_of_alarm_has_a_section_in_the_runbook(kind):
    headings = {line.lstrip("# ") for line in RUNBOOK.read_text().splitlines() if line[:1] == "#"}
    assert kind.section in headings


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("title_status_open", "open"),
        ("deliveries_open", "open"),
        ("events_to_ship", "SELECT id FROM events WHERE shipped_at IS NULL AND refusal IS NULL ORDER BY id LIMIT 9"),
        ("events_set_aside", "SELECT id FROM events WHERE refusal IS NOT NULL ORDER BY id LIMIT 9"),
    ],
)
def test_sqlite_reads_what_is_open_from_the_index_of_it(tmp_path, name, query):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    with engine.connect() as connection:
        if query == "open":
            asked = []
            event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
            open_counts(connection, (PARTNER,), NOW)
            query, values = asked[-1]
        else:
            values = ()
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        plan = " ".join(row[3] for row in rows)
    engine.dispose()
    assert f"INDEX {name}" in plan
