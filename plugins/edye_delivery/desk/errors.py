"""Pages for what a call cannot have: each says what happened and what to do next."""

from __future__ import annotations

import logging

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edye_delivery.desk.render import page
from edye_delivery.errors import InvalidRequest

log = logging.getLogger(__name__)
HEADINGS = {
    400: "This could not be read",
    401: "Please log in",
    403: "This is not allowed",
    404: "Nothing here",
    405: "Nothing here",
    408: "This came too slowly",
    413: "This is too large",
    422: "This address is wrong",
    503: "This cannot be read at the moment",
}
NEXT_STEPS = {
    400: "Go back and send the form again. If it stays, tell DevOps this sentence.",
    401: "Log in to Airflow, then open this page again.",
    403: "Ask an administrator of Airflow for the permission, or start again from the desk's first page.",
    404: "Check the address. A partner, a run or a title that you may not see looks as if it did not exist.",
    408: "Try again from a faster network.",
    413: "Send less, for example fewer titles or a smaller file.",
    422: "Start again from the desk's first page.",
    503: "Deliveries may still run. Try again in a minute; if it stays, tell DevOps this sentence.",
}
BROKEN = "The desk has a fault. The api-server's log has its traceback. Deliveries are not affected."


async def answer_http_error(request: Request, error: Exception) -> Response:
    """The page for a status that an endpoint raised."""
    status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    answer = _error_page(request, status, str(detail or ""))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


async def answer_invalid_call(request: Request, error: Exception) -> Response:
    """The page for an address with a parameter that is missing or wrong."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    names = sorted({str(one["loc"][-1])[:40] for one in wrong})
    return _error_page(request, 422, f"Missing or wrong: {', '.join(names)}.")


async def answer_delivery_error(request: Request, error: Exception) -> Response:
    """The page for a ledger, a store or a connection that does not work, and for an order that cannot be done."""
    status = 422 if isinstance(error, InvalidRequest) else 503
    if status == 503:
        log.warning("the desk cannot answer %s: %s", request.url.path, error)
    return _error_page(request, status, str(error))


async def answer_error(request: Request, error: Exception) -> Response:
    """The page for a fault of the desk; its text goes to the log alone."""
    log.error("the desk failed at %s", request.url.path, exc_info=error)
    return _error_page(request, 500, BROKEN)


def _error_page(request: Request, status: int, detail: str) -> Response:
    heading = HEADINGS.get(status, "This did not work")
    return page(
        request, "error.html.j2", status=status, heading=heading, detail=detail, next_step=NEXT_STEPS.get(status, "")
    )
