"""Two runs publish one feed at once, on both databases, with a real S3 server: who is late changes nothing.

A step is one call to the ledger's publications, to the store, to the assembly or to the reader. At every step of one
run the other one does all of its work; then the first goes on, or it is dead.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import FeedRefused
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import LEASE_S, FeedLeaseLost, Publications
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.feeds import lint_draft, refuse_errors
from edye_delivery.pipeline.publish_feed import ROUNDS, FeedPublisher, OfferUnsteady
from edye_delivery.pipeline.publisher_lease import FeedBusy
from tests.artifacts import Artifacts
from tests.components.test_feed_publication import ANNEX, SPEC, Desk, Killed, SteppedClock, port, titles
from tests.kept_feeds import DraftFiles, draft_by_changes
from tests.postgresql import postgresql_server
from tests.unit.ledger.frozen import empty_ledger

__all__ = ["port"]
PARTNER = ANNEX.partner
PLANS = [plan_of(ANNEX, title) for title in titles(6)]
VICTIM = PLANS[2]


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/both.sqlite"
    url = request.getfixturevalue("postgresql_url")
    empty_ledger(url)
    return url


class Both:
    """One ledger, one bucket and a clock for two runs; what each has assembled is a folder of its own."""

    def __init__(self, port, engine, folder):
        self.clock, self.desk = SteppedClock(), Desk(port, folder, Path(folder).name)
        self.engine, self.ledger = engine, Ledger(engine, self.clock)
        self.withdrawals = Withdrawals(engine, self.clock, PARTNER)
        self.files, self.kept = {}, Artifacts()
        for plan in PLANS:
            self.accept(plan)

    def accept(self, plan):
        self.ledger.plan(PARTNER, "r0", [plan])
        self.ledger.begin_send(plan.delivery_key, "r0", undone_withdrawal_at=plan.undone_withdrawal_at)
        self.ledger.mark_received(plan.delivery_key, plan.external_id, 1, 1.0)
        self.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        self.ledger.accept(PARTNER, plan, [])

    def withdraw(self, plan=VICTIM, end_at=None):
        self.withdrawals.begin(plan.delivery_key, "withdraw-1", "the rights ended", end_at)

    def resend(self, plan):
        """What a person does who sees that the title is withdrawn."""
        withdrawn_at = self.withdrawals.revisions([plan.external_id])[plan.external_id].withdrawn_at
        self.accept(plan.model_copy(update={"asked_by_person": True, "withdrawn_at": withdrawn_at}))

    def publications(self):
        return Publications(self.engine, self.clock, PARTNER, "search", database_now=lambda _: self.clock.at)

    def draft(self, run_id):
        folder = self.files.setdefault(run_id, DraftFiles(self.desk.store))
        draft = draft_by_changes(
            ANNEX, SPEC, self.ledger, self.publications(), self.desk.store, self.kept, folder, self.clock()
        )
        refuse_errors("search", "as assembled", lint_draft(draft, folder, self.clock()))
        return draft

    def publish(self, run_id, draft=None, step: Callable[[str], None] = lambda name: None, sleep=None):
        """As the tasks of a run do it; its files go when it has published."""

        def assemble(go_on):
            step("assemble")
            go_on()
            return self.draft(run_id)

        def fetch(url):
            step("fetch")
            return self.desk.fetch(url)

        publisher = FeedPublisher(
            SPEC, run_id, Stepped(self.desk.store, step), Stepped(self.publications(), step),
            self.files.setdefault(run_id, DraftFiles(self.desk.store)), fetch, assemble,
            Clock(self.clock, sleep or self.clock.sleep, lambda: 0.5),
        )  # fmt: skip
        published = publisher.publish(draft or self.draft(run_id))
        self.files[run_id].clear()
        return published

    def read(self):
        return set(self.desk.read())

    def offered(self):
        return {plan.title.title_id for plan in PLANS} & {
            accepted.title.title_id for accepted in self.ledger.accepted_titles(PARTNER)
        }


class Stepped:
    """A store, or publications, that tells the name of every call before it does it."""

    def __init__(self, real, step):
        self._real, self._step = real, step

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if name == "url" or not callable(real):
            return real

        def call(*args, **more):
            self._step(name)
            return real(*args, **more)

        return call


class StillBusy(Exception):
    """The feed's publisher is alive, and this run would wait for it."""


