"""include/elastic/dashboard.ndjson: the trail's Kibana dashboard as saved objects, for Kibana 8.8 and later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

DATA_VIEW = "ingestalogs"
CORE_VERSION = "8.8.0"
TYPE_VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "visualization": "8.5.0", "dashboard": "8.9.0"}
STEPS = 'event.dataset: "ingestalogs.edye"'
CALLS = 'event.dataset: "ingestalogs.api"'
FAILURES = f"{STEPS} and event.outcome: failure"
ERROR_COLUMNS = (
    "partner", "external_id", "event.action", "cause", "owner", "http.response.status_code", "error.code",
    "error.message", "tracking_id", "http.request.id", "run_id",
)  # fmt: skip
CALL_COLUMNS = (
    "log.level", "partner", "user.name", "event.action", "http.response.status_code", "error.message",
    "client.geo.country_iso_code", "http.request.id",
)  # fmt: skip
ANSWERED = f"{STEPS} and http.response.status_code: *"
IN_A_ROW_COLUMNS = ("event.action", "partner", "client_id", "external_id", "cause", "error.message", "message")
IN_A_ROW = 'event.action: ("errors began" or "errors ended")'
TIMED = "event.action: (check or receive or retry or observe or accept)"
Json = dict[str, Any]


def document(command: str) -> str:
    """All saved objects, one a line: the dashboard, the data view, its searches and charts."""
    panels = [
        (_chart("errors", "Errors by partner and cause", "table", FAILURES, _count(), _terms("partner"),
                _terms("cause")),
         (0, 0, 20, 14)),
        (_chart("errors-over-time", "Errors by cause over time", "histogram", FAILURES, _count(), *_over_time("cause")),
         (20, 0, 28, 14)),
        (_chart("latency", "Seconds by step: median and 95th percentile", "line", TIMED, _percentiles(),
                *_over_time("event.action")),
         (0, 14, 28, 14)),
        (_chart("calls", "Partner's answers by status code over time", "histogram", ANSWERED, _count(),
                *_over_time("http.response.status_code")),
         (28, 14, 20, 14)),
        (_search("errors-in-a-row", "Errors in a row began or ended", IN_A_ROW, IN_A_ROW_COLUMNS), (0, 28, 48, 10)),
        (_search("latest-errors", "Latest errors", FAILURES, ERROR_COLUMNS), (0, 38, 48, 20)),
        (_chart("api-calls", "Calls of the delivery API by response code over time", "histogram", CALLS, _count(),
                *_over_time("http.response.status_code")),
         (0, 58, 24, 14)),
        (_chart("api-latency", "Seconds of a call of the delivery API: median and 95th percentile", "line", CALLS,
                _percentiles(), *_over_time("event.action")),
         (24, 58, 24, 14)),
        (_search("api-errors", "Latest errors of the delivery API", f"{CALLS} and event.outcome: failure",
                 CALL_COLUMNS),
         (0, 72, 48, 20)),
    ]  # fmt: skip
    objects = [_board(panels, command), _data_view(), *(panel for panel, _ in panels)]
    return "".join(json.dumps(each, sort_keys=True) + "\n" for each in objects)


def _data_view() -> Json:
    seconds = {"id": "duration", "params": {"inputFormat": "nanoseconds", "outputFormat": "asSeconds"}}
    attributes = {
        "name": "IngestaLogs",
        "title": "ingestalogs-*",
        "timeFieldName": "@timestamp",
        "fieldFormatMap": json.dumps({"event.duration": seconds}),
    }
    return _saved("index-pattern", DATA_VIEW, attributes, [])


def _chart(name: str, title: str, kind: str, query: str, *aggregations: Json) -> Json:
    numbered = [{"id": str(number), "enabled": True, **each} for number, each in enumerate(aggregations, start=1)]
    state = {"title": title, "type": kind, "params": _looks(kind), "aggs": numbered}
    attributes = {"title": title, "visState": json.dumps(state), "uiStateJSON": "{}", "description": ""}
    return _over_data_view("visualization", name, attributes, query)


def _search(name: str, title: str, query: str, columns: Sequence[str]) -> Json:
    attributes = {"title": title, "columns": list(columns), "sort": [["@timestamp", "desc"]], "description": ""}
    return _over_data_view("search", name, attributes, query)


def _over_data_view(kind: str, name: str, attributes: Json, query: str) -> Json:
    place = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": {"query": query, "language": "kuery"}, "filter": [], "indexRefName": place}
    meta = {"searchSourceJSON": json.dumps(source)}
    reference = {"id": DATA_VIEW, "name": place, "type": "index-pattern"}
    return _saved(kind, f"ingestalogs-{name}", attributes | {"kibanaSavedObjectMeta": meta}, [reference])


def _board(panels: Sequence[tuple[Json, tuple[int, int, int, int]]], command: str) -> Json:
    shown, references = [], []
    for number, (panel, (x, y, width, height)) in enumerate(panels, start=1):
        grid = {"x": x, "y": y, "w": width, "h": height, "i": str(number)}
        shown.append(
            {
                "type": panel["type"],
                "gridData": grid,
                "panelIndex": str(number),
                "embeddableConfig": {"enhancements": {}},
                "panelRefName": f"panel_{number}",
            }
        )
        references.append({"id": panel["id"], "name": f"{number}:panel_{number}", "type": panel["type"]})
    attributes = {
        "title": "IngestaLogs: deliveries to partners",
        "description": "Errors by cause, latency, errors in a row, latest errors. "
        f"Generated from the project by `{command}`.",
        "panelsJSON": json.dumps(shown),
        "optionsJSON": json.dumps({"useMargins": True}),
        "timeRestore": True,
        "timeFrom": "now-7d",
        "timeTo": "now",
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
    }
    return _saved("dashboard", "ingestalogs-deliveries", attributes, references)


def _saved(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    versions = {"coreMigrationVersion": CORE_VERSION, "typeMigrationVersion": TYPE_VERSIONS[kind]}
    return {"id": name, "type": kind, "attributes": attributes, "references": references, **versions}


def _count() -> Json:
    return {"type": "count", "schema": "metric", "params": {}}


def _percentiles() -> Json:
    return {"type": "percentiles", "schema": "metric", "params": {"field": "event.duration", "percents": [50, 95]}}


def _terms(field: str, schema: str = "bucket") -> Json:
    params = {"field": field, "orderBy": "_key", "order": "asc", "size": 20, "missingBucket": True}
    return {"type": "terms", "schema": schema, "params": params}


def _over_time(field: str) -> tuple[Json, Json]:
    params = {"field": "@timestamp", "interval": "auto", "min_doc_count": 1, "useNormalizedEsInterval": True}
    return {"type": "date_histogram", "schema": "segment", "params": params}, _terms(field, "group")


def _looks(kind: str) -> Json:
    if kind == "table":
        return {"perPage": 20, "showTotal": True, "totalFunc": "sum", "showPartialRows": False}
    axis = {"id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": True}
    values = {"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": True}
    series = {
        "show": True,
        "type": kind,
        "mode": "stacked" if kind == "histogram" else "normal",
        "data": {"id": "1", "label": "Count"},
        "valueAxis": "ValueAxis-1",
    }
    return {
        "type": kind,
        "addTooltip": True,
        "addLegend": True,
        "legendPosition": "right",
        "categoryAxes": [axis],
        "valueAxes": [values],
        "seriesParams": [series],
    }
