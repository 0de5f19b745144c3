"""The version of what is offered: raised by what changes it, in the same transaction, and read in one view with it."""

from datetime import UTC, datetime
from threading import Thread

import pytest

from edye_delivery.catalog.order import show_key
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.offers import OfferVersion, offer_version, raise_version
from edye_delivery.ledger.revisions import keep_revision
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan, an_episode
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.frozen import empty_ledger
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN, accept, complete
from tests.unit.ledger.test_withdrawals import undoing
from tests.waiting import until

END_AT = datetime(2029, 1, 1, tzinfo=UTC)


@pytest.fixture
def withdrawals(engine):
    return Withdrawals(engine, Clock(), PARTNER)


@pytest.fixture
def version(engine):
    def read(partner=PARTNER):
        with engine.connect() as connection:
            found = offer_version(connection, partner)
        return found.version, found.removed_version

    return read


def test_acceptance_withdrawal_and_end_date_raise_it_and_the_partners_do_not_share_it(ledger, withdrawals, version):
    assert version() == (0, 0)
    accept(ledger)
    assert version() == (1, 0)
    withdrawals.begin(KEY, RUN, "the rights ended", END_AT)
    assert version() == (2, 2)
    ledger.withdraw(PARTNER, KEY, "run-2", "invisible")
    assert version() == (3, 3)
    plan = undoing(withdrawals)
    complete(ledger, plan)
    ledger.accept(PARTNER, plan, [])
    assert version() == (4, 3)
    assert version("another") == (0, 0)


def test_what_leaves_the_offer_as_it_is_does_not_raise_it(ledger, withdrawals, version):
    accept(ledger)
    ledger.refresh(PARTNER, PLAN)
    ledger.withdraw(PARTNER, "0" * 64, RUN, "not there")
    assert version() == (1, 0)
    withdrawals.begin(KEY, RUN, "the rights ended", None)
    withdrawals.begin(KEY, RUN, "the rights ended", None)
    ledger.withdraw(PARTNER, KEY, "run-2", "invisible")
    ledger.refresh(PARTNER, PLAN)
    assert version() == (2, 2)


def test_a_refresh_that_changes_the_offer_raises_it_once(ledger, version):
    accept(ledger)
    changed = PLAN.model_copy(update={"title": PLAN.title.model_copy(update={"tags": ("other",)}), "revision": "r2"})
    ledger.refresh(PARTNER, changed)
    ledger.refresh(PARTNER, changed)
    assert version() == (2, 0)


def test_a_refresh_of_content_that_is_not_accepted_changes_nothing(ledger, version):
    accept(ledger)
    ledger.refresh(PARTNER, a_plan(an_episode(synopsis_short={"es": "Otra cosa."})))
    ledger.withdraw(PARTNER, KEY, RUN, "invisible")
    ledger.refresh(PARTNER, PLAN)
    assert version() == (2, 2)


def test_what_the_catalogue_had_withdrawn_and_offers_again_raises_it(ledger, version):
    accept(ledger)
    ledger.withdraw(PARTNER, KEY, RUN, "invisible")
    accept(ledger)
    assert version() == (3, 2)


def test_an_older_reading_of_the_catalogue_undoes_nothing_that_a_newer_one_has_said(ledger, version):
    older, newer = (PLAN.model_copy(update={"read_at": datetime(2026, 3, 2, hour, tzinfo=UTC)}) for hour in (6, 7))
    accept(ledger, older)
    ledger.withdraw(PARTNER, KEY, "run-2", "invisible", newer.read_at)
    ledger.refresh(PARTNER, older)
    complete(ledger, older.model_copy(update={"delivery_key": "f" * 64}))
    ledger.accept(PARTNER, older.model_copy(update={"delivery_key": "f" * 64}), [])
    assert list(ledger.accepted_titles(PARTNER)) == []
    ledger.plan(PARTNER, "run-3", [newer])
    accept(ledger, newer.model_copy(update={"delivery_key": "e" * 64}))
    assert [one.external_id for one in ledger.accepted_titles(PARTNER)] == [PLAN.external_id]
    ledger.withdraw(PARTNER, KEY, "run-2", "invisible", older.read_at)
    assert [one.external_id for one in ledger.accepted_titles(PARTNER)] == [PLAN.external_id]


def test_version_and_titles_are_of_one_moment_while_others_write(ledger, withdrawals, version, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.revisions.TITLES_A_READ", 1)
    names = []
    for number in range(4):
        plan = a_plan(a_movie(id=f"movie-{number}", title_id=f"MOV_{number}"))
        names.append(plan.external_id)
        accept(ledger, plan)
    with ledger.offer(PARTNER) as offer:
        titles = iter(offer.titles)
        assert (offer.version, next(titles).external_id) == (4, names[0])
        withdrawals.begin(plan.delivery_key, RUN, "the rights ended", None)
        assert version() == (5, 5)
        assert [title.external_id for title in titles] == names[1:]
    with ledger.offer(PARTNER) as offer:
        assert (offer.version, [title.external_id for title in offer.titles]) == (5, names[:3])


def test_all_who_write_at_once_are_counted(ledger, ledger_url, engine, version):
    plans = [a_plan(a_movie(id=f"movie-{number}", title_id=f"MOV_{number}")) for number in range(8)]
    for plan in plans:
        complete(ledger, plan)

    def accept(mine):
        own = open_engine(ledger_url)
        for plan in mine:
            Ledger(own, Clock()).accept(PARTNER, plan, [])
        own.dispose()

    writers = [Thread(target=accept, args=(plans[start::2],)) for start in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert version() == (8, 0)
    assert {ledger.deliveries([plan.delivery_key])[plan.delivery_key].state for plan in plans} == {
        DeliveryState.ACCEPTED
    }


def test_a_change_that_is_rolled_back_was_none(engine, version):
    with engine.connect() as connection:
        raise_version(connection, PARTNER, "A", removed=True)
        assert offer_version(connection, PARTNER) == OfferVersion(1, 1)
        connection.rollback()
    assert version() == (0, 0)


def test_of_two_first_acceptances_that_meet_the_second_one_changes_the_show_of_the_first_too(postgresql_url):
    """On SQLite the second transaction does not begin before the first one has ended."""
    empty_ledger(postgresql_url)
    engine = open_engine(postgresql_url)
    plans = [a_plan(a_movie(title_id=show)).model_copy(update={"external_id": "EDYE_SAME"}) for show in ("ONE", "TWO")]
    changed = []

    def accept_second():
        with engine.begin() as connection:
            changed.append(keep_revision(connection, PARTNER, plans[1], END_AT))

    def waits_for_a_lock():
        with engine.connect() as looking:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return looking.exec_driver_sql(waiting).scalar_one()

    second = Thread(target=accept_second)
    with engine.begin() as connection:
        assert keep_revision(connection, PARTNER, plans[0], END_AT) == {show_key("ONE")}
        second.start()
        until(waits_for_a_lock, "the second acceptance waits for the first one")
    second.join(30)
    engine.dispose()
    assert changed == [{show_key("ONE"), show_key("TWO")}]
