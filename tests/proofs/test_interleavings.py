"""Orders in which two runs that meet can take their steps, with up to SWITCHES switches (0), on both databases.

After each order one quiet run follows. Then every content has arrived once, no tracking id is unknown to the ledger,
every title is accepted or withdrawn, and readers of the feed find what the ledger offers: nothing that was withdrawn.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from edye_delivery.catalog.vocabulary import Channel, Correction, Mode
from sandbox.s3 import S3Host
from tests.postgresql import postgresql_server
from tests.proofs import meeting
from tests.proofs.ledger_copies import LedgerCopies, PostgresqlCopies, SqliteCopies
from tests.proofs.meeting import Hands
from tests.proofs.meeting_world import Bucket, FtpServer, World
from tests.step_scheduler import Actor, orders, play

pytestmark = pytest.mark.proof
SWITCHES_MAX = int(os.environ.get("SWITCHES", "0"))
BY_HAND = {"mode": Mode.FAILED, "correction": Correction.BY_CAUSE, "reason": meeting.WHY}
KNOWN, TITLES = 2, 3
"""Two titles are accepted and published before the runs meet, the third is new."""
CHOSEN = 1
"""The one of them that is withdrawn, or sent again."""


def deliver(hands: Hands, run_id: str, **asked) -> None:
    meeting.deliver(hands, run_id, **asked)
    meeting.publish(hands, run_id)


def resend(hands: Hands, run_id: str) -> None:
    asked = {"mode": Mode.ALL, "force_resend": True, "correction": Correction.RESEND, "reason": meeting.WHY}
    deliver(hands, run_id, external_ids=(hands.world.names()[CHOSEN],), **asked)


def withdraw(hands: Hands, run_id: str) -> None:
    meeting.withdraw(hands, run_id, (hands.world.names()[CHOSEN],))


RUNS: dict[str, Callable[[Hands, str], None]] = {
    "delivery": deliver,
    "FTP delivery": partial(deliver, channel=Channel.FTP, reason=meeting.WHY),
    "redelivery by cause": partial(deliver, **BY_HAND),
    "resend": resend,
    "withdrawal": withdraw,
    "publication": meeting.publish,
}
PAIRS = list(itertools.combinations_with_replacement(RUNS, 2))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    host = S3Host()
    yield Bucket(host.start())
    host.stop()


@pytest.fixture(scope="module")
def ftp(tmp_path_factory) -> Iterator[FtpServer]:
    server = FtpServer(tmp_path_factory.mktemp("ftp"))
    yield server
    server.stop()


@pytest.fixture(
    scope="module",
    params=["sqlite", "postgresql"],
)
def databases(request, tmp_path_factory) -> Iterator[LedgerCopies]:
    """Makes the address of a ledger that is a copy of another."""
    if request.param == "sqlite":
        yield SqliteCopies(tmp_path_factory.mktemp("ledgers"))
    else:
        with postgresql_server() as url:
            yield PostgresqlCopies(url)


@pytest.fixture(scope="module")
def prepared(databases, bucket, ftp) -> World:
    """A world in which the first title is accepted and published."""
    world = World(databases.fresh(), bucket, ftp, "prepared", titles=KNOWN)
    hands = Hands(world)
    deliver(hands, "before")
    assert world.complaints(hands.engine, hands.ledger, None, 0) == []
    hands.close()
    return world


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[" meets ".join(pair) for pair in PAIRS])
def test_whatever_the_order_nothing_arrives_twice_is_lost_or_comes_back(first, second, prepared, databases):
    played = 0

    def run(order):
        nonlocal played
        played += 1
        with prepared.copy(databases, f"{first}-{second}-{played}".replace(" ", "-"), titles=TITLES) as world:
            actors = [
                Actor(name, partial(act, world, RUNS[kind], name)) for kind, name in ((first, "a"), (second, "b"))
            ]
            choices = play(actors, order)
            complaint = broken(world, actors, (first, second))
            assert not complaint, f"{complaint}\norder {[choice.actor for choice in choices]}\n" + "\n".join(
                f"{actor.name}: {actor.steps}" for actor in actors
            )
            return choices

    for begins in (0, 1):
        list(orders(run, begins, SWITCHES_MAX))
    print(f"{played} orders")


def act(world: World, work: Callable[[Hands, str], None], run_id: str, actor: Actor) -> None:
    hands = Hands(world, actor.step)
    try:
        work(hands, run_id)
    finally:
        hands.close()


def broken(world: World, actors: list[Actor], kinds: tuple[str, str]) -> str:
    """What is wrong after an order and the quiet run that follows it."""
    errors = [f"{actor.name} ended with {type(actor.error).__name__}: {actor.error}" for actor in actors if actor.error]
    hands = Hands(world)
    deliver(hands, "afterwards")
    withdrawn = world.names()[CHOSEN] if "withdrawal" in kinds and "resend" not in kinds else None
    resends = kinds.count("resend")
    complaints = [*errors, *world.complaints(hands.engine, hands.ledger, withdrawn, resends)]
    hands.close()
    return "; ".join(complaints)