def wait_for_nobody(seconds):
    raise StillBusy


@pytest.fixture
def both(port, ledger_url):
    engine = open_engine(ledger_url)
    with tempfile.TemporaryDirectory() as folder:
        made = Both(port, engine, folder)
        made.publish("r0")
        yield made
    engine.dispose()


def test_an_older_draft_brings_no_withdrawn_title_back_and_leaves_the_feed_to_the_newer_run(both):
    older = both.draft("D")
    both.withdraw()
    both.publish("withdraw-1")
    published = both.publish("D", older)
    assert both.read() == both.offered() == {plan.title.title_id for plan in PLANS} - {VICTIM.title.title_id}
    assert (published.switched, published.uploaded) == (False, ())
    assert published.detail == (
        "the run withdraw-1 has published a newer state of it, so this run's draft is not needed"
    )


def test_a_stale_draft_is_assembled_again_where_nobody_has_published_the_present_offer(both):
    older = both.draft("D")
    both.withdraw()
    steps = []
    assert both.publish("D", older, steps.append).switched
    assert steps.count("assemble") == 1
    assert VICTIM.title.title_id not in both.read()


def test_two_runs_with_the_same_pages_both_publish_them(both):
    both.withdraw()
    first, second = both.draft("a"), both.draft("b")
    assert both.publish("a", first).switched
    assert not both.publish("b", second).switched
    assert both.read() == both.offered()


def test_a_stream_of_acceptances_does_not_starve_the_publication(both):
    more = (plan_of(ANNEX, title) for title in titles(30)[10:])

    def step(name):
        if name == "begin":  # one more, while the pages go up
            both.accept(next(more))

    steps = []
    published = both.publish("D", step=lambda name: (steps.append(name), step(name)))
    assert published.switched
    assert steps.count("assemble") == ROUNDS - 1
    assert len(both.read()) == len(PLANS) + ROUNDS - 1


@pytest.mark.parametrize("end_at", [None, SteppedClock().at + timedelta(days=9)], ids=["withdrawn", "end-dated"])
def test_what_is_withdrawn_while_the_pages_go_up_is_not_published_however_often(both, end_at):
    victims = iter(PLANS)

    def step(name):
        if name == "begin":
            both.withdraw(next(victims), end_at)

    before = both.read()
    with pytest.raises(OfferUnsteady, match="assembled 3 times, and each time titles were withdrawn"):
        both.publish("D", step=step)
    assert both.read() == before
    assert both.publish("D").switched


def test_who_meets_a_publisher_that_lives_waits_and_says_for_whom_and_does_not_wait_for_ever(both, caplog):
    caplog.set_level("INFO")
    lease = both.publications().acquire("run-1")

    def sleep(seconds):
        both.clock.sleep(seconds)
        both.publications().renew(lease)

    with pytest.raises(FeedBusy, match="the feed search is being published by the run run-1, until"):
        both.publish("D", sleep=sleep)
    assert caplog.text.count("waits for its publisher, the run run-1") == 1
    both.publications().release(lease)
    both.publish("D", sleep=wait_for_nobody)


def test_a_dead_publisher_is_succeeded_when_its_lease_is_over_and_not_before(both):
    lease = both.publications().acquire("run-1")
    both.clock.sleep(LEASE_S - 1)
    assert both.publications().acquire("run-2") is None
    both.clock.sleep(2)
    both.publications().renew(lease)  # nobody came: it is still its own
    both.clock.sleep(LEASE_S + 1)
    assert both.publications().acquire("run-2") is not None
    for call in (both.publications().renew, lambda held: both.publications().mark_published(held, 1)):
        with pytest.raises(FeedLeaseLost, match="the run run-2 publishes it now; it switches nothing"):
            call(lease)
    both.publications().release(lease)
    assert both.publications().acquire("run-3") is None


