"""Real media and real pictures with one defect each: probed, looked at, checked, and found by one rule alone."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from benchmarks.local_media import LocalMedia
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients.pictures import look_at
from edye_delivery.clients.probe import probe_video
from edye_delivery.qc.check import CheckResult, check_title, pictures_to_check
from tests.unit.qc.builders import (
    ALL_PLAY,
    ANNEX,
    SIZES,
    TODAY,
    a_movie,
    a_source,
    an_episode,
    an_image,
    codes,
    pictures_of,
)
from tests.unit.qc.clips import HEVC, Clips

LONG = {"rate": "1/60", "duration_s": 7260, "sound": False}
DEFECTIVE_MEDIA: dict[str, tuple[str, Callable[[Clips], Path]]] = {
    "HEVC": ("VID006", lambda clips: clips.clip("hevc.mp4", codec=HEVC)),
    "480p": ("VID007", lambda clips: clips.clip("480p.mp4", size="854x480")),
    "longer than two hours": ("VID008", lambda clips: clips.clip("long.mp4", **LONG)),
    "cut at 60 %": ("VID009", lambda clips: clips.cut("cut.mp4", clips.clip("good.mp4"))),
    "an error page": ("VID004", lambda clips: clips.written("page.mp4", b"<!DOCTYPE html><html>404</html>" * 40)),
    "renamed Matroska": ("VID005", lambda clips: clips.clip("good.mkv", options=()).rename(clips.folder / "mkv.mp4")),
    "no file": ("VID003", lambda clips: clips.folder / "nothing.mp4"),
}
DEFECTIVE_TITLES: dict[str, tuple[str, Callable[[], Title]]] = {
    "no titles": ("META002", lambda: a_movie(titles={})),
    "unknown rating": ("META006", lambda: a_movie(ratings=[{"source": "USA_PR", "value": "TV-99"}])),
    "genre without mapping": ("META008", lambda: a_movie(genres=["kids", "noir"])),
    "invisible characters": ("META003", lambda: a_movie(titles={"es": "La co\u200bmeta\u202e", "en": "The Kite"})),
    "season 0": ("META009", lambda: an_episode(season_number=0)),
    "end before start": ("META011", lambda: a_movie(
        availability={"start": "2026-05-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"})),
    "an episode without its still": ("IMG001", lambda: an_episode(images=[])),
}  # fmt: skip


def drawn(width_px: int, height_px: int, share: float = 1.0) -> bytes:
    """A PNG with something on it, or its first part."""
    picture = Pillow.new("RGB", (width_px, height_px), "navy")
    ImageDraw.Draw(picture).ellipse((10, 10, width_px // 2, height_px // 2), fill="gold")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()[: int(len(file.getvalue()) * share)]


def result_on_media(clips: Clips, scratch: Path, path: Path) -> CheckResult:
    size_bytes = path.stat().st_size if path.exists() else None
    title = a_movie(sources=[a_source(file=f"http://media.example/{path.name}", filesize=size_bytes)], duration_ms=None)
    plan = plan_of(ANNEX, title)
    facts = probe_video(LocalMedia(clips.folder), plan.media.file, scratch)
    return check_title(ANNEX, plan, facts, pictures_of(title), TODAY, ALL_PLAY)


def result_on_pictures(clips: Clips, scratch: Path, title: Title, **drawings: bytes) -> CheckResult:
    good = clips.clip("good.mp4")
    title = title.model_copy(
        update={"sources": a_movie(sources=[a_source(file="http://media.example/good.mp4", filesize=None)]).sources}
    )
    title = title.model_copy(update={"duration_ms": None})
    facts = probe_video(LocalMedia(good.parent), "http://media.example/good.mp4", scratch)
    pictures: list[ImageFacts] = []
    for image in pictures_to_check(ANNEX, title):
        size = SIZES.get(image.kind, (1920, 1080))
        name = image.url.rpartition("/")[2].removesuffix(".png")
        pictures.append(look_at(image.kind, image.url, drawings.get(name) or drawn(*size), ANNEX.images))
    return check_title(ANNEX, plan_of(ANNEX, title), facts, pictures, TODAY)


@pytest.mark.parametrize("defect", DEFECTIVE_MEDIA)
def test_defective_media_is_found_by_its_own_rule_alone(clips, tmp_path, defect):
    code, make = DEFECTIVE_MEDIA[defect]

    assert codes(result_on_media(clips, tmp_path, make(clips))) == (code,)


def test_good_media_passes_every_rule(clips, tmp_path):
    result = result_on_media(clips, tmp_path, clips.clip("good.mp4"))

    assert (result.findings, result.skipped) == ((), ())


@pytest.mark.parametrize("defect", DEFECTIVE_TITLES)
def test_a_defective_title_is_found_by_its_own_rule_alone(clips, tmp_path, defect):
    code, make = DEFECTIVE_TITLES[defect]

    assert codes(result_on_pictures(clips, tmp_path, make())) == (code,)


def test_a_poster_of_a_wrong_ratio_is_found_and_its_thumbnail_is_not_blamed(clips, tmp_path):
    result = result_on_pictures(clips, tmp_path, a_movie(), poster=drawn(1280, 720))

    assert codes(result) == ("IMG005",)


def test_a_poster_that_is_cut_in_the_middle_is_found(clips, tmp_path):
    result = result_on_pictures(clips, tmp_path, a_movie(), poster=drawn(1000, 1500, share=0.5))

    assert codes(result) == ("IMG004",)


def test_an_episode_without_its_still_still_has_its_thumbnails(clips, tmp_path):
    result = result_on_pictures(clips, tmp_path, an_episode(images=[]))

    assert codes(result) == ("IMG001",)
    assert "IMG009" not in dict(result.skipped)


def test_a_page_in_a_pictures_place_is_found(clips, tmp_path):
    title = a_movie(images=[an_image("key_art"), an_image("poster"), an_image("background")])
    result = result_on_pictures(clips, tmp_path, title, poster=b"<html>404</html>")

    assert codes(result) == ("IMG004",)
    assert result.findings[0].message == "poster 'poster.png': it has none of the formats JPEG, PNG, GIF, WEBP"
    assert ImageKind.POSTER in {image.kind for image in pictures_to_check(ANNEX, title)}
