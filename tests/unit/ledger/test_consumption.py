"""The sums of the consumption report are those that plain Python gives for the same calls, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert

from edye_delivery.catalog.api_call import LATENCY_BOUNDS_MS, latency_bucket
from edye_delivery.catalog.consumption import FullSync, HandedOut, Percentiles, PollSum
from edye_delivery.catalog.own_calls import OWN_USER, is_own
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.consumption import call_sums, down_minutes
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.hour_sums import percentiles_of, timeouts_of
from edye_delivery.ledger.polls import (
    handed_out,
    last_checkpoints,
    last_full_syncs,
    latest_errors,
    longest_silence_s,
    poll_sums,
)
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS
from tests.unit.pull_calls import NOON, PARTNER, a_call, add_calls, calls_every, random_calls

WINDOW = Window(NOON, NOON + timedelta(hours=3))
TIMEOUT_S = 1.0


@pytest.fixture
def asked(engine):
    """Asks a question about the partner, each time of the ledger as it is then."""

    def ask(question, *args):
        with snapshot(engine) as connection:
            found = question(connection, PARTNER, *args)
            return list(found) if isinstance(found, Iterator) else found

    return ask


def ranks_of(rows):
    times = sorted(row["milliseconds"] for row in rows)
    return Percentiles(*(times[-(-len(times) * percent // 100) - 1] for percent in (50, 95, 99)))


def grouped(rows, *names):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] or "" for name in names)].append(row)
    return groups


def sums_of(rows):
    return (
        len(rows),
        sum(row["bytes"] for row in rows),
        sum(row["items"] or 0 for row in rows),
        sum(row["milliseconds"] > 1000 * TIMEOUT_S for row in rows),
    )


def slot_of(row):
    return int(row["at"].timestamp()) // 3600 * 3600


@pytest.mark.parametrize("seed", [4, 5])
def test_sums_and_percentiles_are_those_of_plain_python(engine, asked, seed):
    rows = random_calls(seed, 900)
    add_calls(engine, [*rows, a_call(WINDOW.end_at), a_call(partner="another")])
    found = asked(call_sums, WINDOW, TIMEOUT_S)
    assert found.own_calls == len(rows) - len(of_partner(rows)) > 100
    rows = of_partner(rows)
    expected = {(*key, slot): sums_of(members) for key, members in with_slots(rows).items() for key, slot in [key]}
    assert {
        (one.endpoint, one.user, one.status, one.start_s): (one.calls, one.bytes, one.items, one.timeouts)
        for one in found.sums
    } == expected
    assert found.is_exact
    assert found.all_calls == ranks_of(rows)
    assert found.by_endpoint == {key: ranks_of(them) for key, them in grouped(rows, "endpoint", "user").items()}
    by_slot = defaultdict(list)
    for row in rows:
        by_slot[slot_of(row)].append(row)
    assert found.by_slot == {slot: ranks_of(them) for slot, them in by_slot.items()}


def of_partner(rows):
    return [row for row in rows if not is_own(row["user_agent"])]


def with_slots(rows):
    groups = defaultdict(list)
    for key, members in grouped(rows, "endpoint", "user", "status").items():
        for row in members:
            groups[key, slot_of(row)].append(row)
    return groups


def add_hours(engine, rows):
    """The hours' sums, as the writer of lines keeps them."""
    groups = with_slots([row | {"user": OWN_USER} if is_own(row["user_agent"]) else row for row in rows])
    values = []
    for (key, _), members in groups.items():
        latencies = [0] * (len(LATENCY_BOUNDS_MS) + 1)
        for row in members:
            latencies[latency_bucket(row["milliseconds"])] += 1
        calls, size, items, _ = sums_of(members)
        hour = members[0]["at"].replace(minute=0, second=0, microsecond=0)
        values.append(
            dict(zip(("endpoint", "user", "status"), key, strict=True))
            | {"partner": PARTNER, "hour": hour, "calls": calls, "bytes": size, "items": items, "latencies": latencies}
            | {"milliseconds": sum(row["milliseconds"] for row in members)}
        )
    with engine.begin() as connection:
        connection.execute(insert(API_CALL_HOURS), values)


