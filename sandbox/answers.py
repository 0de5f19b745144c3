"""Answers that several services of the sandbox give."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import Fault

_NESTED_GZIP_MIB = 64
_MIB = 1024 * 1024
_GARBAGE = "<html><body>upstream connect error or disconnect/reset before headers</body></html>"


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer whose body is this value as JSON."""
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


def problem(status: int, code: str, message: str, **more: Any) -> Response:
    """Return a refusal in the form of the ingest contract's Problem."""
    return json_answer({"status": "error", "error": {"code": code, "message": message}, **more}, status)


def bearer_token(request: Request) -> str:
    """Return the call's bearer token, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def fault_answer(fault: Fault | None, clock: Callable[[], float] = time.time) -> Response | None:
    """Return the answer that a fault gives in the place of the service's own, or None where it gives none.

    A date in it is by the service's clock.
    """
    if fault is None:
        return None
    if fault.kind == "garbage":
        return Response(fault.body or _GARBAGE, 200, media_type="text/html")
    if fault.kind == "nested_gzip":
        headers = {"content-encoding": "gzip, gzip"}
        return Response(_gzip_of_gzip(), 200, headers, media_type="application/json")
    if fault.kind == "redirect":
        return Response(status_code=302, headers={"location": fault.location})
    if fault.kind == "status":
        return _status_answer(fault, clock)
    return None


@cache
def _gzip_of_gzip() -> bytes:
    """Spaces packed twice: some hundred bytes that unpack to 64 MiB."""
    return _gzip([_gzip(b" " * _MIB for _ in range(_NESTED_GZIP_MIB))])


def _gzip(blocks: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(block) for block in blocks), packer.flush()])


def _status_answer(fault: Fault, clock: Callable[[], float]) -> Response:
    headers = {}
    if fault.retry_after_date:
        # Whole seconds, rounded up: a caller that waits until then has waited at least as long as asked.
        due = math.ceil(clock() + (fault.retry_after_s or 0))
        headers["retry-after"] = format_datetime(datetime.fromtimestamp(due, UTC), usegmt=True)
    elif fault.retry_after_s is not None:
        headers["retry-after"] = str(math.ceil(fault.retry_after_s))
    if isinstance(fault.body, str):
        return Response(fault.body, fault.status, headers, media_type="text/plain")
    if fault.status in (204, 304):
        return Response(status_code=fault.status, headers=headers)
    default = {"status": "error", "error": {"code": f"HTTP_{fault.status}", "message": "fault of the sandbox's plan"}}
    return json_answer(fault.body if fault.body is not None else default, fault.status, headers)


async def _refusal(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - the only type that this handler is registered for
    words = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    answer = problem(exc.status_code, words.get(exc.status_code, "REFUSED"), exc.detail)
    answer.headers.update(exc.headers or {})
    return answer


def service_app(routes: list[Route]) -> Starlette:
    """Return an app of these routes that answers anything else with 404 or 405 in JSON."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refusal})
    app.router.redirect_slashes = False
    return app
