"""A title's page has all that the ledger knows of it, the newest first, bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger import title_page as paging
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.tables import PUBLICATIONS, REVISIONS
from edye_delivery.ledger.title_page import title_events, title_page
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import the_annex
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, accept, receive

NAME = PLAN.external_id
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def connection(engine):
    with engine.connect() as opened:
        yield opened


def page(engine, external_id=NAME):
    with engine.connect() as connection:
        return title_page(connection, PARTNER, external_id, NOW)


def publish(engine, feed, began_at, published=True):
    values = {"partner": PARTNER, "feed": feed, "run_id": f"run of {feed}", "pages": [], "kinds": {}, "version": 3}
    with engine.begin() as connection:
        at = began_at if published else None
        connection.execute(PUBLICATIONS.insert().values(**values, began_at=began_at, published_at=at))


def all_events(connection, limit=100):
    found, cursor = [], ""
    while cursor is not None:
        one = title_events(connection, PARTNER, NAME, cursor, limit)
        found.append(one.events)
        cursor = one.next_cursor
    return found


def test_a_title_that_was_accepted_has_its_delivery_and_its_revision(ledger, engine):
    accept(ledger)
    found = page(engine)
    (one,) = found.deliveries
    assert (one.delivery, one.title) == (ledger.deliveries([KEY])[KEY], PLAN.title.name)
    assert (one.media_digest, one.revision, one.file_name) == (PLAN.media_digest, PLAN.revision, PLAN.file_name)
    assert found.status.state is DeliveryState.ACCEPTED
    assert (found.revision.content, found.revision.delivery_key) == (PLAN.title, KEY)
    assert found.revision.is_offered(NOW)


def test_a_title_that_was_never_accepted_has_no_revision(ledger, engine):
    receive(ledger)
    assert page(engine).revision is None


def test_deliveries_come_newest_first_and_older_ones_are_said_to_be_left_out(ledger, engine, monkeypatch):
    accept(ledger)
    resends = [plan_of(the_annex(), PLAN.title, resend=f"run-{number}") for number in range(3)]
    for one in resends:
        ledger.plan(PARTNER, "run-2", [one])
    keys = [one.delivery.delivery_key for one in page(engine).deliveries]
    assert keys == [*(one.delivery_key for one in reversed(resends)), KEY]
    monkeypatch.setattr(paging, "DELIVERIES_MAX", 2)
    found = page(engine)
    assert ([one.delivery.delivery_key for one in found.deliveries], found.has_more_deliveries) == (keys[:2], True)


def test_events_come_newest_first_in_pages_and_each_once(ledger, connection):
    accept(ledger)
    ledger.plan(PARTNER, "run-2", [plan_of(the_annex(), PLAN.title, resend="run-2")])
    expected = [one.action for one in all_events(connection)[0]]
    assert expected[0] == "plan"
    for limit in (1, 2, 3):
        pages = all_events(connection, limit)
        assert [one.action for events in pages for one in events] == expected
        assert max(map(len, pages)) == limit


def test_an_event_has_its_call(ledger, connection):
    receive(ledger)
    ledger.fail(KEY, Cause.MEDIA, "formato no soportado", ended_by_partner=True)
    tracking_id = ledger.deliveries([KEY])[KEY].tracking_id
    failed, received, *_ = title_events(connection, PARTNER, NAME).events
    assert (failed.action, failed.cause, failed.detail) == ("fail", "media", "formato no soportado")
    assert received.tracking_id == tracking_id


def test_a_withdrawn_title_says_by_which_run_and_why(ledger, engine):
    accept(ledger)
    Withdrawals(engine, Clock(), PARTNER).begin(KEY, "withdraw-1", "the rights ended", None)
    revision = page(engine).revision
    assert (revision.withdrawal_reason, revision.withdrawn_by_run) == ("the rights ended", "withdraw-1")
    assert not revision.is_offered(NOW)


@pytest.mark.parametrize(
    ("began_after_s", "withdrawn", "end_after_s", "has_title"),
    [
        (60, False, None, True),
        (-60, False, None, False),
        (60, True, None, False),
        (60, True, 30, False),
        (60, True, 90, True),
    ],
    ids=["since", "before it was accepted", "after it was withdrawn", "after its end", "before its end"],
)
def test_the_latest_publication_of_a_feed_is_said_to_have_the_title(
    ledger, engine, began_after_s, withdrawn, end_after_s, has_title
):
    accept(ledger)
    at = page(engine).revision.accepted_at
    end_at = None if end_after_s is None else at + timedelta(seconds=end_after_s)
    with engine.begin() as connection:
        values = {"withdrawn_at": at + timedelta(seconds=1) if withdrawn else None, "end_at": end_at}
        connection.execute(REVISIONS.update().values(**values))
    publish(engine, "search", at - timedelta(days=1))
    publish(engine, "search", at + timedelta(seconds=began_after_s))
    publish(engine, "search", at + timedelta(days=1), published=False)
    (one,) = page(engine).publications
    assert (one.feed, one.run_id, one.version, one.has_title) == ("search", "run of search", 3, has_title)


def test_what_a_partner_that_pulls_is_shown_is_there(ledger, engine):
    receive(ledger)
    Exposures(engine, PARTNER).put(PLAN, [])
    (one,) = page(engine).exposures
    assert (one.delivery_key, one.show_id, one.closes_at) == (KEY, PLAN.title.show_id, PLAN.title.availability.end)


def test_content_that_cannot_be_read_hides_nothing_else(ledger, engine):
    accept(ledger)
    with engine.begin() as connection:
        connection.execute(REVISIONS.update().values(title=b"{broken"))
    assert page(engine).revision.content is None


@pytest.mark.parametrize("name", ["nobody", "", "' OR 1=1", "\x00", "\ud800"])
def test_a_title_that_is_not_there_is_none(ledger, engine, connection, name):
    accept(ledger)
    assert page(engine, name) is None
    assert title_events(connection, PARTNER, name).events == ()


def test_a_damaged_cursor_of_events_is_refused(connection):
    for bad in ("x", "W10", "WyJldmVudHMiLGZhbHNlLC0xXQ", "WyJldmVudHMiLGZhbHNlLDFlOTld"):
        with pytest.raises(InvalidRequest, match="the address of this page is damaged"):
            title_events(connection, PARTNER, NAME, bad)
