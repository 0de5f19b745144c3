"""What the catalogue may say of a title: the edge refuses it, or both databases take it beside its neighbour."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.parse import MalformedItem, parse_show
from edye_delivery.catalog.title import Title
from edye_delivery.ledger.ledger import Ledger
from tests.builders import a_movie, show_item, the_annex

ANNEX = the_annex()
SOURCE = {"file": "http://media.example/a.mp4", "type": "video/mp4"}
HOSTILE: dict[str, dict[str, Any]] = {
    "NUL in a text": {"titles": {"es": "Co\0meta"}},
    "NUL in the id": {"id": "m\0"},
    "half a character": {"titles": {"es": "\ud800"}},
    "a backslash before what looks like NUL": {"titles": {"es": "\\u0000"}},
    "a language without end": {"lang": "e" * 100},
    "a season of 30 digits": {"season_number": "9" * 30},
    "a season beyond 64 bits": {"season_number": 2**70},
    "a season as a float": {"season_number": 1e300},
    "no number": {"duration_ms": float("nan")},
    "infinity": {"duration_ms": float("inf")},
    "a file of 30 digits": {"sources": [SOURCE | {"filesize": "9" * 30}]},
    "a picture of 30 digits": {"images": [{"kind": "poster", "url": "http://a/b", "width": "9" * 30}]},
    "a moment after the calendar": {"updated_at": "9999-12-31T23:59:59-23:00"},
    "a moment before the calendar": {"updated_at": "0001-01-01T00:00:00+23:00"},
    "the last day": {"release_date": "9999-12-31", "updated_at": "9999-12-31T23:59:59Z"},
    "words without end": {"titles": {"es": "a" * 2_000_000}},
    "a bidi override": {"titles": {"es": "\u202eateC"}},
    "an id that is a list": {"id": [[["m"]]]},
    "numbers as words": {"duration_ms": "four"},
}


def item(**changes: Any) -> dict[str, Any]:
    plain = {"id": "m-1", "kind": "movie", "title_id": "EDYE_MOV_1", "lang": "es", "sources": [SOURCE]}
    return show_item(**plain | changes)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_title_is_refused_at_the_edge_or_kept_beside_its_neighbour(ledger: Ledger, name: str) -> None:
    parsed = parse_show(item(**HOSTILE[name]))
    neighbour = plan_of(ANNEX, a_movie())
    if isinstance(parsed, MalformedItem):
        assert parsed.reason
        orjson.dumps(parsed.model_dump(mode="json"))
        return
    assert isinstance(parsed, Title)
    plan = plan_of(ANNEX, parsed)
    ledger.plan(ANNEX.partner, "run-1", [neighbour, plan])
    assert Title.model_validate_json(orjson.dumps(parsed.model_dump(mode="json"))) == parsed
    assert len(ledger.deliveries([neighbour.delivery_key, plan.delivery_key])) == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NUL in a text", "NUL character"),
        ("NUL in the id", "NUL character"),
        ("half a character", "surrogates"),
        ("a language without end", "lang: 100 characters"),
        ("a season of 30 digits", "a number is beyond"),
        ("a file of 30 digits", "a number is beyond"),
        ("a picture of 30 digits", "a number is beyond"),
        ("a moment after the calendar", "outside the calendar"),
        ("a moment before the calendar", "outside the calendar"),
    ],
)
def test_the_edge_says_what_no_later_step_could_write_down(name: str, reason: str) -> None:
    parsed = parse_show(item(**HOSTILE[name]))
    assert isinstance(parsed, MalformedItem)
    assert reason in parsed.reason


def test_a_text_that_only_spells_nul_is_taken() -> None:
    assert isinstance(parse_show(item(**HOSTILE["a backslash before what looks like NUL"])), Title)
