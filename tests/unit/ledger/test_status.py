"""Where titles stand: the delivery that matters, counts, history, on both databases and on old ledgers."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, make_url, text, update

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.migrate import migrate
from edye_delivery.ledger.read_only import NoLedger, address_of, open_read_only
from edye_delivery.ledger.schema import SchemaMismatch, head, revisions
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.tables import DELIVERIES, METADATA, TITLE_STATUS, VERSION
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.frozen import a_ledger_of_0001, contents

PARTNER, OTHER = "roku_premium_subs_mx", "another_partner"
RUN = "run-1"


def the_plan(number=1, **changes):
    return a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}")).model_copy(update=changes)


def newer(plan, key="b" * 64):
    """Other content of the same title."""
    return plan.model_copy(update={"delivery_key": key, "content_key": key})


def planned(ledger, plan, partner=PARTNER):
    ledger.plan(partner, RUN, [plan])


def rejected(ledger, plan, partner=PARTNER):
    planned(ledger, plan, partner)
    ledger.reject(plan.delivery_key, Cause.MEDIA, Owner.CONTENT_OPERATIONS, "codec 'hevc', expected h264", ["VID006"])


def sending(ledger, plan, partner=PARTNER):
    planned(ledger, plan, partner)
    ledger.begin_send(plan.delivery_key, RUN)


def received(ledger, plan, partner=PARTNER):
    sending(ledger, plan, partner)
    ledger.mark_received(plan.delivery_key, f"t-{plan.external_id}", 10, 1.0)


def failed(ledger, plan, cause=Cause.TRANSIENT, partner=PARTNER):
    received(ledger, plan, partner)
    ledger.fail(plan.delivery_key, cause, "the partner answered 503")


def completed(ledger, plan, partner=PARTNER):
    received(ledger, plan, partner)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)


def accepted(ledger, plan, partner=PARTNER):
    completed(ledger, plan, partner)
    ledger.accept(partner, plan, [])


def answer_of(url, question):
    with open_read_only(make_url(url)) as connection:
        return question(StatusReader(connection))


def statuses(url, selection=None, **wishes):
    return answer_of(url, lambda ledger: list(ledger.titles(selection or Selection(), **wishes)))


def status_of(url, plan):
    (one,) = statuses(url, Selection(external_ids=(plan.external_id,)), ended_well=True)
    return one


def test_a_title_has_everything_that_a_person_asks_for(ledger, ledger_url):
    plan = the_plan()
    failed(ledger, plan, Cause.STUCK)
    one = status_of(ledger_url, plan)
    assert (one.partner, one.external_id, one.edye_id, one.title) == (PARTNER, plan.external_id, "mv-1", "The Kite")
    assert (one.state, one.cause, one.owner) == (DeliveryState.FAILED, Cause.STUCK, Owner.DEVOPS)
    assert (one.attempts, one.tracking_id, one.channel) == (1, f"t-{plan.external_id}", Channel.API)
    assert one.detail == "the partner answered 503"
    assert one.next_step == next_step(DeliveryState.FAILED, Cause.STUCK)
    assert one.since.tzinfo is not None
    assert one.accepted_at is None


@pytest.mark.parametrize(
    ("first", "then", "state", "is_newer"),
    [
        (accepted, rejected, "rejected", True),
        (accepted, failed, "failed", True),
        (accepted, planned, "planned", True),
        (accepted, received, "received", True),
        (received, rejected, "received", False),
        (sending, failed, "sending", False),
        (failed, accepted, "accepted", True),
        (received, accepted, "accepted", True),
        (received, received, "received", True),
        (rejected, failed, "failed", True),
        (failed, planned, "planned", True),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_of_two_deliveries_the_one_under_way_counts_else_the_last_that_moved(
    ledger, ledger_url, first, then, state, is_newer
):
    plan = the_plan()
    first(ledger, plan)
    then(ledger, newer(plan))
    one = status_of(ledger_url, plan)
    assert (one.state, one.delivery_key == newer(plan).delivery_key) == (state, is_newer)


def test_a_title_that_changed_back_to_what_is_accepted_stands_accepted_again(ledger, ledger_url):
    plan = the_plan()
    accepted(ledger, plan)
    rejected(ledger, newer(plan))
    ledger.refresh(PARTNER, plan)
    assert status_of(ledger_url, plan).state is DeliveryState.ACCEPTED


def test_a_withdrawn_title_stands_withdrawn_and_says_until_when_it_was_accepted(ledger, ledger_url):
    plan = the_plan()
    accepted(ledger, plan)
    ledger.withdraw(PARTNER, plan.delivery_key, "run-2", "invisible")
    one = status_of(ledger_url, plan)
    assert (one.state, one.detail) == (DeliveryState.WITHDRAWN, "invisible")
    assert one.accepted_at < one.withdrawn_at
    assert statuses(ledger_url) == []


def test_titles_come_worst_first_and_those_that_ended_well_only_if_asked_for(ledger, ledger_url):
    ways = [accepted, planned, completed, received, sending, rejected, failed]
    for number, way in enumerate(ways):
        way(ledger, the_plan(number))
    told = [one.state.value for one in statuses(ledger_url)]
    assert told == ["failed", "rejected", "sending", "received", "completed", "planned"]
    assert [one.state.value for one in statuses(ledger_url, ended_well=True)] == [*told, "accepted"]
    assert [one.state.value for one in statuses(ledger_url, limit=2)] == told[:2]


def test_of_titles_that_stand_alike_the_one_that_waits_longest_comes_first(ledger, ledger_url):
    for number in (3, 1, 2):
        failed(ledger, the_plan(number))
    assert [one.external_id for one in statuses(ledger_url)] == [the_plan(n).external_id for n in (3, 1, 2)]


def test_counts_are_by_partner_state_cause_and_owner_with_the_first_moment(ledger, ledger_url):
    failed(ledger, the_plan(1), Cause.AUTH)
    failed(ledger, the_plan(2), Cause.AUTH)
    failed(ledger, the_plan(3), Cause.STUCK)
    rejected(ledger, the_plan(4))
    accepted(ledger, the_plan(5))
    accepted(ledger, the_plan(6, delivery_key="c" * 64), OTHER)
    counts = answer_of(ledger_url, lambda one: one.counts(Selection()))
    assert [(count.partner, count.state.value, count.cause, count.owner, count.titles) for count in counts] == [
        (OTHER, "accepted", None, None, 1),
        (PARTNER, "failed", "auth", "DevOps", 2),
        (PARTNER, "failed", "stuck", "DevOps", 1),
        (PARTNER, "rejected", "media", "Content Operations", 1),
        (PARTNER, "accepted", None, None, 1),
    ]
    assert counts[1].since == status_of(ledger_url, the_plan(1)).since


def test_the_same_title_at_two_partners_stands_twice(ledger, ledger_url):
    plan = the_plan()
    failed(ledger, plan)
    received(ledger, newer(plan), OTHER)
    assert [(one.partner, one.state.value) for one in statuses(ledger_url)] == [
        (PARTNER, "failed"),
        (OTHER, "received"),
    ]
    assert [one.partner for one in statuses(ledger_url, Selection(partner=OTHER))] == [OTHER]
    assert answer_of(ledger_url, lambda one: one.partners()) == [OTHER, PARTNER]


def test_a_window_takes_the_titles_moved_in_it_its_end_excluded(ledger, ledger_url):
    for number in (1, 2, 3):
        failed(ledger, the_plan(number))
    first, second, third = statuses(ledger_url)
    window = Window(first.since, third.since)
    assert statuses(ledger_url, Selection(window=window)) == [first, second]
    assert sum(count.titles for count in answer_of(ledger_url, lambda one: one.counts(Selection(window=window)))) == 2


def test_the_history_is_all_events_of_the_title_at_the_partner_in_order(ledger, ledger_url):
    plan = the_plan()
    failed(ledger, plan)
    rejected(ledger, newer(plan))
    accepted(ledger, the_plan(2))
    events = answer_of(ledger_url, lambda one: list(one.history(PARTNER, plan.external_id)))
    assert [(event.action, event.state, event.detail) for event in events] == [
        ("plan", "planned", ""),
        ("send", "sending", ""),
        ("receive", "received", ""),
        ("fail", "failed", "the partner answered 503"),
        ("plan", "planned", ""),
        ("reject", "rejected", "codec 'hevc', expected h264"),
    ]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [event.delivery_key == plan.delivery_key for event in events] == [True] * 4 + [False] * 2
    assert {event.run_id for event in events} == {RUN}


def test_errors_in_a_row_are_those_of_the_partner_s_clients(ledger_url):
    ledger = Ledger(
        open_engine(ledger_url), Clock(), Client(PARTNER, "client-1", error_threshold=1, technical_error_threshold=10)
    )
    for number in (1, 2):
        failed(ledger, the_plan(number))
    (row,) = answer_of(ledger_url, lambda one: one.errors_in_a_row(PARTNER))
    assert (row.client_id, row.errors) == ("client-1", 2)
    assert row.first_error_at < row.alerted_at
    assert answer_of(ledger_url, lambda one: one.errors_in_a_row(OTHER)) == []
    accepted(ledger, the_plan(3))
    assert answer_of(ledger_url, lambda one: one.errors_in_a_row(PARTNER)) == []


def test_a_ledger_from_before_it_was_kept_where_titles_stand_is_refused_and_left_as_it_is(ledger_url):
    engine = a_ledger_of_0001(ledger_url)
    before = contents(engine)
    with pytest.raises(SchemaMismatch, match=r"before revision 0001.*ledger migrate"):
        statuses(ledger_url)
    assert contents(engine) == before
    engine.dispose()


@pytest.mark.parametrize("revision", [*revisions()[:-1], "9999"])
def test_a_ledger_of_another_revision_is_refused_by_both_numbers_and_left_as_it_is(ledger_url, revision):
    engine = a_ledger_of_0001(ledger_url)
    migrate(engine, head() if revision == "9999" else revision)
    with engine.begin() as connection:
        connection.execute(update(VERSION).values(version_num=revision))
    before = contents(engine)
    needs = f"knows revisions up to {head()}" if revision == "9999" else f"needs revision {head()}: make a backup"
    with pytest.raises(SchemaMismatch, match=f"at revision {revision}, and this program {needs}"):
        statuses(ledger_url)
    assert contents(engine) == before
    engine.dispose()


@pytest.mark.parametrize("column", ["state", "cause"])
def test_a_word_of_a_later_version_is_said_and_not_guessed(ledger, ledger_url, column):
    failed(ledger, the_plan())
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(update(TITLE_STATUS).values({column: "teleported"}))
    engine.dispose()
    with pytest.raises(NoLedger, match=f"later version: it has the {column} 'teleported'"):
        statuses(ledger_url)


def test_a_database_without_our_tables_is_no_ledger_and_gets_none(ledger_url):
    engine = create_engine(ledger_url)
    METADATA.drop_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS somebodys (id INTEGER)"))
    try:
        with pytest.raises(NoLedger, match="lacks the tables deliveries, events, revisions, title_status"):
            statuses(ledger_url)
        with engine.connect() as connection, pytest.raises(Exception, match="deliveries"):
            connection.execute(text("SELECT * FROM deliveries"))
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE somebodys"))
        engine.dispose()


def test_nothing_can_be_written(ledger, ledger_url):
    planned(ledger, the_plan())
    with (
        pytest.raises(NoLedger, match=r"read-?only"),
        open_read_only(make_url(ledger_url)) as connection,
    ):
        connection.execute(update(DELIVERIES).values(state="accepted"))


def test_one_connection_answers_from_one_moment(ledger, ledger_url):
    failed(ledger, the_plan(1))
    with open_read_only(make_url(ledger_url)) as connection:
        one = StatusReader(connection)
        before = one.counts(Selection())
        failed(ledger, the_plan(2))
        assert one.counts(Selection()) == before
    assert sum(count.titles for count in answer_of(ledger_url, lambda one: one.counts(Selection()))) == 2


def test_reading_leaves_a_file_and_its_folder_as_they_are(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    engine = open_engine(url)
    failed(Ledger(engine, Clock()), the_plan())
    engine.dispose()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert before.keys() == {"ledger.sqlite"}
    assert len(statuses(url)) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_ledger_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(NoLedger, match=r"there is no ledger at .*none\.sqlite: no such file"):
        statuses(f"sqlite:///{tmp_path}/none.sqlite")
    with pytest.raises(NoLedger, match="a folder"):
        statuses(f"sqlite:///{tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said_in_a_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but longer than a header of one " * 20)
    with pytest.raises(NoLedger, match=r"notes.txt cannot be read: file is not a database"):
        statuses(f"sqlite:///{tmp_path}/notes.txt")


@pytest.mark.parametrize("address", ["mysql://u:geheim@h/x", "postgresql+nodriver://u:geheim@h/x"])
def test_another_database_is_refused_without_its_password(address):
    with pytest.raises(NoLedger) as caught:
        statuses(address)
    assert "geheim" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_without_its_password():
    url = make_url("postgresql+psycopg2://u:geheim@127.0.0.1:1/edye?password=verborgen")
    with (
        pytest.raises(NoLedger, match=r"postgresql://127\.0\.0\.1:1/edye cannot be read") as caught,
        open_read_only(url),
    ):
        pass
    assert not {"geheim", "verborgen"} & set(str(caught.value).replace(":", " ").split())
    assert address_of(url) == "postgresql://127.0.0.1:1/edye"


def test_the_moments_of_a_standing_are_utc(ledger, ledger_url):
    planned(ledger, the_plan())
    assert status_of(ledger_url, the_plan()).planned_at == datetime(2026, 3, 2, 6, 0, 1, tzinfo=UTC)
