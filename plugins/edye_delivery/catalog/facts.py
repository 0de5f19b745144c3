"""What probes measured of a title's media file and pictures: values for the rules, nothing checked yet."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from edye_delivery.catalog.vocabulary import ImageKind


class ProbeFailure(StrEnum):
    """Why a file could not be measured."""

    URL_REFUSED = "url_refused"
    HOST_NOT_ALLOWED = "host_not_allowed"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


class VideoFacts(BaseModel):
    """What the header of a media file says; where `failure` is set, as much of it as could be read.

    `codec` to `duration_s` describe the video stream that players show, `sound_duration_s` the longest audio stream; a
    duration is 0 where the header does not give it.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    failure: ProbeFailure | None = None
    detail: str = ""
    container: str = ""
    codec: str = ""
    width_px: int = 0
    height_px: int = 0
    pixel_format: str = ""
    field_order: str = ""
    duration_s: float = 0.0
    sound_duration_s: float = 0.0
    size_bytes: int = 0
    has_audio: bool = False
    etag: str = ""


class ImageFacts(BaseModel):
    """One picture as it really is; `art_name` is its content name in the artifact store.

    `profile_defect` says why its embedded colour profile cannot be used; empty where it can, or there is none.
    """

    model_config = ConfigDict(frozen=True)

    kind: ImageKind
    url: str
    failure: ProbeFailure | None = None
    detail: str = ""
    format: str = ""
    width_px: int = 0
    height_px: int = 0
    size_bytes: int = 0
    sha256: str = ""
    art_name: str = ""
    profile_defect: str = ""


BIF = "BIF"
"""The format of a trickplay file in PictureFacts: it has no one size."""


class PictureFailure(StrEnum):
    """Why a picture that a feed names could not be measured."""

    UNREACHABLE = "unreachable"
    REDIRECTED = "redirected"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_PICTURE = "no_picture"


class PictureFacts(BaseModel):
    """A picture at a URL of a feed, as any client gets it; `detail` describes the failure in words."""

    model_config = ConfigDict(frozen=True)

    url: str
    failure: PictureFailure | None = None
    detail: str = ""
    format: str = ""
    width_px: int = 0
    height_px: int = 0
    size_bytes: int = 0
