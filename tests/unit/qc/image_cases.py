"""The IMG rules' cases."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.qc.check import CheckResult
from tests.builders import the_annex
from tests.unit.qc.builders import ANNEX, a_movie, an_episode, an_image, checked
from tests.unit.qc.cases import at_limit, failing, passing

MOST_BYTES = ANNEX.images.max_size_bytes
LARGE_POSTER = {"width_px": 2000, "height_px": 3000}
WIDE_THUMBNAIL = the_annex(thumbnails=[{"name": "wide", "width_px": 1280, "height_px": 720, "origins": ["key_art"]}])


def poster(**changes: Any) -> CheckResult:
    """The result on a movie whose poster differs in this only."""
    return checked(poster=changes)


def failed(failure: ProbeFailure) -> CheckResult:
    """The result on a movie whose poster could not be looked at."""
    return poster(failure=failure, detail="told by the look", format="", width_px=0, height_px=0, art_name="")


def key_art_for_wide(width_px: int, height_px: int) -> CheckResult:
    """The result on a movie of which a thumbnail of 1280x720 px is to be made from key art of this size."""
    return checked(annex=WIDE_THUMBNAIL, key_art={"width_px": width_px, "height_px": height_px})


CASES = (
    passing("IMG001", "key art and poster", lambda: checked()),
    failing("IMG001", "a movie without a poster", lambda: checked(a_movie(images=[an_image("key_art")]))),
    failing("IMG001", "an episode without its still", lambda: checked(an_episode(images=()))),
    at_limit("IMG001", "a poster in another language only", lambda: checked(
        a_movie(images=[an_image("key_art"), an_image("poster", lang="en")]))),
    passing("IMG002", "an address that is opened", lambda: checked()),
    failing("IMG002", "a refused address", lambda: failed(ProbeFailure.URL_REFUSED)),
    at_limit("IMG002", "an address that leads to nothing", lambda: failed(ProbeFailure.NOT_FOUND), "IMG003"),
    passing("IMG003", "a picture", lambda: checked()),
    failing("IMG003", "no picture", lambda: failed(ProbeFailure.NOT_FOUND)),
    at_limit("IMG003", "no answer", lambda: failed(ProbeFailure.UNAVAILABLE), "IMG010"),
    passing("IMG004", "a whole picture", lambda: checked()),
    failing("IMG004", "a broken one", lambda: failed(ProbeFailure.UNREADABLE)),
    failing("IMG004", "one that is cut short", lambda: failed(ProbeFailure.TRUNCATED)),
    at_limit("IMG004", "one that is too large to be opened", lambda: failed(ProbeFailure.TOO_LARGE), "IMG008"),
    passing("IMG005", "2:3", lambda: checked()),
    failing("IMG005", "square", lambda: poster(width_px=1000, height_px=1000)),
    failing("IMG005", "on its side", lambda: poster(width_px=1500, height_px=1000)),
    failing("IMG005", "a pixel beyond 4 %", lambda: poster(width_px=1041, height_px=1500)),
    at_limit("IMG005", "4 % too wide", lambda: poster(width_px=1040, height_px=1500)),
    at_limit("IMG005", "4 % too narrow", lambda: poster(width_px=960, height_px=1500)),
    passing("IMG006", "1000x1500", lambda: checked()),
    failing("IMG006", "a pixel too low", lambda: poster(width_px=534, height_px=800)),
    failing("IMG006", "a pixel too narrow", lambda: poster(width_px=533, height_px=801)),
    at_limit("IMG006", "the least size", lambda: poster(width_px=534, height_px=801)),
    at_limit("IMG006", "too small, but of a wrong ratio first", lambda: poster(width_px=400, height_px=400), "IMG005"),
    passing("IMG007", "PNG", lambda: checked()),
    failing("IMG007", "WEBP", lambda: poster(format="WEBP", art_name="")),
    at_limit("IMG007", "GIF where the annex takes it", lambda: checked(
        annex=the_annex(images={"formats": ["PNG", "GIF"]}), poster={"format": "GIF"})),
    passing("IMG008", "90 kB", lambda: checked()),
    failing("IMG008", "one byte over", lambda: poster(size_bytes=MOST_BYTES + 1)),
    failing("IMG008", "one pixel over", lambda: checked(
        annex=the_annex(images={"max_pixels": 2000 * 3000 - 1}), poster=LARGE_POSTER)),
    failing("IMG008", "told by the look", lambda: failed(ProbeFailure.TOO_LARGE)),
    at_limit("IMG008", "the most bytes", lambda: poster(size_bytes=MOST_BYTES)),
    at_limit("IMG008", "the most pixels", lambda: checked(
        annex=the_annex(images={"max_pixels": 2000 * 3000}), poster=LARGE_POSTER)),
    passing("IMG009", "art that is large enough", lambda: checked()),
    failing("IMG009", "a pixel too narrow", lambda: key_art_for_wide(1279, 720)),
    failing("IMG009", "a pixel too low", lambda: key_art_for_wide(1280, 719)),
    at_limit("IMG009", "the very size", lambda: key_art_for_wide(1280, 720)),
    at_limit("IMG009", "too small, but with a finding of its own", lambda: key_art_for_wide(640, 360), "IMG006"),
    passing("IMG012", "a host of the allow-list", lambda: checked()),
    failing("IMG012", "another host", lambda: failed(ProbeFailure.HOST_NOT_ALLOWED)),
    at_limit("IMG012", "no address at all", lambda: failed(ProbeFailure.URL_REFUSED), "IMG002"),
    passing("IMG010", "an answer", lambda: checked()),
    failing("IMG010", "no answer", lambda: failed(ProbeFailure.UNAVAILABLE)),
    at_limit("IMG010", "a refusal is no outage", lambda: failed(ProbeFailure.URL_REFUSED), "IMG002"),
    passing("IMG011", "a profile that can be used, or none", lambda: checked()),
    failing("IMG011", "a profile that cannot", lambda: poster(profile_defect="its colour profile is cut short")),
    at_limit("IMG011", "on art that is too small for a thumbnail too", lambda: checked(
        annex=WIDE_THUMBNAIL, key_art={"width_px": 1279, "height_px": 720, "profile_defect": "told"}),
        "IMG011", "IMG009"),
)  # fmt: skip
