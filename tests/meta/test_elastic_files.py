"""What is put into Elasticsearch and Kibana: every field of an event has its mapping, every panel its fields."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edye_delivery.catalog.api_call import CallLine
from edye_delivery.catalog.event import Event, Outcome, as_ecs

FOLDER = Path(__file__).parents[2] / "include" / "elastic"
TEMPLATE = json.loads((FOLDER / "index_template.json").read_text(encoding="utf-8"))
FIELDS = set(TEMPLATE["template"]["mappings"]["properties"])
OBJECTS = [json.loads(line) for line in (FOLDER / "dashboard.ndjson").read_text(encoding="utf-8").splitlines()]
FULL = Event(
    id=7, at=datetime(2026, 3, 2, tzinfo=UTC), action="fail", outcome=Outcome.FAILURE, partner="a", client_id="b",
    external_id="c", delivery_key="d", run_id="e", state="failed", detail="f", seconds=1.0, http_status=500,
    error_code="g", cause="transient", owner="DevOps", attempt=1, tracking_id="h", request_id="i",
)  # fmt: skip

CALL = CallLine(
    id="j", at=FULL.at, level="error", endpoint="showList", status=503, milliseconds=1.0, bytes=1, request_id="k",
    partner="a", user="l", items=1, generation=7, checkpoint_generation=6, first_item="m", last_item="n", query="o",
    message="p", geo="mx", user_agent="q",
)  # fmt: skip


def fields_of(query: str) -> set[str]:
    return set(re.findall(r"([\w.@]+):", query))


def test_every_field_of_an_event_and_of_a_call_has_a_mapping_and_no_mapping_is_of_no_field():
    assert {*as_ecs(FULL), "message", *CALL.as_ecs()} == FIELDS


def test_steps_and_calls_are_told_apart_by_their_dataset():
    assert as_ecs(FULL)["event.dataset"] == "ingestalogs.edye"
    assert CALL.as_ecs()["event.dataset"] == "ingestalogs.api"


def test_the_template_makes_data_streams_and_names_the_lifecycle_that_is_put_with_it():
    assert TEMPLATE["data_stream"] == {}
    assert TEMPLATE["template"]["settings"]["index.lifecycle.name"] == "ingestalogs"
    assert set(json.loads((FOLDER / "lifecycle.json").read_text())["phases"]) == {"hot", "warm", "delete"}


@pytest.mark.parametrize("saved", OBJECTS, ids=lambda saved: saved["id"])
def test_a_saved_object_refers_to_objects_that_are_there_and_asks_for_fields_that_are_mapped(saved):
    known = {(each["type"], each["id"]) for each in OBJECTS}
    assert {(reference["type"], reference["id"]) for reference in saved["references"]} <= known
    source = json.loads(saved["attributes"].get("kibanaSavedObjectMeta", {}).get("searchSourceJSON", "{}"))
    asked = fields_of(source.get("query", {}).get("query", "")) | set(saved["attributes"].get("columns", ()))
    for aggregation in json.loads(saved["attributes"].get("visState", '{"aggs": []}'))["aggs"]:
        asked |= {aggregation["params"]["field"]} if "field" in aggregation["params"] else set()
    assert asked <= FIELDS


def test_the_dashboard_shows_every_search_and_chart_and_no_two_panels_overlap():
    board = next(saved for saved in OBJECTS if saved["type"] == "dashboard")
    shown = {reference["id"] for reference in board["references"]}
    assert shown == {saved["id"] for saved in OBJECTS if saved["type"] in ("search", "visualization")}
    panels = json.loads(board["attributes"]["panelsJSON"])
    names = {f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels}
    assert names == {reference["name"] for reference in board["references"]}
    cells = [
        (x, y)
        for grid in (panel["gridData"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 48
