"""Which picture plays is decided by what moves, then by what is the default, then by length."""

from __future__ import annotations

from typing import Any

import pytest

from edye_delivery.clients.ffprobe import Answer
from edye_delivery.clients.streams import Stream, main_picture


def film(index: int, **changes: Any) -> Stream:
    """A moving picture of 20 s, the default one."""
    whole = {"kind": "video", "codec": "h264", "duration_s": 20.0, "frames": 500, "is_default": True}
    return Stream(index, **whole | changes)


STILLS = {
    "one picture, though it is the default": {"codec": "mjpeg", "frames": 1, "duration_s": 0.04},
    "one picture of a film's codec that lasts for ever": {"frames": 1, "duration_s": 5000.0},
    "marked as a cover": {"codec": "png", "frames": None, "is_marked_still": True},
    "of a codec of single pictures, in a file that counts none": {"codec": "mjpeg", "frames": None, "duration_s": 99.0},
}


@pytest.mark.parametrize("still", STILLS.values(), ids=STILLS)
@pytest.mark.parametrize("is_film_default", [True, False])
def test_a_still_that_stands_first_is_not_the_film(still, is_film_default):
    played = main_picture([film(0, **still), film(1, is_default=is_film_default), Stream(2, "audio", "aac")])

    assert played is not None
    assert played.index == 1


@pytest.mark.parametrize(
    ("streams", "index"),
    [
        ([film(0, is_default=False), film(1)], 1),
        ([film(0, duration_s=5.0), film(1)], 1),
        ([film(0, is_default=False, duration_s=90.0), film(1)], 1),
        ([film(0, width_px=320), film(1, width_px=1280)], 0),
        ([film(0, codec="mjpeg", frames=None)], 0),
        ([film(3, frames=None), film(4, codec="mjpeg", frames=9, duration_s=1.0)], 3),
    ],
    ids=["default", "longest", "default before longest", "first of equals", "motion JPEG alone", "of unknown number"],
)
def test_the_default_picture_plays_then_the_longest_then_the_first(streams, index):
    played = main_picture(streams)

    assert played is not None
    assert played.index == index


@pytest.mark.parametrize("streams", [[], [Stream(0, "audio", "aac")], [film(0, frames=1)]])
def test_a_file_without_a_moving_picture_plays_none(streams):
    assert main_picture(streams) is None


def test_durations_are_each_streams_own_and_the_files_where_the_picture_tells_none():
    sounds = [Stream(1, "audio", "aac", duration_s=3.0), Stream(2, "audio", "aac", duration_s=8.0)]
    told, untold = (Answer("mp4", 30.0, (film(0, duration_s=each), *sounds)) for each in (20.0, 0.0))

    assert (told.picture_duration_s, told.sound_duration_s) == (20.0, 8.0)
    assert untold.picture_duration_s == 30.0
