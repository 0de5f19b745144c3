"""A file that a user uploads to be checked: two at once in a process, and on disk only as a file without a name.

The system removes a file without a name when it is closed, also where this process is killed.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData, UploadFile

from edye_delivery.catalog.printable import printable
from edye_delivery.desk.access import Caller
from edye_delivery.desk.bodies import BodyBounds, allow_body
from edye_delivery.pipeline.file_inputs import ITEM_MAX_BYTES
from edye_delivery.pipeline.uploaded_file import UPLOAD_MAX_BYTES

AT_ONCE_MAX = 2
RETRY_AFTER_S = 10
FILES_MAX, FIELDS_MAX, FIELD_MAX_BYTES = 2, 4, 1000
NAME_MAX_CHARS = 200
BOUNDS = BodyBounds(max_bytes=UPLOAD_MAX_BYTES + 64 * 1024, grace_s=20, least_rate_bytes_s=64_000, max_s=600)
"""An upload's: the largest file, and the form around it."""
BUSY = f"{AT_ONCE_MAX} files are being checked at the moment, so yours was not read. Try again in a moment."
_places = threading.BoundedSemaphore(AT_ONCE_MAX)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and the fields beside it; `name` is foreign text, short and printable, and empty where no file came.

    `series_file` is the JSON of the series, for an episode.
    """

    name: str
    partner: str
    kind: str
    file: BinaryIO | None = None
    series_file: BinaryIO | None = None

    @property
    def content(self) -> bytes:
        """The file's bytes; empty where no file came."""
        return _bytes_of(self.file, UPLOAD_MAX_BYTES)

    @property
    def series(self) -> bytes:
        """The JSON of the series; empty where there is none."""
        return _bytes_of(self.series_file, ITEM_MAX_BYTES)


async def read_upload(request: Request, _caller: Caller) -> AsyncIterator[Upload]:
    """The upload of a call, read once it is known who calls; 503 where two files are being checked already."""
    if not _places.acquire(blocking=False):
        raise HTTPException(503, BUSY, headers={"Retry-After": str(RETRY_AFTER_S)})
    try:
        allow_body(request, BOUNDS)
        async with request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX, max_part_size=FIELD_MAX_BYTES) as form:
            yield _upload_of(form)
    finally:
        _places.release()


def _upload_of(form: FormData) -> Upload:
    partner, kind = (str(form.get(name) or "")[:FIELD_MAX_BYTES] for name in ("partner", "kind"))
    file, series = form.get("file"), form.get("series")
    series_file = series.file if isinstance(series, UploadFile) and series.filename else None
    if not isinstance(file, UploadFile) or not file.filename:
        return Upload("", partner, kind)
    return Upload(printable(file.filename, NAME_MAX_CHARS), partner, kind, file.file, series_file)


def _bytes_of(file: BinaryIO | None, max_bytes: int) -> bytes:
    """The bytes, and one more than allowed where there are more; a second call gives the same."""
    if file is None:
        return b""
    file.seek(0)
    return file.read(max_bytes + 1)


UploadOfCall = Annotated[Upload, Depends(read_upload)]
