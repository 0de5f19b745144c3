"""The media and image host: files with Range, ETag and HEAD, streamed in blocks."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.answers import fault_answer, service_app
from sandbox.connection import call_of
from sandbox.media.shelf import Stored

_BLOCK_BYTES = 1 << 20
_CONTENT_TYPES = {
    "mp4": "video/mp4",
    "jpg": "image/jpeg",
    "png": "image/png",
    "vtt": "text/vtt",
    "m3u8": "application/vnd.apple.mpegurl",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Span:
    """The bytes [start, end) of a file."""

    start: int
    end: int


class MediaHost:
    """Serves the files of a map from path to stored file; the map may be exchanged while serving."""

    def __init__(self, files: Mapping[str, Stored]) -> None:
        self.files = files

    def app(self) -> Starlette:
        """Return the host as an app."""
        return service_app([Route("/{path:path}", self._file, methods=["GET", "HEAD"])])

    async def _file(self, request: Request) -> Response:
        planned = fault_answer(call_of(request.scope).strike("file"))
        if planned:
            return planned
        stored = self.files.get(request.url.path)
        if stored is None:
            raise HTTPException(404, f"no file at {request.url.path}")
        return _answer(request, stored)


def _answer(request: Request, stored: Stored) -> Response:
    etag = f'"{stored.sha256}"'
    suffix = request.url.path.rsplit(".", 1)[-1]
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "content-type": _CONTENT_TYPES.get(suffix, "application/octet-stream"),
    }
    if "if-match" in request.headers and not _names(request.headers["if-match"], etag):
        return Response(status_code=412, headers=headers)
    if "if-none-match" in request.headers and _names(request.headers["if-none-match"], etag, weak=True):
        return Response(status_code=304, headers=headers)
    span = _asked(request, stored, etag)
    if span is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{stored.size_bytes}"})
    status = 200
    if span != _Span(0, stored.size_bytes) or _has_range(request, etag):
        status = 206
        headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{stored.size_bytes}"
    headers["content-length"] = str(span.end - span.start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return _Blocks(stored, span, status, headers)


def _names(header: str, etag: str, *, weak: bool = False) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags


def _has_range(request: Request, etag: str) -> bool:
    """Tell whether the call asks for one range that this host honours; anything else gets the whole file."""
    if request.method != "GET" or request.headers.get("if-range", etag) != etag:
        return False
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or match.group(0) == "bytes=-":
        return False
    first, last = match.groups()
    return not (first and last and int(last) < int(first))


def _asked(request: Request, stored: Stored, etag: str) -> _Span | None:
    """Return the bytes to send, or None where the range lies outside the file."""
    size = stored.size_bytes
    if not _has_range(request, etag):
        return _Span(0, size)
    match = _RANGE.fullmatch(request.headers["range"])
    first, last = match.groups() if match else ("", "")
    if not first:
        return _Span(max(0, size - int(last)), size) if int(last) and size else None
    start = int(first)
    return _Span(start, min(int(last) + 1 if last else size, size)) if start < size else None


class _Blocks(Response):
    """An answer whose body is a span of a file, read and sent block by block."""

    def __init__(self, stored: Stored, span: _Span, status: int, headers: dict[str, str]) -> None:
        self._stored, self._span = stored, span
        super().__init__(status_code=status, headers=headers)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        descriptor = os.open(self._stored.path, os.O_RDONLY)
        try:
            at, end = self._span.start, self._span.end
            while at < end:
                block = await asyncio.to_thread(os.pread, descriptor, min(_BLOCK_BYTES, end - at), at)
                at += len(block) or end
                await send({"type": "http.response.body", "body": block, "more_body": at < end})
        finally:
            os.close(descriptor)
        if self._span.start == self._span.end:
            await send({"type": "http.response.body", "body": b""})
