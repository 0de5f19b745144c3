"""The EDYE content API, by include/contracts/edye-api.yaml."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import bearer_token, fault_answer, json_answer, service_app
from sandbox.board import Board, Item
from sandbox.connection import call_of
from sandbox.moments import parse_rfc3339

TOKEN = "edye-sandbox-token"
FORBIDDEN_TOKEN = "edye-forbidden-token"
_DIGITS_MAX = 100
_PAGE_MAX = 10**15  # no list is that long, and every JSON reader can hold it
_MAX_PAGE_SIZE = 1000
_COMMON = frozenset({"page", "page_size", "updated_since", "updated_before", "tag", "geo", "lang"})


class _BadQuery(ValueError):
    """A query parameter that the contract does not know, or a value that it does not allow."""


class EdyeApi:
    """Serves the show list and the episode list of a board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def app(self) -> Starlette:
        """Return the two endpoints as one app."""
        return service_app([Route("/v1/shows", self._shows), Route("/v1/episodes", self._episodes)])

    async def _shows(self, request: Request) -> Response:
        return self._answer(request, "showList", "shows", _COMMON)

    async def _episodes(self, request: Request) -> Response:
        return self._answer(request, "episodeList", "episodes", _COMMON | {"show_id"})

    def _answer(self, request: Request, operation: str, key: str, known: frozenset[str]) -> Response:
        call = call_of(request.scope)
        call.operation = operation
        refusal = _refused_token(request)
        if refusal:
            return refusal
        planned = fault_answer(call.strike(operation))
        if planned:
            return planned
        try:
            return _page(self._board.listing(key), _single_values(request, known))
        except _BadQuery as exc:
            return json_answer({"error": str(exc)}, 400)


def _refused_token(request: Request) -> Response | None:
    token = bearer_token(request)
    if token == FORBIDDEN_TOKEN:
        return json_answer({"error": "this partner may not use this endpoint"}, 403)
    if token != TOKEN:
        return json_answer({"error": "no or wrong token"}, 401, {"www-authenticate": "Bearer"})
    return None


def _single_values(request: Request, known: frozenset[str]) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    for name, _value in pairs:
        if name not in known:
            raise _BadQuery(f"unsupported parameter {name!r}; this endpoint knows {', '.join(sorted(known))}")
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _BadQuery("a parameter is given twice")
    return values


def _page(items: list[Item], query: dict[str, str]) -> Response:
    page = _number(query, "page", 1, None)
    page_size = _number(query, "page_size", 100, _MAX_PAGE_SIZE)
    tests = _tests(query)
    found = [item for item in items if all(test(item) for test in tests)]
    if not found:
        return Response(status_code=204)
    start = (page - 1) * page_size
    return json_answer(
        {"page": page, "page_size": page_size, "total": len(found), "items": found[start : start + page_size]}
    )


def _number(query: dict[str, str], name: str, default: int, limit: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0
    if number < 1 or (limit and number > limit):
        raise _BadQuery(f"{name} must be a whole number from 1{f' to {limit}' if limit else ''}, not {text!r}")
    return min(number, _PAGE_MAX)


def _moment(query: dict[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        return parse_rfc3339(query[name])
    except ValueError as exc:
        raise _BadQuery(f"{name}: {exc}; a + in a query must be written %2B") from exc


def _tests(query: dict[str, str]) -> list[Callable[[Item], bool]]:
    since, before = _moment(query, "updated_since"), _moment(query, "updated_before")
    tests: list[Callable[[Item], bool]] = []
    if since is not None:
        tests.append(lambda item: parse_rfc3339(item["updated_at"]) >= since)
    if before is not None:
        tests.append(lambda item: parse_rfc3339(item["updated_at"]) < before)
    if "tag" in query:
        tests.append(lambda item: query["tag"] in item.get("tags", ()))
    if "geo" in query:
        # An empty list of countries means every country.
        tests.append(lambda item: not item.get("geo") or query["geo"] in item["geo"])
    if "lang" in query:
        tests.append(lambda item: query["lang"] in _languages(item))
    if "show_id" in query:
        tests.append(lambda item: item.get("show_id") == query["show_id"])
    return tests


def _languages(item: Item) -> list[Any]:
    return [item["lang"]] if item.get("lang") else list(item.get("titles") or ())
