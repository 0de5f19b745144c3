"""Exposures: what a partner that pulls is shown of each title, and what changed since a version."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan, an_episode
from tests.unit.ledger.conftest import Clock

PARTNER, RUN = "partner_one", "run-1"
NOW = datetime(2026, 3, 5, tzinfo=UTC)
PLAN = a_plan(a_movie())
THUMBNAIL = ExposedThumbnail(
    name="wide", url="https://media.example/a.jpg", width=800, height=450, type="image/jpeg", sha256="0" * 64
)


@pytest.fixture
def exposures(engine):
    return Exposures(engine, PARTNER)


def expose(ledger, exposures, plan=PLAN, run_id=RUN):
    ledger.plan(PARTNER, run_id, [plan], Channel.PULL)
    ledger.begin_send(plan.delivery_key, run_id, Channel.PULL)
    exposures.put(plan, [THUMBNAIL])
    ledger.mark_received(plan.delivery_key, f"exposure-{plan.delivery_key[:16]}", 0, 0.1)


def accept(ledger, plan=PLAN):
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, plan, [])


def changes(exposures, after=None, after_at=None, now=NOW):
    with exposures.changes(after, after_at, now) as found:
        return found.version, list(found.exposures)


def shown(exposures, **more):
    return {one.external_id: one.title is not None for one in changes(exposures, **more)[1]}


def test_a_title_is_not_shown_before_its_delivery_is_received(ledger, exposures):
    ledger.plan(PARTNER, RUN, [PLAN], Channel.PULL)
    ledger.begin_send(PLAN.delivery_key, RUN, Channel.PULL)
    exposures.put(PLAN, [])
    assert shown(exposures) == {PLAN.external_id: False}


def test_a_received_title_is_shown_as_a_candidate_with_its_thumbnails(ledger, exposures):
    expose(ledger, exposures)
    version, (one,) = changes(exposures)
    assert version == 1
    assert (one.title, one.thumbnails, one.is_candidate) == (PLAN.title, (THUMBNAIL,), True)


def test_acceptance_shows_the_same_content_on(ledger, exposures):
    expose(ledger, exposures)
    accept(ledger)
    (one,) = changes(exposures)[1]
    assert (one.title, one.is_candidate) == (PLAN.title, False)


def test_a_failed_candidate_leaves_and_the_accepted_content_is_shown_again(ledger, exposures):
    expose(ledger, exposures)
    accept(ledger)
    version, _ = changes(exposures)
    newer = a_plan(a_movie(titles={"en": "A newer name"}))
    expose(ledger, exposures, newer, "run-2")
    assert changes(exposures, version)[1][0].title == newer.title
    version, _ = changes(exposures)
    ledger.fail(newer.delivery_key, Cause.METADATA, "EXPO006", ended_by_partner=True)
    (one,) = changes(exposures, version)[1]
    assert (one.title, one.is_candidate) == (PLAN.title, False)


def test_a_candidate_that_was_never_accepted_leaves_as_rejected(ledger, exposures):
    expose(ledger, exposures)
    ledger.fail(PLAN.delivery_key, Cause.METADATA, "EXPO006", ended_by_partner=True)
    (one,) = changes(exposures)[1]
    assert (one.title, one.because) == (None, "rejected")


@pytest.mark.parametrize("because", ["tag", "invisible", "geo"])
def test_what_the_catalogue_withdraws_leaves_with_its_reason(ledger, exposures, because):
    expose(ledger, exposures)
    accept(ledger)
    version, _ = changes(exposures)
    ledger.withdraw(PARTNER, PLAN.delivery_key, "run-2", "no longer offered", because=because)
    (one,) = changes(exposures, version)[1]
    assert (one.title, one.because) == (None, because)


def test_what_a_person_withdraws_leaves_at_once_although_newer_content_is_under_way(engine, ledger, exposures):
    expose(ledger, exposures)
    accept(ledger)
    expose(ledger, exposures, a_plan(a_movie(titles={"en": "A newer name"})), "run-2")
    clock = Clock()
    clock.at += timedelta(days=1)
    assert Withdrawals(engine, clock, PARTNER).begin(PLAN.delivery_key, "run-3", "the rights ended", None)
    (one,) = changes(exposures)[1]
    assert (one.title, one.because) == (None, "withdrawn")


def test_an_end_date_ends_a_title_when_it_comes(engine, ledger, exposures):
    expose(ledger, exposures)
    accept(ledger)
    end_at = NOW + timedelta(hours=1)
    Withdrawals(engine, Clock(), PARTNER).begin(PLAN.delivery_key, "run-2", "the rights end", end_at)
    version, (one,) = changes(exposures)
    assert (one.title is not None, one.closes_at) == (True, end_at)
    assert changes(exposures, version, NOW, NOW + timedelta(minutes=59))[1] == []
    (ended,) = changes(exposures, version, NOW, end_at)[1]
    assert (ended.title, ended.because) == (None, "window_ended")


def test_a_title_is_shown_within_its_availability_only(ledger, exposures):
    opens_at, closes_at = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    plan = a_plan(a_movie(availability={"start": opens_at.isoformat(), "end": closes_at.isoformat()}))
    expose(ledger, exposures, plan)
    version, (one,) = changes(exposures)
    assert one.title is None
    assert shown(exposures, after=version, after_at=NOW, now=opens_at) == {plan.external_id: True}
    assert shown(exposures, after=version, after_at=opens_at, now=closes_at) == {plan.external_id: False}
    assert shown(exposures, after=version, after_at=closes_at + timedelta(1), now=NOW + timedelta(9)) == {}


def test_only_what_changed_since_a_version_is_named(ledger, exposures):
    expose(ledger, exposures)
    version, _ = changes(exposures)
    other = a_plan(an_episode())
    expose(ledger, exposures, other)
    assert shown(exposures, after=version) == {other.external_id: True}
    assert shown(exposures) == {PLAN.external_id: True, other.external_id: True}


def test_exposures_that_no_delivery_needs_are_deleted(ledger, exposures):
    expose(ledger, exposures)
    accept(ledger)
    for name in ("second", "third"):
        plan = a_plan(a_movie(titles={"en": name}))
        expose(ledger, exposures, plan, name)
        ledger.fail(plan.delivery_key, Cause.TRANSIENT, "lost")
    with exposures._engine.connect() as connection:
        keys = connection.exec_driver_sql("select delivery_key from exposures").scalars().all()
    assert set(keys) == {PLAN.delivery_key, plan.delivery_key}


def test_the_episodes_of_a_series_are_found_by_it(ledger, exposures):
    plan = a_plan(an_episode())
    expose(ledger, exposures, plan)
    expose(ledger, exposures)
    (one,) = exposures.of_shows([plan.title.show_id], NOW)
    assert (one.external_id, one.show_ids) == (plan.external_id, frozenset({plan.title.show_id}))


def test_another_partner_sees_none_of_it(engine, ledger, exposures):
    expose(ledger, exposures)
    assert changes(Exposures(engine, "another"))[1] == []


def test_a_title_that_moved_to_another_series_is_found_by_both_as_it_is_now(ledger, exposures):
    first = a_plan(an_episode())
    expose(ledger, exposures, first)
    accept(ledger, first)
    moved = a_plan(an_episode(show_id="show-2", titles={"es": "Otra"}, series={"id": "show-2"}))
    expose(ledger, exposures, moved, "run-2")
    for show_id in ("show-1", "show-2"):
        (one,) = exposures.of_shows([show_id], NOW)
        assert (one.delivery_key, one.show_ids) == (moved.delivery_key, frozenset({"show-1", "show-2"}))


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda exposures: changes(exposures, 1, NOW), "revisions_by_end_at"),
        (lambda exposures: changes(exposures, 1, NOW), "exposures_by_version"),
        (lambda exposures: list(exposures.of_shows(["show-1"], NOW)), "exposures_by_show_id"),
    ],
    ids=["end dates", "versions", "series"],
)
def test_sqlite_reads_only_what_changed(tmp_path, ask, index):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    plans: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in rows)

    ask(Exposures(engine, PARTNER))
    engine.dispose()
    assert any(index in plan for plan in plans), plans
    assert not [plan for plan in plans if plan.endswith("(partner=?)") and "offers" not in plan]
