"""The faults of a round. Seed and round number alone choose them, so that each round can be repeated by itself."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

PATH = (
    "check_request",
    "fetch_catalogue",
    "plan_batches",
    "batch.check",
    "batch.reencode",
    "batch.thumbnails",
    "batch.deliver",
    "batch.wait",
    "batch.accept",
    "report",
)
TYPICAL_S = {
    "batch.check": 0.8,
    "batch.reencode": 0.8,
    "batch.thumbnails": 0.3,
    "batch.deliver": 0.6,
    "batch.wait": 0.15,
    "report": 0.3,
}
"""About how long a task works; what is not named is done within a twentieth of a second."""
STORING = ("fetch_catalogue", "plan_batches", "batch.check", "batch.reencode", "batch.thumbnails", "report")
KINDS = (
    "kill_task",
    "sleep_task",
    "second_delivery",
    "second_redelivery",
    "withdrawal",
    "kill_scheduler",
    "kill_triggerer",
    "kill_sandbox",
    "ledger_locked",
    "clock_ahead",
    "clock_behind",
    "scratch_full",
    "store_full",
)
RUN_KINDS = ("second_delivery", "second_redelivery", "withdrawal")
"""Runs of other DAGs on the same titles, begun by `tools.chaos.rounds`."""
ANSWERS = ("status", "cut", "slow", "trickle", "garbage", "nested_gzip", "redirect")
FAULTS = (
    *(("edye", "any", kind) for kind in ANSWERS),
    *(("media", "file", kind) for kind in ANSWERS if kind != "trickle"),  # half a minute each: a rate has its span
    *(("partner", "ingest", kind) for kind in (*ANSWERS, "taken_then_cut", "stuck", "error")),
    *(("partner", "status", kind) for kind in ANSWERS),
)
STATUSES = (400, 401, 403, 404, 408, 413, 415, 422, 425, 429, 429, 500, 502, 503, 503, 504)
TROUBLES_A_ROUND, FAULTS_A_ROUND = 3, 4
TRICKLE_BYTES_PER_S = 1000
SLEEPS_S = (5.0, 7.0)
"""Longer than a lease is in these rounds (`tools.chaos.system`)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble: its kind, the task at whose start it comes, how long after it, how long it lasts, and more."""

    kind: str
    at: str
    after_s: float
    lasts_s: float
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All trouble of one round."""

    troubles: tuple[Trouble, ...]
    faults: tuple[dict[str, Any], ...]

    def kinds(self) -> set[str]:
        """The kinds of trouble."""
        return {one.kind for one in self.troubles} | {name_of(fault) for fault in self.faults}

    def as_json(self) -> dict[str, Any]:
        """For a person who looks into a broken round."""
        return {"troubles": [asdict(one) for one in self.troubles], "faults": list(self.faults)}


def name_of(fault: dict[str, Any]) -> str:
    """The kind of trouble that a fault is: where, and what."""
    where = "edye" if fault["service"] == "edye" else f"{fault['service']}.{fault['operation']}"
    is_trickle = 0 < fault.get("bytes_per_s", 0) < TRICKLE_BYTES_PER_S
    return f"{where}.{'trickle' if is_trickle else fault['kind']}"


def plan_of(seed: int, number: int) -> Plan:
    """The trouble of a round; over some ten rounds every kind comes."""
    chance = random.Random(f"{seed}:{number}")
    kinds = list(dict.fromkeys(_deal(KINDS, seed, number, TROUBLES_A_ROUND)))
    if {"clock_ahead", "clock_behind"} <= set(kinds):
        kinds.remove("clock_behind")  # one clock cannot be off both ways
    troubles = tuple(_trouble(kind, chance) for kind in kinds)
    return Plan(troubles, tuple(_fault(one, chance) for one in _deal(FAULTS, seed, number, FAULTS_A_ROUND)))


def _deal(deck: tuple[Any, ...], seed: int, number: int, count: int) -> list[Any]:
    """The round's part of an endless sequence of shuffled decks."""
    cards = []
    for place in range(number * count, (number + 1) * count):
        shuffled = random.Random(f"{seed}:{len(deck)}:{place // len(deck)}").sample(deck, len(deck))
        cards.append(shuffled[place % len(deck)])
    return cards


def _trouble(kind: str, chance: random.Random) -> Trouble:
    at = {
        "kill_triggerer": "batch.wait",
        "sleep_task": "batch.deliver",
        "scratch_full": "batch.check",
        "store_full": chance.choice(STORING),
        "ledger_locked": chance.choice(("plan_batches", "batch.deliver", "batch.wait", "batch.accept")),
    }.get(kind) or chance.choice(PATH)
    more: dict[str, Any] = {}
    if kind in ("scratch_full", "store_full"):
        more = {"room_bytes": 0 if kind == "scratch_full" else chance.choice((0, 100, 4096, 20_000))}
    if kind == "sleep_task":
        more = {"sleeps_s": chance.uniform(*SLEEPS_S)}
    if kind in ("clock_ahead", "clock_behind"):
        more = {"offset_s": 3600 if kind == "clock_ahead" else -3600}
    if kind == "ledger_locked":
        more = {"begin": chance.choice(("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"))}
    lasts_s = chance.uniform(1.0, 2.5) if kind == "ledger_locked" else chance.uniform(0.05, 0.6)
    return Trouble(kind, at, chance.uniform(0, TYPICAL_S.get(at, 0.05)), lasts_s, more)


def _fault(card: tuple[str, str, str], chance: random.Random) -> dict[str, Any]:
    service, operation, kind = card
    more: dict[str, Any] = {}
    if kind == "status":
        more["status"] = chance.choice(STATUSES)
        if more["status"] in (429, 503):
            more |= {"retry_after_s": chance.choice((0, 1, 2, 30)), "retry_after_date": chance.random() < 0.5}
    elif kind == "cut":
        more["after_bytes"] = chance.choice((0, 1, 200, 5_000, 100_000))
    elif kind == "slow":
        more = {"delay_s": chance.uniform(0.1, 0.6)}
        if operation in ("file", "ingest"):
            more["bytes_per_s"] = chance.choice((1_000_000, 4_000_000))
    elif kind == "trickle":
        kind, more = "slow", {"bytes_per_s": chance.choice((1, 20, 300))}
    elif kind == "error":
        more["code"] = chance.choice(("UNSUPPORTED_FORMAT", "METADATA_INCOMPLETE", "SIN_NOMBRE"))
    elif kind == "redirect":
        more["location"] = "http://127.0.0.1:9/elsewhere"
    nth, times = chance.choice((1, 1, 2, 3, 5)), chance.choice((1, 1, 2, 3, 6))
    if service == "edye":
        operation, nth = chance.choice(("showList", "episodeList")), 1
    if card[2] == "trickle":
        times = min(times, 2)  # each costs a whole deadline
    return {"service": service, "operation": operation, "kind": kind, "nth": nth, "times": times, **more}
