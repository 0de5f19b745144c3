"""The admin service: journal, fault plan, accepted contents, partner's clock and served catalogue, for tests."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import json_answer, service_app
from sandbox.board import Board, CatalogueError
from sandbox.clock import Clock
from sandbox.faults import FaultPlan, FaultPlanError, parse_faults
from sandbox.ftp_poller import FtpPoller
from sandbox.ingests import IngestBook
from sandbox.journal import Journal
from sandbox.jw_player import JwPlayer


class AdminApi:
    """What a test may ask and change while the sandbox runs."""

    def __init__(
        self,
        journal: Journal,
        plan: FaultPlan,
        book: IngestBook,
        board: Board,
        ftp_poller: FtpPoller,
        clock: Clock,
        jw: JwPlayer,
    ) -> None:
        self._journal, self._plan, self._book, self._board = journal, plan, book, board
        self._ftp_poller, self._clock, self._jw = ftp_poller, clock, jw

    def app(self) -> Starlette:
        """Return the admin endpoints as one app."""
        return service_app(
            [
                Route("/health", self._health),
                Route("/journal", self._journal_calls, methods=["GET", "DELETE"]),
                Route("/faults", self._faults, methods=["GET", "POST", "PUT", "DELETE"]),
                Route("/reset", self._reset, methods=["POST"]),
                Route("/contents", self._contents),
                Route("/contents/stuck", self._stuck, methods=["DELETE"]),
                Route("/clock", self._clock_offset, methods=["GET", "PUT"]),
                Route("/ftp/contents", self._ftp_contents),
                Route("/catalogue", self._catalogue, methods=["GET", "PUT"]),
                Route("/catalogue/items/{item_id:path}", self._item, methods=["PATCH"]),
                Route("/jw/media/{media_id}", self._jw_media, methods=["PATCH", "DELETE"]),
            ]
        )

    async def _health(self, _request: Request) -> Response:
        return json_answer({"status": "ok"})

    async def _journal_calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._journal.clear()
            return Response(status_code=204)
        try:
            return json_answer(self._journal.entries(**dict(request.query_params)))
        except ValueError as exc:
            raise HTTPException(400, str(exc)) from exc

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._plan.replace([])
        elif request.method in ("POST", "PUT"):
            change = self._plan.append if request.method == "POST" else self._plan.replace
            try:
                change(parse_faults(await _json(request)))
            except FaultPlanError as exc:
                raise HTTPException(400, str(exc)) from exc
        return json_answer(self._plan.listing())

    async def _reset(self, _request: Request) -> Response:
        self._book.clear()
        await run_in_threadpool(self._ftp_poller.clear)  # waits for the poller's round
        self._journal.clear()
        return Response(status_code=204)

    async def _contents(self, _request: Request) -> Response:
        return json_answer(self._book.contents())

    async def _stuck(self, _request: Request) -> Response:
        self._book.release_stuck()
        return Response(status_code=204)

    async def _clock_offset(self, request: Request) -> Response:
        if request.method == "PUT":
            content = await _json(request)
            offset_s = content.get("offset_s") if isinstance(content, dict) else None
            if not isinstance(offset_s, int | float) or isinstance(offset_s, bool) or set(content) != {"offset_s"}:
                raise HTTPException(400, 'the partner\'s clock is moved by {"offset_s": seconds}')
            self._clock.offset_s = float(offset_s)
        return json_answer({"offset_s": self._clock.offset_s})

    async def _ftp_contents(self, _request: Request) -> Response:
        return json_answer(self._ftp_poller.contents())

    async def _catalogue(self, request: Request) -> Response:
        if request.method == "PUT":
            content = await _json(request)
            if not isinstance(content, dict) or set(content) != {"shows", "episodes"}:
                raise HTTPException(400, 'a catalogue is {"shows": [...], "episodes": [...]}')
            try:
                self._board.replace(content["shows"], content["episodes"])
            except (CatalogueError, TypeError) as exc:
                raise HTTPException(400, str(exc)) from exc
        return json_answer({key: self._board.listing(key) for key in ("shows", "episodes")})

    async def _item(self, request: Request) -> Response:
        item_id = request.path_params["item_id"]
        changes = await _json(request)
        if not isinstance(changes, dict):
            raise HTTPException(400, "the changes of an item are one JSON object")
        try:
            merged = self._board.merge(item_id, changes)
        except CatalogueError as exc:
            raise HTTPException(400, str(exc)) from exc
        if merged is None:
            raise HTTPException(404, f"no item has the id {item_id!r}; GET /catalogue lists them")
        return json_answer(merged)

    async def _jw_media(self, request: Request) -> Response:
        media_id, library = request.path_params["media_id"], self._jw.library
        if request.method == "DELETE":
            is_known = library.delete(media_id)
        else:
            changes = await _json(request)
            if not isinstance(changes, dict) or not isinstance(changes.get("metadata", {}), dict):
                raise HTTPException(400, "the changes of a media are one JSON object")
            is_known = library.change(media_id, changes)
        if not is_known:
            raise HTTPException(404, f"JW Player has no media {media_id!r}")
        return Response(status_code=204)


async def _json(request: Request) -> Any:
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as exc:
        raise HTTPException(400, f"the body is not JSON: {exc}") from exc
