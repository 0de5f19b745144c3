"""Files of a title's page: its thumbnails, small, and the metadata that was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import Response

from edye_delivery.desk.access import NOT_THERE, Caller
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.pages.title import DELIVERY_KEY, ledger_annex_of
from edye_delivery.desk.run_files import TitleFile
from edye_delivery.desk.sent_content import SentContent, sent_content
from edye_delivery.desk.title_files import small_thumbnail, title_file
from edye_delivery.desk.title_view import chosen_delivery
from edye_delivery.ledger.title_page import TitleDelivery, TitlePage, title_page

router = APIRouter()
KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
PictureName = Annotated[str, Path(pattern=r"^[0-9a-f]{64}\.(jpg|png|gif)$")]


@router.get("/titles/{partner}/{external_id}/pictures/{name}")
def picture(
    caller: Caller, partner: str, external_id: str, name: PictureName, delivery: Annotated[str, DELIVERY_KEY] = ""
) -> Response:
    """A small copy of a thumbnail of this delivery; 404 for every other picture of the store."""
    _, chosen = _delivery_of(caller, partner, external_id, delivery)
    file = title_file(caller, chosen.delivery)
    content = small_thumbnail(file, name) if isinstance(file, TitleFile) else None
    if content is None:
        raise HTTPException(404, NOT_THERE)
    return Response(content, media_type="image/jpeg", headers=KEPT)


@router.get("/titles/{partner}/{external_id}/metadata.json")
def metadata(
    caller: Caller, partner: str, external_id: str, delivery: Annotated[str, DELIVERY_KEY] = ""
) -> Response:  # fmt: skip
    """The metadata of this delivery as a file; 404 where neither the run's files nor the ledger have it."""
    known, chosen = _delivery_of(caller, partner, external_id, delivery)
    file = title_file(caller, chosen.delivery)
    found = sent_content(
        ledger_annex_of(caller, partner),
        chosen.delivery,
        file if isinstance(file, TitleFile) else None,
        known.revision,
    )
    if not isinstance(found, SentContent):
        raise HTTPException(404, found)
    headers = {"Content-Disposition": 'attachment; filename="metadata.json"'}
    return Response(found.json, media_type="application/json", headers=headers)


def _delivery_of(caller: Caller, partner: str, external_id: str, delivery: str) -> tuple[TitlePage, TitleDelivery]:
    ledger_annex_of(caller, partner)
    with ledger_connection() as connection:
        known = title_page(connection, partner, external_id, datetime.now(UTC))
    chosen = chosen_delivery(known, delivery) if known is not None else None
    if known is None or chosen is None:
        raise HTTPException(404, NOT_THERE)
    return known, chosen
