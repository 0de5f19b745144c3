"""The heartbeat: a lease is renewed while bytes are sent, not too often, and not after it is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.leases import Holder, LeaseLost
from edye_delivery.pipeline.heartbeat import Heartbeat
from tests.unit.pipeline.builders import PARTNER, RUN, delivery_of, plan_for

PLAN = plan_for()
KEY, MINE = PLAN.delivery_key, Holder("mine")
LEASE_S = 30.0


class Seconds:
    at = 0.0

    def __call__(self):
        return self.at


@pytest.fixture
def begun(ledger):
    """The ledger with a delivery that is mine for an hour."""
    ledger.plan(PARTNER, RUN, [PLAN])
    ledger.begin_send(KEY, RUN, holder=MINE, lease_s=3600)
    return ledger


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def heartbeat(begun, seconds):
    return Heartbeat(begun, KEY, MINE.name, LEASE_S, seconds)


def is_renewed(ledger):
    """Whether the lease of an hour has become one of half a minute."""
    delivery = delivery_of(ledger, PLAN)
    ends_at = delivery.lease_expires_at
    ledger.renew(KEY, MINE.name, 3600)
    return ends_at < delivery_of(ledger, PLAN).lease_expires_at - timedelta(seconds=1800)


@pytest.mark.parametrize(("after_s", "renews"), [(0.0, False), (9.9, False), (10.0, True), (25.0, True)])
def test_a_beat_renews_the_lease_once_a_third_of_it_is_over(begun, seconds, heartbeat, after_s, renews):
    seconds.at = after_s
    heartbeat.beat()
    assert is_renewed(begun) is renews


def test_the_next_beat_counts_from_the_last_renewal(begun, seconds, heartbeat):
    seconds.at = 10.0
    heartbeat.beat()
    assert is_renewed(begun)
    seconds.at = 19.9
    heartbeat.beat()
    assert not is_renewed(begun)
    seconds.at = 20.0
    heartbeat.beat()
    assert is_renewed(begun)


def test_blocks_pass_unchanged_with_a_beat_before_each(begun, seconds, heartbeat):
    passed = heartbeat.over(iter([b"a", b"b"]))
    assert next(passed) == b"a"
    assert not is_renewed(begun)
    seconds.at = 11.0
    assert list(passed) == [b"b"]
    assert is_renewed(begun)


def test_no_further_block_passes_once_another_sender_has_the_delivery(begun, seconds, heartbeat):
    begun.renew(KEY, MINE.name, -1)
    begun.begin_send(KEY, "run-2", holder=Holder("theirs"), lease_s=3600)
    seconds.at = 11.0
    passed = heartbeat.over(iter([b"a"]))
    with pytest.raises(LeaseLost):
        next(passed)


def test_a_delivery_that_has_moved_on_is_not_renewed(begun, heartbeat):
    begun.mark_received(KEY, "t-1", 9, 1.0)
    with pytest.raises(LeaseLost):
        heartbeat.renew()
    assert delivery_of(begun, PLAN).state is DeliveryState.RECEIVED