def test_where_lines_are_gone_the_hours_give_the_same_counts_and_upper_bounds(engine, asked):
    rows = random_calls(6, 500)
    add_calls(engine, rows)
    add_hours(engine, rows)
    assert asked(call_sums, WINDOW, TIMEOUT_S).is_exact
    with engine.begin() as connection:
        connection.execute(delete(API_CALLS).where(API_CALLS.c.at < NOON + timedelta(minutes=5)))
    found = asked(call_sums, WINDOW, TIMEOUT_S)
    assert not found.is_exact
    assert found.own_calls == len(rows) - len(of_partner(rows))
    rows = of_partner(rows)
    counts = {(one.endpoint, one.user, one.status, one.start_s): (one.calls, one.bytes) for one in found.sums}
    assert counts == {(*key, slot): sums_of(them)[:2] for (key, slot), them in with_slots(rows).items()}
    assert sum(one.timeouts for one in found.sums) == sums_of(rows)[3]
    exact = ranks_of(rows)
    for name in ("p50_ms", "p95_ms", "p99_ms"):
        bound = LATENCY_BOUNDS_MS[min(latency_bucket(getattr(exact, name)), len(LATENCY_BOUNDS_MS) - 1)]
        assert getattr(found.all_calls, name) == bound


def test_a_histogram_without_calls_has_no_percentiles_and_a_timeout_counts_whole_steps():
    assert percentiles_of([0] * 12) is None
    assert timeouts_of([1] * 12, 10) == 1
    assert timeouts_of([1] * 12, 5) == 2


def test_an_empty_window_has_no_sums(asked):
    found = asked(call_sums, WINDOW, TIMEOUT_S)
    assert (found.sums, found.all_calls, found.by_slot) == ((), None, {})
    assert asked(longest_silence_s, WINDOW) == 3 * 3600
    assert asked(poll_sums, WINDOW) == []


def test_a_minute_is_down_where_no_call_was_answered(engine, asked):
    add_calls(engine, calls_every(20, NOON, 3, status=503) + calls_every(20, NOON + timedelta(minutes=1), 2))
    add_calls(engine, [a_call(NOON + timedelta(minutes=1, seconds=50), status=500)])
    add_calls(engine, [a_call(NOON + timedelta(minutes=2), milliseconds=1000 * TIMEOUT_S + 1)])
    add_calls(engine, [a_call(NOON + timedelta(minutes=3), status=429)])
    assert asked(down_minutes, WINDOW, TIMEOUT_S) == [NOON, NOON + timedelta(minutes=2)]


def test_the_longest_silence_counts_the_window_s_ends_and_not_our_own_calls(engine, asked):
    add_calls(engine, [a_call(NOON + timedelta(minutes=minutes)) for minutes in (70, 100, 130)])
    add_calls(engine, [a_call(NOON + timedelta(minutes=30), user_agent="edye-delivery/1 (exposure check)")])
    assert asked(longest_silence_s, WINDOW) == 70 * 60
    add_calls(engine, [a_call(NOON + timedelta(minutes=1, microseconds=1))])
    assert asked(longest_silence_s, WINDOW) == pytest.approx(69 * 60)


