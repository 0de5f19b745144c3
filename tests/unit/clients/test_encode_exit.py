"""How ffmpeg ended: only what tells of the file is held against it, not what the machine or the profile lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from edye_delivery.clients.encode import FFMPEG, encode
from edye_delivery.errors import ConfigurationInvalid, EncodeFailed, Transient
from tests.unit.clients.encodes import CLOCK, encoded_by, job_of, profile, stand_in


def test_ffmpeg_that_dies_tells_nothing_of_the_file(tmp_path):
    with pytest.raises(Transient, match="ended by signal 9 while it re-encoded EDYE_X_ES"):
        encoded_by(tmp_path, "kill -9 $$")


@pytest.mark.parametrize("name", ["TERM", "INT"])
def test_ffmpeg_that_is_asked_to_end_tells_nothing_of_the_file(clips, tmp_path, name):
    source = clips.clip("long.mkv", duration_s=20, options=())
    begun = f"until [ -e {tmp_path}/result.mp4 ]; do sleep 0.1; done"
    lines = (f"({begun}; kill -{name} $$) &", f'exec {FFMPEG} "$@"')
    with pytest.raises(Transient, match="ffmpeg was asked to end while it re-encoded EDYE_X_ES"):
        encode(
            job_of(source, tmp_path / "result.mp4"), profile(preset="veryfast"), CLOCK,
            program=stand_in(tmp_path, *lines),
        )  # fmt: skip


def test_a_disk_without_room_tells_nothing_of_the_file(clips):
    with pytest.raises(Transient, match="ffmpeg met 'No space left on device' on its machine while it re-encoded"):
        encode(job_of(clips.clip("h264.mkv", options=()), Path("/dev/full")), profile(), CLOCK)


@pytest.mark.parametrize(
    ("exit_code", "told"),
    [(134, "Disk quota exceeded"), (232, "Too many open files"), (244, "Cannot allocate memory")],
)
def test_what_the_machine_lacks_tells_nothing_of_the_file(tmp_path, exit_code, told):
    with pytest.raises(Transient, match=told):
        encoded_by(tmp_path, "echo what happened >&2", f"exit {exit_code}")


@pytest.mark.parametrize("exit_code", [1, 183, 251, 255])
def test_what_ffmpeg_says_of_the_file_is_the_file_s(tmp_path, exit_code):
    with pytest.raises(EncodeFailed, match=rf"\(exit code {exit_code}\): what happened"):
        encoded_by(tmp_path, "echo what happened >&2", f"exit {exit_code}")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"encoder": "libnone"}, "Unknown encoder 'libnone'"),
        ({"audio_codec": "libnone"}, "Unknown encoder 'libnone'"),
        ({"pixel_format": "yuv999"}, "Unknown pixel format requested: yuv999"),
    ],
    ids=str,
)
def test_a_profile_by_which_nothing_can_be_encoded_is_the_installation_s_fault(clips, tmp_path, change, told):
    source = clips.clip("h264.mkv", options=())
    with pytest.raises(
        ConfigurationInvalid, match="section reencode ffmpeg cannot encode even a test picture"
    ) as error:
        encode(job_of(source, tmp_path / "result.mp4"), profile(**change), CLOCK)
    assert told in str(error.value)
    assert str(tmp_path) not in str(error.value)


def test_a_test_picture_that_is_killed_tells_nothing_of_the_profile(tmp_path):
    program = stand_in(tmp_path, "exit 1")
    program.write_text(program.read_text().replace("exit 0", "kill -9 $$"))
    (tmp_path / "source.media").write_bytes(b"x")
    with pytest.raises(Transient, match="ended by signal 9 while it encoded a test picture"):
        encode(job_of(tmp_path / "source.media", tmp_path / "result.mp4"), profile(), CLOCK, program=program)
