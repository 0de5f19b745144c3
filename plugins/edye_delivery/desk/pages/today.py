"""The desk's first page: the partners that the user may see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from edye_delivery.desk.access import Caller
from edye_delivery.desk.render import page

router = APIRouter()


@router.get("/")
def today(request: Request, caller: Caller) -> Response:
    """The partners whose titles the user may see."""
    return page(request, "today.html.j2", partners=caller.annexes.values())