def test_a_poll_is_a_first_page_or_a_delta_and_no_further_page(engine, asked):
    queries = ["", None, "page=1&page_size=10", "updated_since=2026-03-01", "page_size=1&tag=kids"]
    further = ["cursor=abc", "page=2", "page=11&page_size=5", "cursor=abc&tag=kids&updated_since=2026-03-01"]
    rows = [a_call(NOON + timedelta(seconds=place), query=query) for place, query in enumerate([*queries, *further])]
    rows += [a_call(query="cursor=abc", checkpoint_generation=6, status=304), a_call(status=401), a_call(status=500)]
    rows += [
        a_call(endpoint="show"),
        a_call(endpoint="feed", user=None),
        a_call(user_agent="edye-delivery/2 (exposure check)"),
    ]
    add_calls(engine, rows)
    assert asked(poll_sums, WINDOW) == [PollSum("feed", "", 1), PollSum("showList", "reader", 6)]


def test_the_last_checkpoint_of_each_user_and_list(engine, asked):
    for minutes, generation in ((0, 3), (2, 5), (1, 4)):
        at = NOON + timedelta(minutes=minutes)
        add_calls(engine, [a_call(at, checkpoint_generation=generation), a_call(at)])
    add_calls(engine, [a_call(endpoint="feed", user="other", checkpoint_generation=1, status=304)])
    found = asked(last_checkpoints, WINDOW.end_at)
    assert [(one.endpoint, one.user, one.checkpoint_generation) for one in found] == [
        ("feed", "other", 1),
        ("showList", "reader", 5),
    ]
    assert asked(last_checkpoints, NOON) == []


def test_the_last_full_sync_has_its_pages_and_no_later_delta(engine, asked):
    old = [a_call(NOON - timedelta(hours=1), generation=6)]
    pages = [a_call(NOON + timedelta(minutes=place), query="cursor=a" if place else "", items=5) for place in range(3)]
    later = [a_call(NOON + timedelta(minutes=9), query="cursor=c", checkpoint_generation=7, items=1)]
    filtered = [a_call(NOON + timedelta(minutes=12), query="tag=kids")]
    filtered += [a_call(NOON + timedelta(minutes=1, seconds=1), query="cursor=d&tag=kids", items=5)]
    add_calls(engine, old + pages + later + filtered)
    assert asked(last_full_syncs, WINDOW.end_at) == [
        FullSync("showList", "reader", NOON, NOON + timedelta(minutes=2), 7, 3, 15)
    ]


def test_what_was_handed_out_has_no_filtered_call_and_no_garbage(engine, asked):
    span = {"first_item": "1700:a", "last_item": "1800:b:c"}
    rows = [a_call(**span), a_call(**span), a_call(**span, checkpoint_generation=3, items=9)]
    rows += [a_call(**span, query=f"{name}=x") for name in ("tag", "geo", "lang", "show_id", "season_number")]
    rows += [a_call(**span, query="cursor=c&updated_since=2026", items=4), a_call(**span, query="cursor=c&tag=x")]
    rows += [a_call(**span, status=304), a_call(first_item="x:a", last_item="y"), a_call(endpoint="health", **span)]
    rows += [a_call(endpoint="media", first_item="1750:m", last_item="1750:m", items=None), a_call(NOON, items=0)]
    rows += [a_call(**span, user_agent="edye-delivery/1 (exposure check)", endpoint="feed")]
    add_calls(engine, rows)
    found = sorted(asked(handed_out, WINDOW.end_at), key=lambda one: (one.list, one.is_delta))
    ends = ((1700, "a"), (1800, "b:c"))
    assert found == [
        HandedOut("entries", (1750, "m"), (1750, "m"), 1, is_delta=False),
        HandedOut("shows", *ends, 2, is_delta=False),
        HandedOut("shows", *ends, 9, is_delta=True),
    ]


def test_the_latest_errors_are_the_newest_twenty(engine, asked):
    rows = random_calls(7, 200)
    add_calls(engine, rows)
    failed = [row for row in of_partner(rows) if row["status"] >= 400]
    newest = sorted(failed, key=lambda row: row["at"], reverse=True)[:20]
    found = asked(latest_errors, WINDOW)
    assert [(one.at, one.status, one.request_id) for one in found] == [
        (row["at"], row["status"], row["request_id"]) for row in newest
    ]
