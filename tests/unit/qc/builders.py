"""Titles and measurements that pass every rule, to be changed in the one thing that a test is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import ImageFacts, VideoFacts
from edye_delivery.catalog.jw_states import MediaStates, UsableStates
from edye_delivery.catalog.title import Image, Title
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.qc.check import CheckResult, check_title, pictures_to_check
from tests import builders

ANNEX = builders.the_annex()
TODAY = date(2026, 3, 2)
HOST = "http://media.example"
JWP_ID = "gOoD0001"
ALL_PLAY = UsableStates(states=MediaStates(swept_at=datetime(2026, 3, 2, tzinfo=UTC), media_read=1))
"""A complete sweep of JW Player that found no media that cannot be played."""
SIZES = {ImageKind.POSTER: (1000, 1500), ImageKind.STILL: (1280, 720)}


def an_image(kind: str, name: str = "", lang: str | None = None) -> dict[str, Any]:
    """A piece of artwork as the EDYE API gives it."""
    return {"kind": kind, "url": f"{HOST}/art/{name or kind}.png", "lang": lang}


def a_source(**changes: Any) -> dict[str, Any]:
    """One encoded media file as the EDYE API gives it."""
    return {"file": f"{HOST}/video.mp4", "type": "video/mp4", "height": 720, "filesize": 5_000_000} | changes


def a_movie(**changes: Any) -> Title:
    """A movie without a defect."""
    whole = {
        "jwp_id": JWP_ID,
        "lang": "es",
        "synopsis_short": {"es": "Una cometa aprende a volar.", "en": "A kite learns to fly."},
        "duration_ms": 1_320_000,
        "sources": [a_source()],
        "images": [an_image("key_art"), an_image("poster"), an_image("background")],
    }
    return builders.a_movie(**whole | changes)


def an_episode(**changes: Any) -> Title:
    """An episode without a defect, of a series without a defect; `series=None` takes the series away."""
    art = [an_image("key_art"), an_image("poster"), an_image("background")]
    whole = {"jwp_id": JWP_ID, "sources": [a_source()], "images": [an_image("still")], "series": {"images": art}}
    return builders.an_episode(**whole | changes)


def a_video(**changes: Any) -> VideoFacts:
    """What a good media file's header says."""
    facts = VideoFacts(
        url=f"{HOST}/video.mp4", container="mp4", codec="h264", width_px=1280, height_px=720, duration_s=1320.0,
        sound_duration_s=1320.0, size_bytes=5_000_000, has_audio=True,
    )  # fmt: skip
    return facts.model_copy(update=changes)


def a_picture(image: Image, **changes: Any) -> ImageFacts:
    """What a good picture of the image's kind is."""
    width_px, height_px = SIZES.get(image.kind, (1920, 1080))
    facts = ImageFacts(
        kind=image.kind, url=image.url, format="PNG", width_px=width_px, height_px=height_px, size_bytes=90_000,
        sha256="ab" * 32, art_name=f"{'ab' * 32}.png",
    )  # fmt: skip
    return facts.model_copy(update=changes)


def pictures_of(title: Title, annex: Annex = ANNEX, **by_name: Mapping[str, Any]) -> tuple[ImageFacts, ...]:
    """All pictures that are looked at for the title, good but for the changes by file name: poster={"width_px": 1}."""
    return tuple(
        a_picture(image, **by_name.get(image.url.rpartition("/")[2].removesuffix(".png"), {}))
        for image in pictures_to_check(annex, title)
    )


def checked(
    title: Title | None = None,
    *,
    annex: Annex = ANNEX,
    video: VideoFacts | None = None,
    today: date = TODAY,
    media_states: UsableStates = ALL_PLAY,
    **pictures: Mapping[str, Any],
) -> CheckResult:
    """The result on a title, all measurements good but for what is given."""
    title = title or a_movie()
    found = pictures_of(title, annex, **pictures)
    return check_title(annex, plan_of(annex, title), video or a_video(), found, today, media_states)


def codes(result: CheckResult) -> tuple[str, ...]:
    """The codes of a result's findings."""
    return tuple(finding.code for finding in result.findings)
