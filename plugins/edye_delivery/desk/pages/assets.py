"""The desk's style sheet and script."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

router = APIRouter()
FOLDER = Path(__file__).parents[1] / "static"
TYPES = {"desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8"}


@router.get("/static/{name}")
def asset(name: str) -> Response:
    """One file of the desk; 404 for every other name."""
    if name not in TYPES:
        raise HTTPException(404)
    headers = {"Cache-Control": "private, max-age=300"}
    return Response((FOLDER / name).read_bytes(), media_type=TYPES[name], headers=headers)
