"""The probe measures the picture that plays, and holds the index of a real file against its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from edye_delivery.catalog.facts import ProbeFailure
from tests.unit.clients.test_probe import WHOLE, figures, good
from tests.unit.qc.clips import H264, Clips


def still_before(clips: Clips, film: Path, name: str) -> Path:
    """A film behind a picture of its own, which nothing calls a cover, and which is the default as the film is."""
    still = clips.folder / "still.jpg"
    Pillow.new("RGB", (1920, 1080), "gold").save(still)
    return clips.made(
        name, "-i", str(still), "-i", str(film), "-map", "0:v", "-map", "1", "-c", "copy",
        "-disposition:v", "default",
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_a_still_that_stands_first_is_not_the_video(clips, measure, ending):
    facts = measure(still_before(clips, good(clips), f"still-first.{ending}"))

    assert (facts.codec, facts.width_px, facts.height_px, facts.failure) == ("h264", 1280, 720, None)
    assert facts.duration_s == pytest.approx(2.0, abs=0.1)


def test_of_several_renditions_the_default_one_is_measured(clips, measure):
    low = clips.clip("low.mp4", size="320x180", duration_s=2, sound=False)
    both = clips.made(
        "low-first.mp4", "-i", str(low), "-i", str(good(clips)), "-map", "0", "-map", "1", "-c", "copy",
        "-disposition:v:0", "0", "-disposition:v:1", "default",
    )  # fmt: skip

    assert figures(measure(both)) == WHOLE


def test_the_picture_has_its_own_duration_whatever_the_sound_has(clips, measure):
    short = clips.made(
        "short-picture.mp4", "-i", str(good(clips)), "-f", "lavfi", "-i", "sine=duration=9", "-map", "0:v",
        "-map", "1:a", "-c:v", "copy", "-c:a", "aac",
    )  # fmt: skip
    facts = measure(short)

    assert (round(facts.duration_s), round(facts.sound_duration_s)) == (2, 9)


def test_a_still_with_sound_is_no_video(clips, measure):
    still = clips.made(
        "still-alone.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:duration=1", "-f", "lavfi", "-i",
        "sine=duration=2", "-frames:v", "1", *H264, "-c:a", "aac",
    )  # fmt: skip

    assert measure(still).detail == "it is not a video: a mp4 file whose only picture is a still"


@pytest.mark.parametrize("kind", [b"beam", b"sefd"])
def test_a_box_that_nobody_knows_before_the_index_does_not_hide_it(clips, measure, kind):
    content = clips.remuxed("last.mp4", good(clips)).read_bytes()
    at = content.rindex(b"moov") - 4
    unknown = (108).to_bytes(4, "big") + kind + b"x" * 100
    facts = measure(clips.written("unknown-box.mp4", content[:at] + unknown + content[at:]))

    assert (facts.failure, figures(facts)) == (None, WHOLE)


def test_an_encrypted_file_is_told_whatever_its_codec_was(clips, measure):
    content = good(clips).read_bytes().replace(b"avc1\0\0\0\0", b"encv\0\0\0\0", 1)
    facts = measure(clips.written("encrypted.mp4", content))

    assert (facts.failure, "encv" in facts.detail) == (ProbeFailure.ENCRYPTED, True)


def test_media_to_the_end_of_a_file_that_is_cut_is_truncated(clips, measure):
    content = good(clips).read_bytes()
    at = content.index(b"mdat") - 4
    facts = measure(clips.written("cut-without-size.mp4", (content[:at] + b"\0\0\0\0" + content[at + 4 :])[:-20_000]))

    assert (facts.failure, facts.codec) == (ProbeFailure.TRUNCATED, "h264")
    assert "are missing" in facts.detail


def test_offsets_that_a_faststart_left_as_they_were_are_told(clips, measure):
    content = clips.remuxed("last.mp4", good(clips)).read_bytes()
    media, index = content.index(b"mdat") - 4, content.rindex(b"moov") - 4
    facts = measure(clips.written("stale.mp4", content[:media] + content[index:] + content[media:index]))

    assert facts.failure is ProbeFailure.TRUNCATED
    assert "hold no media (mdat)" in facts.detail


@pytest.mark.parametrize(
    ("name", "options", "pixel_format", "field_order"),
    [
        ("ten.mp4", (*H264[:-1], "yuv420p10le"), "yuv420p10le", "progressive"),
        ("interlaced.mp4", (*H264, "-vf", "interlace", "-flags", "+ildct+ilme"), "yuv420p", "tt"),
    ],
)
def test_the_form_of_the_pictures_is_measured(clips, measure, name, options, pixel_format, field_order):
    facts = measure(clips.clip(name, codec=options))

    assert (facts.pixel_format, facts.field_order) == (pixel_format, field_order)
