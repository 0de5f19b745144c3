"""Which exposed titles were handed out: by the spans of calls, beside plain Python."""

from __future__ import annotations

import csv
import random

import pytest

from edye_delivery.catalog.consumption import ExposedTitle, HandedOut
from edye_delivery.reports.consumption.fetched import NAMED_MAX, HandedTitles
from edye_delivery.reports.consumption.table import write_not_fetched

TITLES = tuple(ExposedTitle("shows", name, moment) for moment, name in ((1, "b"), (2, "a"), (2, "b"), (3, "a")))
GONE = ExposedTitle("shows", "x", 2, is_removed=True)


def fetched_of(titles, spans):
    return HandedTitles(lambda: iter(titles)).mark(spans)


def span(first, last, items=9, *, name="shows", is_delta=False):
    return HandedOut(name, first, last, items, is_delta)


def missing_of(titles, *spans):
    return [(one.updated_at_ms, one.item_id) for one in fetched_of(titles, spans).not_fetched]


def test_without_a_call_every_title_is_named():
    found = fetched_of(TITLES, ())
    assert (found.exposed, found.handed_out, found.not_fetched) == (4, 0, TITLES)


def test_a_span_has_both_its_ends():
    assert missing_of(TITLES, span((1, "b"), (2, "a"))) == [(2, "b"), (3, "a")]
    assert missing_of(TITLES, span((2, "b"), (2, "b"))) == [(1, "b"), (2, "a"), (3, "a")]


def test_each_title_is_either_fetched_or_not():
    titles = HandedTitles(lambda: iter([*TITLES, GONE]))
    titles.mark([span((1, "b"), (2, "a"))])
    assert (tuple(titles.fetched_titles()), tuple(titles.unfetched_titles())) == (TITLES[:2], TITLES[2:])


def test_a_title_that_changed_since_is_not_fetched_as_it_is_now():
    changed = ExposedTitle("shows", "b", 9)
    assert missing_of([changed], span((1, "a"), (8, "z"))) == [(9, "b")]


def test_a_call_of_another_list_hands_out_nothing_of_this_one():
    assert len(missing_of(TITLES, span((0, ""), (9, "z"), name="entries"))) == 4


def test_a_page_with_fewer_items_than_are_in_its_span_was_filtered_and_does_not_count():
    assert len(missing_of(TITLES, span((1, "b"), (3, "a"), 3))) == 4
    assert missing_of(TITLES, span((1, "b"), (3, "a"), 4)) == []


def test_only_a_delta_hands_out_tombstones():
    whole = fetched_of([*TITLES, GONE], [span((1, "b"), (3, "a"), 4)])
    assert (whole.handed_out, whole.tombstones, whole.tombstones_handed_out) == (4, 1, 0)
    delta = fetched_of([*TITLES, GONE], [span((1, "b"), (3, "a"), 5, is_delta=True)])
    assert (delta.handed_out, delta.tombstones_handed_out) == (4, 1)


def test_of_very_many_titles_a_thousand_are_named_and_all_are_counted():
    many = [ExposedTitle("entries", f"e{number}", number) for number in range(NAMED_MAX + 50)]
    found = fetched_of(many, [span((0, ""), (9, "z"), 10, name="entries")])
    assert (found.exposed, found.handed_out) == (NAMED_MAX + 50, 10)
    assert found.not_fetched == tuple(many[10 : NAMED_MAX + 10])


def test_all_that_were_not_fetched_are_named_in_a_file_that_is_safe_to_open(tmp_path):
    many = [ExposedTitle("entries", f"e{number:04}", number, "=cmd", "A film") for number in range(NAMED_MAX + 50)]
    titles, path = HandedTitles(lambda: iter([*many, GONE])), tmp_path / "not_fetched.csv"
    titles.mark([span((0, ""), (9, "z"), 10, name="entries")])
    write_not_fetched(path, "shelf", titles.unfetched_titles())
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["partner", "list", "item_id", "external_id", "title", "updated_at"]
    assert [row[2] for row in rows[1:]] == [one.item_id for one in many[10:]]
    assert rows[1][3:] == ["'=cmd", "A film", "1970-01-01T00:00:00.010000Z"]


def test_where_all_were_fetched_titles_are_not_read_again():
    reads = []
    titles = HandedTitles(lambda: reads.append(1) or iter(TITLES))
    assert titles.mark([span((0, ""), (9, "z"))]).not_fetched == ()
    assert len(reads) == 1


@pytest.mark.parametrize("seed", range(20))
def test_any_spans_in_any_order_give_what_plain_python_gives(seed):
    chance = random.Random(seed)
    titles = [
        ExposedTitle(
            chance.choice(["shows", "episodes"]), f"i{number}", chance.randrange(50), is_removed=number % 7 == 0
        )
        for number in range(120)
    ]
    spans = []
    for _ in range(chance.randrange(12)):
        first, last = sorted((chance.randrange(50), f"i{chance.randrange(120)}") for _ in range(2))
        spans.append(span(first, last, chance.randrange(40), name="shows", is_delta=chance.random() < 0.5))
    told = set()
    for one in spans:
        inside = [
            title
            for title in titles
            if title.list == one.list
            and one.first <= (title.updated_at_ms, title.item_id) <= one.last
            and (one.is_delta or not title.is_removed)
        ]
        if len(inside) <= one.items:
            told |= {title.item_id for title in inside}
    found = fetched_of(titles, spans)
    live = [title for title in titles if not title.is_removed]
    assert {title.item_id for title in found.not_fetched} == {one.item_id for one in live if one.item_id not in told}
    assert found.handed_out == sum(title.item_id in told for title in live)
    assert found.tombstones_handed_out == sum(title.item_id in told for title in titles if title.is_removed)
