"""Odd dates cost their own item, in words of the calendar; what can only mean one thing is taken for it."""

from datetime import UTC, date, datetime

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.parse import MalformedItem, parse_episode
from edye_delivery.catalog.title import Availability, Title
from edye_delivery.catalog.window import rfc3339
from tests.builders import an_episode, episode_item, the_annex

DAY, MOMENT = "a date is written like 2020-01-31", "a moment is written like 2026-03-01T06:00:00Z"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"release_date": "2020"}, f"release_date: '2020' is a year without month and day; {DAY}"),
        ({"release_date": 2020}, f"release_date: 2020 is a year without month and day; {DAY}"),
        ({"release_date": "1577836800"}, f"release_date: '1577836800' is a number, not a date; {DAY}"),
        ({"release_date": 0}, f"release_date: 0 is a number, not a date; {DAY}"),
        ({"release_date": 1577836800.0}, f"release_date: 1577836800.0 is a number, not a date; {DAY}"),
        ({"release_date": "2020-02-30"}, f"release_date: '2020-02-30' is no day of the calendar; {DAY}"),
        ({"release_date": "0000-00-00"}, f"release_date: '0000-00-00' is no day of the calendar; {DAY}"),
        ({"updated_at": "1577836800"}, f"updated_at: '1577836800' is a number, not a moment; {MOMENT}"),
        ({"updated_at": "+1577836800"}, f"updated_at: '+1577836800' is a number, not a moment; {MOMENT}"),
        ({"updated_at": 1577836800}, f"updated_at: 1577836800 is a number, not a moment; {MOMENT}"),
        ({"updated_at": "2026-03-01T12:00:00"}, f"updated_at: '2026-03-01T12:00:00' has no time zone; {MOMENT}"),
        ({"updated_at": "yesterday"}, f"updated_at: 'yesterday' is no moment of the calendar; {MOMENT}"),
        (
            {"availability": {"end": "2026-13-01T00:00:00Z"}},
            f"availability.end: '2026-13-01T00:00:00Z' is no moment of the calendar; {MOMENT}",
        ),
        (
            {"credits": [{"name": "Ana", "birth_date": "157766400"}]},
            f"credits.0.birth_date: '157766400' is a number, not a date; {DAY}",
        ),
        (
            {"updated_at": "9999-12-31T23:59:59-05:00"},
            "updated_at: the moment is outside the calendar, whose years in UTC are 1 to 9999",
        ),
    ],
    ids=str,
)
def test_an_odd_date_costs_its_item_in_words_of_the_calendar(changes, reason):
    parsed = parse_episode(episode_item(**changes))
    assert isinstance(parsed, MalformedItem), parsed
    assert parsed.reason == reason


@pytest.mark.parametrize("year", ["1975", 1975, " 1975 "])
def test_a_year_of_birth_is_no_day_of_birth_and_costs_nothing(year):
    title = an_episode(credits=[{"name": "Ana", "birth_date": year}, {"name": "Eva", "birth_date": "1980-02-29"}])
    assert [credit.birth_date for credit in title.credits] == [None, date(1980, 2, 29)]


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({"end": "9999-12-31T23:59:59-05:00"}, None, "9999-12-31T23:59:59Z"),
        ({"end": "9999-12-31T23:59:59Z"}, None, "9999-12-31T23:59:59Z"),
        ({"end": "9999-12-31T23:59:59+05:00"}, None, "9999-12-31T18:59:59Z"),
        ({"start": "0001-01-01T00:00:00+05:00"}, "0001-01-01T00:00:00Z", None),
    ],
    ids=str,
)
def test_a_licence_without_end_is_one_that_ends_with_the_calendar(given, start, end):
    availability = an_episode(availability=given).availability
    assert [at and rfc3339(at) for at in (availability.start, availability.end)] == [start, end]


def test_a_licence_without_end_is_planned_and_read_back_from_a_file():
    annex = the_annex(metadata={"until": {"field": "availability_end_at"}})
    plan = plan_of(annex, an_episode(availability={"end": "9999-12-31T23:59:59-05:00"}))
    assert plan.metadata["until"] == "9999-12-31T23:59:59Z"
    assert Title.model_validate_json(plan.title.model_dump_json()) == plan.title


def test_a_moment_keeps_its_own_time_zone():
    start = Availability.model_validate({"start": "2026-03-01T06:00:00-06:00"}).start
    assert start == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert start.isoformat() == "2026-03-01T06:00:00-06:00"
