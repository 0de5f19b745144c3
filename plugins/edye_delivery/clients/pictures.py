"""Measures a picture: opens it within limits, decodes it completely, and names it by its content."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from edye_delivery.annex.limits import Images
from edye_delivery.catalog.art import content_name
from edye_delivery.catalog.facts import ImageFacts, ProbeFailure
from edye_delivery.catalog.jobs import Run, run_here
from edye_delivery.catalog.picture_file import EXPORT_AGAIN
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients.decoding import look
from edye_delivery.errors import HostNotAllowed, MediaTooLarge, MediaUnavailable, PictureBroken, Transient, UrlRefused


class WholeFiles(Protocol):
    """Anything that can fetch a small file as a whole."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """The file; MediaTooLarge above the limit."""


def fetch_picture(reader: WholeFiles, image: Image, limits: Images, run: Run) -> tuple[ImageFacts, bytes | None]:
    """The picture's facts, and its bytes where it can be used; whatever went wrong is in `failure`.

    `run` decodes it.
    """
    try:
        content = reader.fetch(image.url, limits.max_size_bytes)
    except HostNotAllowed as error:
        return _failure_facts(image.kind, image.url, ProbeFailure.HOST_NOT_ALLOWED, str(error)), None
    except UrlRefused as error:
        return _failure_facts(image.kind, image.url, ProbeFailure.URL_REFUSED, str(error)), None
    except MediaUnavailable as error:
        return _failure_facts(image.kind, image.url, ProbeFailure.NOT_FOUND, str(error)), None
    except MediaTooLarge as error:
        return _failure_facts(image.kind, image.url, ProbeFailure.TOO_LARGE, str(error)), None
    except Transient as error:
        return _failure_facts(image.kind, image.url, ProbeFailure.UNAVAILABLE, error.message), None
    facts = look_at(image.kind, image.url, content, limits, run)
    return facts, content if facts.art_name else None


def look_at(kind: ImageKind, url: str, content: bytes, limits: Images, run: Run = run_here) -> ImageFacts:
    """The facts of a picture's bytes; width and height as it is shown, with its EXIF orientation applied."""
    facts = ImageFacts(kind=kind, url=url, size_bytes=len(content))
    if len(content) > limits.max_size_bytes:
        detail = f"{len(content)} bytes, expected {limits.max_size_bytes} bytes or less"
        return facts.model_copy(update={"failure": ProbeFailure.TOO_LARGE, "detail": detail})
    facts = facts.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    options = {"max_pixels": limits.max_pixels, "formats": limits.formats}
    try:
        answer, _ = run(look, content, options, limits.decode_limit_s)
    except PictureBroken as error:
        answer = {"failure": ProbeFailure.UNREADABLE, "detail": f"{error}; {EXPORT_AGAIN}"}
    except Transient as error:
        answer = {"failure": ProbeFailure.UNAVAILABLE, "detail": error.message}
    return ImageFacts.model_validate(facts.model_dump() | _facts_with_name(facts.sha256, answer))


def _facts_with_name(sha256: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A worker's answer on a picture, with its content name where it was decoded."""
    is_decoded = answer.pop("is_decoded", False)
    return answer | ({"art_name": content_name(sha256, answer["format"])} if is_decoded else {})


def _failure_facts(kind: ImageKind, url: str, failure: ProbeFailure, detail: str) -> ImageFacts:
    return ImageFacts(kind=kind, url=url, failure=failure, detail=detail)