def test_the_lease_ends_by_the_databases_own_clock(both):
    patient = Publications(both.engine, both.clock, PARTNER, "search", lease_s=3600)
    hasty = Publications(both.engine, both.clock, PARTNER, "other", lease_s=-1)
    assert (patient.acquire("a") is None, patient.acquire("b") is None) == (False, True)
    assert (hasty.acquire("a") is None, hasty.acquire("b") is None) == (False, False)


def test_a_refused_feed_frees_it_for_the_next_run(both):
    draft = both.draft("D")
    both.desk.fetch = lambda url: b'{"version":"1","assets":[]}'
    with pytest.raises(FeedRefused):
        both.publish("D", draft)
    del both.desk.fetch
    both.publish("E", sleep=wait_for_nobody)


@pytest.mark.proof
@pytest.mark.parametrize("is_killed", [False, True], ids=["goes on", "is killed"])
@pytest.mark.parametrize("is_asleep", [False, True], ids=["awake", "asleep beyond its lease"])
def test_a_withdrawal_that_meets_a_publisher_at_any_step_is_what_readers_have(both, is_asleep, is_killed):
    def withdraw_and_publish():
        both.withdraw()
        if is_asleep:
            both.clock.sleep(LEASE_S + 1)
        try:
            both.publish("withdraw-1", sleep=wait_for_nobody)
        except StillBusy:
            return False
        assert VICTIM.title.title_id not in both.read()
        return True

    for at in count():
        changed = titles(1)[0].model_copy(update={"synopsis_short": {"en": f"A kite flies over {at} villages."}})
        both.ledger.refresh(PARTNER, PLANS[0].model_copy(update={"title": changed}))
        steps, has_published = [], []

        def step(name, at=at, steps=steps, has_published=has_published):
            steps.append(name)
            if len(steps) == at + 1:
                has_published.append(withdraw_and_publish())
                if is_killed:
                    raise Killed
            elif len(steps) > at + 1 and is_killed:
                raise Killed  # the dead do nothing more

        try:
            both.publish("D", step=step)
        except Killed:
            both.clock.sleep(LEASE_S + 1)
        if not has_published:
            break
        if is_asleep or has_published[0]:
            assert VICTIM.title.title_id not in both.read(), (at, steps[at])
        if is_killed or not has_published[0]:
            both.publish("withdraw-1")
        assert both.read() == both.offered(), (at, steps[at])
        assert VICTIM.title.title_id not in both.read()
        both.resend(VICTIM)
        both.clock.sleep(SPEC.keep_old_s + 1)
        both.publish("again")
        assert VICTIM.title.title_id in both.read()
    assert at > 16


@pytest.mark.parametrize("is_conditional", [True, False], ids=["conditional writes", "none"])
def test_a_publisher_that_slept_before_the_switch_does_not_leave_its_older_state(both, is_conditional):
    both.accept(plan_of(ANNEX, titles(7)[6]))
    if not is_conditional:
        both.desk.client.meta.events.register("before-send.s3.PutObject", refuse_conditions)
    slept = []

    def step(name):
        if name == "replace" and not slept:
            slept.append(name)
            both.clock.sleep(LEASE_S + 1)
            both.withdraw()
            both.publish("withdraw-1")
            assert VICTIM.title.title_id not in both.read()

    seen = []

    def look(name):
        step(name)
        seen.append(VICTIM.title.title_id in both.read())

    both.publish("D", step=look)
    assert slept
    assert VICTIM.title.title_id not in both.read()
    assert len(both.read()) == len(PLANS)
    came_back = any(seen[seen.index(False) :])
    assert came_back is not is_conditional


def refuse_conditions(request, **more):
    """As a store answers that knows no conditional writes."""
    from botocore.awsrequest import AWSResponse

    if not {"if-match", "if-none-match"} & {name.lower() for name in request.headers}:
        return None
    body = b"<Error><Code>NotImplemented</Code><Message>A header you provided implies more</Message></Error>"
    return AWSResponse(request.url, 501, {"content-type": "application/xml"}, Raw(body))


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, content):
        self._content = content

    def stream(self, *args, **more):
        yield self._content
