"""The VID rules' cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.jw_states import NO_STATES, BadMedia, MediaState, MediaStates, UsableStates
from edye_delivery.qc.check import CheckResult
from edye_delivery.qc.reencode import Attempt
from edye_delivery.qc.rule import RULES
from tests.builders import the_annex
from tests.unit.qc.builders import ANNEX, a_movie, a_source, a_video, checked
from tests.unit.qc.cases import at_limit, failing, passing

HLS = a_source(file="http://media.example/video.m3u8", type="application/vnd.apple.mpegurl")
QUICKTIME = a_source(file="http://media.example/video.mov", type="video/quicktime")
MOST_BYTES = ANNEX.video.max_size_bytes


def video(**changes: Any) -> CheckResult:
    """The result on a movie whose media file differs in this only."""
    return checked(video=a_video(**changes))


def failed(failure: ProbeFailure) -> CheckResult:
    """The result on a movie whose media file could not be measured."""
    return checked(video=VideoFacts(url="http://media.example/video.mp4", failure=failure, detail="told by probe"))


def sized(size_bytes: int) -> CheckResult:
    """The result on a media file of this size, which the catalogue says too."""
    return checked(a_movie(sources=[a_source(filesize=size_bytes)]), video=a_video(size_bytes=size_bytes))


def in_jw(jwp_id: str | None, states: UsableStates | None = None) -> CheckResult:
    """The result on a movie with this media, two others of which JW Player cannot play."""
    bad = {
        "aB3dE6gH": BadMedia(state=MediaState.FAILED, detail="no video"),
        "gOnE0001": BadMedia(state=MediaState.GONE),
    }
    known = UsableStates(states=MediaStates(swept_at=datetime(2026, 3, 2, tzinfo=UTC), media_read=9, bad=bad))
    return checked(a_movie(jwp_id=jwp_id), media_states=states or known)


def lasting(duration_s: float, **changes: Any) -> CheckResult:
    """The result on a media file of this duration, picture and sound, which the catalogue says too."""
    facts = a_video(duration_s=duration_s, sound_duration_s=duration_s)
    return checked(a_movie(duration_ms=round(duration_s * 1000)), video=facts, **changes)


def encoded(**changes: Any) -> CheckResult:
    """What VID017 says of a title that was re-encoded from HEVC, where the result differs in this only."""
    after = a_video(**changes)
    found = checked(a_movie(duration_ms=None), video=after).findings
    return CheckResult(RULES["VID017"].findings(Attempt(a_video(codec="hevc"), after, found), ANNEX), ())


CASES = (
    passing("VID001", "an MP4", lambda: checked()),
    failing("VID001", "no source", lambda: checked(a_movie(sources=()))),
    failing("VID001", "a stream only", lambda: checked(a_movie(sources=[HLS]))),
    at_limit("VID001", "an MP4 after a stream", lambda: checked(a_movie(sources=[HLS, a_source()]))),
    passing("VID002", "an address that is opened", lambda: checked()),
    failing("VID002", "a refused address", lambda: failed(ProbeFailure.URL_REFUSED)),
    at_limit("VID002", "an address that leads to nothing", lambda: failed(ProbeFailure.NOT_FOUND), "VID003"),
    passing("VID003", "a file", lambda: checked()),
    failing("VID003", "no file", lambda: failed(ProbeFailure.NOT_FOUND)),
    at_limit("VID003", "no answer", lambda: failed(ProbeFailure.UNAVAILABLE), "VID011"),
    passing("VID004", "a video", lambda: checked()),
    failing("VID004", "no video", lambda: failed(ProbeFailure.UNREADABLE)),
    at_limit("VID004", "a video that is cut short", lambda: failed(ProbeFailure.TRUNCATED), "VID009"),
    passing("VID005", "mp4", lambda: checked()),
    failing("VID005", "matroska", lambda: video(container="matroska")),
    failing("VID005", "a container without a duration", lambda: video(container="mpegts", duration_s=0.0)),
    at_limit("VID005", "mov where the annex takes both", lambda: checked(
        video=a_video(container="mov"), annex=the_annex(video={"containers": ["mp4", "mov"]}))),
    passing("VID006", "h264", lambda: checked()),
    failing("VID006", "hevc", lambda: video(codec="hevc")),
    failing("VID006", "unknown", lambda: video(codec="")),
    at_limit("VID006", "hevc where the annex takes both", lambda: checked(
        video=a_video(codec="hevc"), annex=the_annex(video={"codecs": ["h264", "hevc"]}))),
    passing("VID007", "1080p", lambda: video(width_px=1920, height_px=1080)),
    failing("VID007", "480p", lambda: video(width_px=854, height_px=480)),
    failing("VID007", "one line short", lambda: video(width_px=1280, height_px=719)),
    failing("VID007", "a short edge that is the width", lambda: video(width_px=718, height_px=1280)),
    at_limit("VID007", "720p", lambda: video(width_px=1280, height_px=720)),
    at_limit("VID007", "720p upright", lambda: video(width_px=720, height_px=1280)),
    passing("VID008", "22 minutes", lambda: checked()),
    failing("VID008", "a millisecond over two hours", lambda: lasting(7200.001)),
    failing("VID008", "an allowed container that tells no duration", lambda: checked(
        a_movie(duration_ms=None), video=a_video(container="mpegts", duration_s=0.0),
        annex=the_annex(video={"containers": ["mpegts"]}, reencode=None))),
    failing("VID008", "sound that is over two hours", lambda: checked(
        video=a_video(sound_duration_s=7200.001), annex=the_annex(video={"duration_tolerance_s": 9000}))),
    at_limit("VID008", "two hours", lambda: lasting(7200.0)),
    passing("VID009", "a whole file", lambda: checked()),
    failing("VID009", "a file cut short, with its figures", lambda: video(
        failure=ProbeFailure.TRUNCATED, detail="told by probe", size_bytes=3_000_000)),
    failing("VID009", "a file cut short, without figures", lambda: failed(ProbeFailure.TRUNCATED)),
    at_limit("VID009", "cut short and of a wrong codec", lambda: video(
        failure=ProbeFailure.TRUNCATED, codec="hevc"), "VID006", "VID009"),
    passing("VID010", "the catalogue's size", lambda: checked()),
    passing("VID010", "a catalogue that names no size", lambda: checked(a_movie(sources=[a_source(filesize=None)]))),
    failing("VID010", "half the size", lambda: video(size_bytes=2_500_000)),
    at_limit("VID010", "one byte less", lambda: video(size_bytes=4_999_999), "VID010"),
    passing("VID011", "an answer", lambda: checked()),
    failing("VID011", "no answer", lambda: failed(ProbeFailure.UNAVAILABLE)),
    failing("VID011", "a host that refuses an address", lambda: failed(ProbeFailure.REFUSED)),
    at_limit("VID011", "a refusal of ours is no outage", lambda: failed(ProbeFailure.URL_REFUSED), "VID002"),
    passing("VID012", "22 minutes", lambda: checked(annex=the_annex(video={"min_duration_s": 60}))),
    failing("VID012", "a millisecond under the least", lambda: lasting(
        59.999, annex=the_annex(video={"min_duration_s": 60}))),
    at_limit("VID012", "the least", lambda: lasting(60.0, annex=the_annex(video={"min_duration_s": 60}))),
    at_limit("VID012", "a second where nothing is asked", lambda: lasting(1.0)),
    passing("VID013", "the catalogue's duration", lambda: checked()),
    passing("VID013", "a catalogue that names none", lambda: checked(a_movie(duration_ms=None))),
    failing("VID013", "5.001 s more", lambda: video(duration_s=1325.001, sound_duration_s=1322.0)),
    failing("VID013", "5.001 s less", lambda: video(duration_s=1314.999, sound_duration_s=1318.0)),
    at_limit("VID013", "5 s more", lambda: video(duration_s=1325.0)),
    passing("VID014", "sound", lambda: checked(annex=the_annex(video={"audio_required": True}))),
    failing("VID014", "no sound", lambda: checked(
        video=a_video(has_audio=False), annex=the_annex(video={"audio_required": True}))),
    at_limit("VID014", "no sound where nothing is asked", lambda: video(has_audio=False)),
    passing("VID015", "5 MB", lambda: checked()),
    failing("VID015", "one byte over", lambda: sized(MOST_BYTES + 1)),
    failing("VID015", "told by the probe", lambda: failed(ProbeFailure.TOO_LARGE)),
    at_limit("VID015", "the most bytes", lambda: sized(MOST_BYTES)),
    passing("VID016", "an MP4", lambda: checked()),
    failing("VID016", "a QuickTime file only", lambda: checked(a_movie(sources=[QUICKTIME]))),
    at_limit("VID016", "an MP4 beside a larger QuickTime file", lambda: checked(
        a_movie(sources=[QUICKTIME | {"height": 2160}, a_source()]))),
    at_limit("VID016", "a QuickTime file where nothing is re-encoded", lambda: checked(
        a_movie(sources=[QUICKTIME]), annex=the_annex(reencode=None)), "VID001"),
    passing("VID017", "a good result", lambda: encoded()),
    failing("VID017", "the codec it had before", lambda: encoded(codec="hevc")),
    failing("VID017", "half of it", lambda: encoded(duration_s=660.0)),
    failing("VID017", "a still with all of the sound", lambda: encoded(duration_s=0.04)),
    failing("VID017", "half of the sound", lambda: encoded(sound_duration_s=660.0)),
    failing("VID017", "no sound any more", lambda: encoded(has_audio=False)),
    at_limit("VID017", "5 s less", lambda: encoded(duration_s=1315.0)),
    at_limit("VID017", "5.001 s less", lambda: encoded(duration_s=1314.999), "VID017"),
    at_limit("VID017", "5 s less of the sound", lambda: encoded(sound_duration_s=1315.0)),
    passing("VID018", "picture and sound of one length", lambda: checked()),
    failing("VID018", "sound that goes on without a picture", lambda: video(sound_duration_s=1325.001)),
    failing("VID018", "a picture that goes on without sound", lambda: video(sound_duration_s=1314.999)),
    at_limit("VID018", "5 s apart", lambda: video(sound_duration_s=1315.0)),
    at_limit("VID018", "no sound at all", lambda: video(sound_duration_s=0.0, has_audio=False)),
    passing("VID019", "an open file", lambda: checked()),
    failing("VID019", "encrypted, with its figures", lambda: video(failure=ProbeFailure.ENCRYPTED, detail="encv")),
    failing("VID019", "encrypted, without figures", lambda: failed(ProbeFailure.ENCRYPTED)),
    at_limit("VID019", "encrypted and of a wrong codec", lambda: video(
        failure=ProbeFailure.ENCRYPTED, codec="hevc"), "VID006", "VID019"),
    passing("VID020", "a host of the allow-list", lambda: checked()),
    failing("VID020", "another host", lambda: failed(ProbeFailure.HOST_NOT_ALLOWED)),
    at_limit("VID020", "no address at all", lambda: failed(ProbeFailure.URL_REFUSED), "VID002"),
    passing("VID021", "8 bits, 4:2:0", lambda: video(pixel_format="yuv420p")),
    failing("VID021", "10 bits", lambda: video(pixel_format="yuv420p10le")),
    failing("VID021", "4:2:2", lambda: video(pixel_format="yuv422p")),
    failing("VID021", "4:4:4", lambda: video(pixel_format="yuv444p")),
    at_limit("VID021", "the full range of 8 bits", lambda: video(pixel_format="yuvj420p")),
    at_limit("VID021", "unknown", lambda: video(pixel_format="")),
    at_limit("VID021", "10 bits where the annex names nothing", lambda: checked(
        video=a_video(pixel_format="yuv420p10le"), annex=the_annex(video={"pixel_formats": {"allowed": []}}))),
    passing("VID022", "progressive", lambda: video(field_order="progressive")),
    failing("VID022", "interlaced", lambda: video(field_order="tt")),
    at_limit("VID022", "unknown", lambda: video(field_order="")),
    at_limit("VID022", "interlaced where the annex allows it", lambda: checked(
        video=a_video(field_order="bb"), annex=the_annex(video={"interlaced": "allow"}))),
    passing("VID023", "a media that can be played", lambda: in_jw("oThEr001")),
    failing("VID023", "failed", lambda: in_jw("aB3dE6gH")),
    failing("VID023", "gone", lambda: in_jw("gOnE0001")),
    at_limit("VID023", "no media of JW Player", lambda: in_jw(None)),
    at_limit("VID023", "nobody knows", lambda: in_jw("aB3dE6gH", NO_STATES)),
)  # fmt: skip
