"""Try a file: what `check` and `lint-feed` say about an uploaded picture, feed or title's JSON; nothing is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from edye_delivery.clients.workers import Workers
from edye_delivery.desk.access import Caller, OwnOrigin, Visitor
from edye_delivery.desk.render import page
from edye_delivery.desk.uploads import Upload, UploadOfCall
from edye_delivery.desk.view_of_check import view_of_check
from edye_delivery.pipeline.file_inputs import Unusable
from edye_delivery.pipeline.uploaded_file import UPLOAD_MAX_BYTES, WORKER_LIMITS, UploadKind, check_upload

router = APIRouter()
NAMES_OF_KINDS = {
    UploadKind.AUTO: "A feed or a title: recognise it",
    UploadKind.POSTER: "Picture: poster",
    UploadKind.STILL: "Picture: still",
    UploadKind.KEY_ART: "Picture: key art",
    UploadKind.BACKGROUND: "Picture: background",
    UploadKind.LOGO: "Picture: logo",
    UploadKind.FEED: "Feed: Search or Direct Publisher",
    UploadKind.LIVE_FEED: "Feed: live channels",
    UploadKind.METADATA: "Metadata of a title: an item of the catalogue",
}


@router.get("/try")
def form(request: Request, caller: Caller) -> Response:
    """The form."""
    return _page(request, caller)


@router.post("/try", dependencies=[OwnOrigin])
def check(request: Request, caller: Caller, upload: UploadOfCall) -> Response:
    """The form again, with what the rules say about the file; 422 with a sentence where it cannot be checked."""
    annex = caller.annex_of(upload.partner)
    try:
        kind = _kind_of(upload)
        with Workers(annex.images, 1, **WORKER_LIMITS) as workers:
            file = upload.name, upload.content
            checked = check_upload(annex, file, kind, datetime.now(UTC), workers.run, upload.series)
    except Unusable as error:
        return _page(request, caller, upload, problem=str(error))
    return _page(request, caller, upload, checked=view_of_check(annex, checked))


def _kind_of(upload: Upload) -> UploadKind:
    if not upload.name:
        raise Unusable("There is no file: choose one first.")
    if upload.kind not in set(UploadKind):
        raise Unusable("It is not known what the file is: choose it in the form.")
    return UploadKind(upload.kind)


def _page(request: Request, caller: Visitor, upload: Upload | None = None, **values: Any) -> Response:
    partners = {name: annex.display_name for name, annex in caller.annexes.items()}
    return page(
        request,
        "try.html.j2",
        status=422 if values.get("problem") else 200,
        partners=dict(sorted(partners.items(), key=lambda item: item[1].casefold())),
        kinds=NAMES_OF_KINDS,
        partner=upload.partner if upload is not None else "",
        kind=upload.kind if upload is not None else "",
        max_bytes=UPLOAD_MAX_BYTES,
        **({"problem": "", "checked": None} | values),
    )
