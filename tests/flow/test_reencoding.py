"""The whole line on media that only a new encode fixes: it reaches the partner as it wants it, encoded once."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Correction
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.encode import encode
from edye_delivery.clients.probe import probe_video
from edye_delivery.errors import ConfigurationInvalid, EncodeFailed, MediaChanged, Transient
from edye_delivery.pipeline.media_source import MediaSource, StoredReader
from edye_delivery.qc.check import check_media
from tests.builders import an_episode
from tests.flow.line import DAY, Artifacts, Encoder, repack
from tests.unit.clients.local_web import local_web
from tests.unit.clients.test_probe_streams import still_before
from tests.unit.qc.clips import H264, HEVC, Clips

HEVC_TITLE, MKV_TITLE, LOW_TITLE, LONG_TITLE = (
    "EDYE_MOV_000111_ES", "EDYE_PLANETA_S02E03_ES", "EDYE_CORTO_000311_ES", "EDYE_MOV_000112_ES",
)  # fmt: skip
MPEG4 = ("-c:v", "mpeg4", "-q:v", "5")
REPACKED = {"preset": "ultrafast", "crf": 51}  # a profile of its own, so that no other test finds what was repacked


class Counting:
    """An encoder that counts what it is asked for, and fails where it is told to."""

    def __init__(self, error: Exception | None = None, using: Encoder = encode) -> None:
        self.names: list[str] = []
        self.error, self.using = error, using

    def __call__(self, job, profile, clock):
        self.names.append(job.name)
        if self.error is not None:
            raise self.error
        self.using(job, profile, clock)


def titles_of(report):
    return {title.external_id: title for title in report.titles}


@pytest.mark.parametrize(
    ("name", "rule", "original"), [(HEVC_TITLE, "VID006", "hevc in mp4"), (MKV_TITLE, "VID005", "h264 in matroska")]
)
def test_the_partner_gets_an_mp4_and_the_report_says_from_what(line, name, rule, original):
    title = titles_of(line.run(external_ids=(name,)))[name]
    assert (title.state, title.rules) == ("accepted", ())
    assert line.ledger.deliveries([title.delivery_key])[title.delivery_key].state == "accepted"
    assert [finding.code for finding in title.fixed] == [rule]
    assert title.reencoded == f"re-encoded from {original}, the original is kept"
    assert any(original in criterion.evidence for criterion in title.criteria)
    (arrived,) = line.arrivals(name)
    assert arrived["status"] == "completed"
    sent = [content for key, content in line.artifacts.items() if key.startswith("encodes/") and key.endswith("mp4")]
    assert arrived["sha256"] in {hashlib.sha256(content).hexdigest() for content in sent}
    assert arrived["filename"] == f"{name}.mp4"


def test_by_ftp_the_re_encoded_file_arrives_too(ftp_line):
    title = titles_of(ftp_line.run(external_ids=(HEVC_TITLE,)))[HEVC_TITLE]
    assert (title.state, title.channel) == ("accepted", "ftp")
    assert title.reencoded.startswith("re-encoded from hevc in mp4")


@pytest.fixture
def repacking(make_line):
    """A line with an empty store that fixes a container in no time, for tests of when and how often it is asked to."""
    line = make_line(reencode=REPACKED)
    line.artifacts.clear()
    line.encode = repack
    return line


def test_what_was_encoded_once_is_found_by_every_later_run(repacking):
    repacking.encode = first = Counting(using=repack)
    repacking.run(external_ids=(MKV_TITLE,))
    repacking.encode = later = Counting(using=repack)
    assert repacking.run("run-2", external_ids=(MKV_TITLE,)).totals.sent == 0
    assert repacking.run("run-3", external_ids=(MKV_TITLE,), force_resend=True).totals.sent == 1
    assert (first.names, later.names) == ([MKV_TITLE], [])
    assert len({content["sha256"] for content in repacking.arrivals(MKV_TITLE)}) == 1


def test_another_profile_is_another_encode(repacking, make_line):
    repacking.run(external_ids=(MKV_TITLE,))
    line = make_line(reencode=REPACKED | {"crf": 50})
    line.encode = again = Counting(using=repack)
    line.run("run-2", external_ids=(MKV_TITLE,), force_resend=True)
    assert again.names == [MKV_TITLE]


def test_what_no_encode_fixes_stays_with_content_operations(line):
    line.encode = never = Counting()
    report = titles_of(line.run(external_ids=(LOW_TITLE, LONG_TITLE)))
    assert {name: (title.state, title.rules) for name, title in report.items()} == {
        LOW_TITLE: ("rejected", ("VID007",)),
        LONG_TITLE: ("rejected", ("VID008",)),
    }
    assert {title.owner for title in report.values()} == {"Content Operations"}
    assert never.names == []


def test_without_the_section_in_the_annex_nothing_is_re_encoded(make_line):
    line = make_line(reencode=None)
    title = titles_of(line.run(external_ids=(HEVC_TITLE,)))[HEVC_TITLE]
    assert (title.state, title.rules, title.reencoded) == ("rejected", ("VID006",), "")


def test_a_dry_run_only_says_what_would_be_re_encoded(line):
    line.artifacts.clear()
    line.encode = never = Counting()
    title = titles_of(line.run(external_ids=(HEVC_TITLE,), dry_run=True))[HEVC_TITLE]
    assert (title.state, title.rules) == ("rejected", ("VID006",))
    assert title.reencoded == "would be re-encoded from hevc in mp4 by a run that sends"
    assert title.next_step == "nothing: a run that sends re-encodes it"
    assert never.names == []
    assert not [name for name in line.artifacts if name.startswith("encodes/")]


@pytest.mark.parametrize("error", [EncodeFailed("it did not end within 7200 s"), None], ids=["time limit", "real"])
def test_an_encode_that_fails_rejects_its_title_with_all_that_was_found_and_no_other(line, error):
    line.artifacts.clear()
    line.encode = Counting(error or EncodeFailed("ffmpeg refuses"))
    report = titles_of(line.run(external_ids=(HEVC_TITLE, "EDYE_PLANETA_S01E01_ES")))
    title = report[HEVC_TITLE]
    assert (title.state, title.cause, title.owner) == ("rejected", "media", "Content Operations")
    assert title.rules == ("VID006", "VID017")
    assert str(line.encode.error) in title.detail
    assert title.reencoded == ""
    assert report["EDYE_PLANETA_S01E01_ES"].state == "accepted"
    assert line.arrivals(HEVC_TITLE) == []


@pytest.mark.parametrize("error", [Transient("ffmpeg was ended by signal 9"), OSError(28, "No space left on device")])
def test_an_encode_that_could_not_be_made_now_is_made_by_the_next_run(repacking, error):
    repacking.encode = Counting(error)
    title = titles_of(repacking.run(external_ids=(MKV_TITLE,)))[MKV_TITLE]
    assert (title.state, title.cause, title.owner, title.rules) == ("failed", "transient", "DevOps", ("VID011",))
    repacking.encode = repack
    assert titles_of(repacking.run("run-2", external_ids=(MKV_TITLE,)))[MKV_TITLE].state == "accepted"


def test_a_profile_by_which_nothing_can_be_encoded_ends_the_step_and_is_held_against_no_file(make_line):
    line = make_line(reencode=REPACKED | {"encoder": "libnone"})
    line.artifacts.clear()
    with pytest.raises(ConfigurationInvalid, match="Unknown encoder 'libnone'"):
        line.run(external_ids=(MKV_TITLE,))
    assert [name for name in line.artifacts if name.endswith("failed.json")] == []


def test_what_nobody_foresaw_while_one_title_is_encoded_costs_that_one_only(line):
    line.artifacts.clear()
    line.encode = Counting(RecursionError("a box in a box"))
    report = titles_of(line.run(external_ids=(HEVC_TITLE, "EDYE_PLANETA_S01E01_ES")))
    assert (report[HEVC_TITLE].state, report[HEVC_TITLE].cause) == ("failed", "transient")
    assert "RecursionError" in report[HEVC_TITLE].detail
    assert report["EDYE_PLANETA_S01E01_ES"].state == "accepted"


def test_what_could_not_be_encoded_is_not_begun_again_by_any_later_run(repacking):
    repacking.encode = Counting(EncodeFailed("ffmpeg refuses"))
    repacking.run(external_ids=(MKV_TITLE,))
    repacking.encode = never = Counting(using=repack)
    title = titles_of(repacking.run("run-2", external_ids=(MKV_TITLE,)))[MKV_TITLE]
    assert never.names == []
    assert (title.state, title.rules) == ("rejected", ("VID005", "VID017"))
    assert "ffmpeg refuses (that was on 20" in title.detail
    assert "not begun again until the file or the annex's limits change, or a redelivery" in title.detail


def test_a_person_has_what_could_not_be_encoded_begun_again(repacking):
    repacking.encode = Counting(EncodeFailed("ffmpeg refuses"))
    repacking.run(external_ids=(MKV_TITLE,))
    repacking.encode = again = Counting(using=repack)
    report = repacking.run("run-2", external_ids=(MKV_TITLE,), correction=Correction.MEDIA)
    assert (titles_of(report)[MKV_TITLE].state, again.names) == ("accepted", [MKV_TITLE])


@pytest.mark.parametrize(
    "changes",
    [{"reencode": REPACKED | {"crf": 50}}, {"reencode": REPACKED | {"time_limit_s": 9000}}],
    ids=["another profile", "more time"],
)
def test_other_limits_have_what_could_not_be_encoded_begun_again(repacking, make_line, changes):
    repacking.encode = Counting(EncodeFailed("it did not end within 7200 s"))
    repacking.run(external_ids=(MKV_TITLE,))
    line = make_line(**changes)
    line.encode = again = Counting(using=repack)
    assert titles_of(line.run("run-2", external_ids=(MKV_TITLE,)))[MKV_TITLE].state == "accepted"
    assert again.names == [MKV_TITLE]


def test_an_encode_that_vanished_from_the_store_is_made_anew(repacking):
    repacking.run(external_ids=(MKV_TITLE,))
    for name in [name for name in repacking.artifacts if name.endswith(".mp4")]:
        del repacking.artifacts[name]
    repacking.encode = again = Counting(using=repack)
    repacking.run("run-2", external_ids=(MKV_TITLE,), force_resend=True)
    assert again.names == [MKV_TITLE]


# --- files of our own, from a web server that gives neither ranges nor ETags ---


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def web():
    with local_web() as server:
        yield server


@pytest.fixture
def checked_of(line, web, tmp_path):
    """A title that was checked by its media file alone; `claims` is what else the catalogue says of the file."""

    def checked(path, media_type="video/mp4", asked=False, **claims):
        url = web.put(f"/{path.name}", path.read_bytes())
        title = an_episode(sources=[{"file": url, "type": media_type, **claims}], duration_ms=None)
        plan = plan_of(line.annex, title).model_copy(update={"reencode_asked": asked})
        video = probe_video(line.media_host, url, tmp_path)
        found = check_media(line.annex, plan, video, DAY[1].date())
        return CheckedTitle(plan=plan, video=video, findings=found.findings)

    return checked


@pytest.fixture
def line(make_line):
    """A line whose encodes are quick."""
    return make_line(reencode={"preset": "ultrafast"})


SOURCES = {
    "MPEG-4 in AVI": ("video/x-msvideo", lambda clips: clips.clip("mpeg4.avi", codec=MPEG4, options=())),
    "MPEG-4 in MP4": ("video/mp4", lambda clips: clips.clip("mpeg4.mp4", codec=MPEG4)),
    "H.264 in QuickTime": ("video/quicktime", lambda clips: clips.clip("h264.mov")),
    "H.264 in Matroska that is called MP4": ("video/mp4", lambda clips: clips.clip("h264.mkv", options=())),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_form_is_re_encoded_and_passes_the_same_rules_then(line, clips, checked_of, tmp_path, name):
    media_type, made = SOURCES[name]
    (checked,) = line.reencoder.reencode_batch((checked_of(made(clips), media_type),))
    assert blocking(checked.findings) == ()
    assert (checked.video.codec, checked.video.container) == ("h264", "mp4")
    assert checked.encode.profile_digest == line.annex.reencode.digest
    content = line.artifacts[checked.encode.name]
    assert (len(content), hashlib.sha256(content).hexdigest()) == (checked.encode.size_bytes, checked.encode.sha256)
    assert list((line.folder / "scratch").iterdir()) == []


def test_a_cover_picture_that_stands_first_does_not_replace_the_film(line, clips, checked_of):
    film = clips.clip("film.mp4", codec=HEVC, duration_s=3)
    source = still_before(clips, film, "cover-first.mp4")
    (checked,) = line.reencoder.reencode_batch((checked_of(source),))
    assert blocking(checked.findings) == ()
    assert (checked.video.codec, checked.encode.source) == ("h264", "hevc in mp4")
    assert checked.video.duration_s == checked.encode.source_picture_s == pytest.approx(3.0, abs=0.1)


def test_a_result_that_has_all_of_the_sound_and_hardly_a_picture_is_refused(make_line, clips, checked_of):
    line = make_line(reencode={"preset": "ultrafast"}, video={"duration_tolerance_s": 1})
    film = clips.clip("lost.mp4", codec=HEVC, duration_s=4)

    def keep_only_the_sound(job, profile, clock):
        made = clips.made(
            "hardly.mp4", "-t", "0.5", "-i", str(job.source), "-i", str(job.source), "-map", "0:v", "-map", "1:a",
            *H264,
        )  # fmt: skip
        shutil.copyfile(made, job.target)

    line.encode = keep_only_the_sound
    (checked,) = line.reencoder.reencode_batch((checked_of(film),))
    assert checked.encode is None
    assert [finding.code for finding in blocking(checked.findings)] == ["VID006", "VID017"]
    assert "its picture is 0.5" in checked.findings[-1].message


def test_a_source_whose_length_only_its_whole_file_tells_is_held_against_its_result(line, clips, checked_of):
    source = clips.clip("long.ts", duration_s=9, rate="4", options=())
    cut = clips.clip("third.mp4", duration_s=3, rate="4")
    line.encode = lambda job, profile, clock: shutil.copyfile(cut, job.target)
    checked = checked_of(source, "video/mp2t")
    assert checked.video.duration_s == 0.0
    (checked,) = line.reencoder.reencode_batch((checked,))
    assert [finding.code for finding in blocking(checked.findings)] == ["VID005", "VID016", "VID017"]
    assert "its picture is 3.000 s long, in the source 8." in checked.findings[-1].message


def test_two_titles_with_one_source_are_encoded_once_though_nothing_names_it(line, clips, checked_of):
    line.encode = counting = Counting()
    checked = checked_of(clips.clip("shared.mkv", options=()))
    other = checked.model_copy(update={"plan": checked.plan.model_copy(update={"delivery_key": "0" * 64})})
    first, second = line.reencoder.reencode_batch((checked, other))
    assert first.encode == second.encode
    assert len(counting.names) == 1


def test_what_the_budget_of_a_batch_does_not_reach_is_open_for_the_next_run_and_said_so(make_line, clips, checked_of):
    line = make_line(reencode=REPACKED | {"batch_budget_s": 100})
    line.artifacts.clear()
    begun = iter(range(1000))

    def slow(job, profile, clock):
        next(begun)
        repack(job, profile, clock)
        moments.append(moments[-1] + timedelta(seconds=60))

    moments = [DAY[1]]
    titles = tuple(
        checked_of(clips.clip(f"budget-{number}.mkv", options=(), duration_s=number)) for number in (2, 3, 4)
    )
    clock = Clock(now=lambda: moments[-1], sleep=lambda _: None, random=lambda: 0.5)
    done = replace(line.reencoder, encode=slow, clock=clock).reencode_batch(titles)
    assert [checked.encode is not None for checked in done] == [True, True, False]
    (finding,) = blocking(done[2].findings)
    assert (finding.code, finding.cause) == ("VID011", "transient")
    assert "used up its 100 s for re-encodes" in finding.message
    moments.append(moments[-1] + timedelta(days=1))
    done = replace(line.reencoder, encode=slow, clock=clock).reencode_batch(titles)
    assert (all(checked.encode for checked in done), next(begun)) == (True, 3)


def test_a_good_title_that_is_asked_for_is_encoded_too(line, clips, checked_of):
    asked, not_asked = (checked_of(clips.clip("good.mp4"), asked=asked) for asked in (True, False))
    (checked,) = line.reencoder.reencode_batch((asked,))
    assert (checked.encode.source, checked.fixed) == ("h264 in mp4", ())
    assert line.reencoder.reencode_batch((not_asked,)) == (not_asked,)


def test_a_source_that_is_cut_short_without_saying_so_is_found_by_its_result(line, clips, checked_of):
    path = clips.cut("cut.mkv", clips.clip("long.mkv", duration_s=20, rate="4", options=()), share=0.5)
    (checked,) = line.reencoder.reencode_batch((checked_of(path),))
    assert checked.encode is None
    assert [finding.code for finding in blocking(checked.findings)] == ["VID005", "VID017"]
    assert "in the source 20" in checked.findings[-1].message


def test_a_source_whose_length_only_its_end_tells_is_checked_by_its_result(make_line, clips, checked_of):
    line = make_line(reencode={"preset": "ultrafast"}, video={"max_duration_s": 2, "min_duration_s": 0})
    (checked,) = line.reencoder.reencode_batch(
        (checked_of(clips.clip("long.avi", duration_s=4, codec=MPEG4, options=()), "video/x-msvideo"),)
    )
    assert [finding.code for finding in blocking(checked.findings)] == ["VID005", "VID006", "VID016", "VID017"]
    stopped, or_checked = "longer than 2 s, whatever its header says", "expected 2 s or less"  # ffmpeg may be quicker
    assert stopped in checked.findings[-1].message or or_checked in checked.findings[-1].message


def test_a_file_that_is_not_the_one_that_the_catalogue_promises_is_not_encoded(line, clips, checked_of):
    line.encode = never = Counting()
    (checked,) = line.reencoder.reencode_batch((checked_of(clips.clip("h264.mkv", options=()), sha256="ab" * 32),))
    assert blocking(checked.findings)[-1].code == "VID017"
    assert "the catalogue says abab" in checked.findings[-1].message
    assert never.names == []


def test_a_file_that_changes_after_it_was_checked_is_not_encoded(line, clips, checked_of, web):
    checked = checked_of(clips.clip("h264.mkv", options=()))
    web.put("/h264.mkv", b"x" * 5000)
    line.encode = never = Counting()
    (checked,) = line.reencoder.reencode_batch((checked,))
    assert [finding.code for finding in blocking(checked.findings)] == ["VID011"]
    assert "changed between its check and" in checked.findings[0].message
    assert never.names == []


def test_a_file_that_only_looks_like_a_video_costs_its_own_title(line, clips, checked_of):
    broken = bytearray(clips.clip("broken-base.mkv", duration_s=4, options=(), sound=False).read_bytes())
    broken[len(broken) // 2 : len(broken) // 2 + 20_000] = bytes(range(250)) * 80
    hostile = checked_of(clips.written("broken.mkv", bytes(broken)))
    good = checked_of(clips.clip("hevc.mp4", codec=HEVC))
    first, second = line.reencoder.reencode_batch((hostile, good))
    assert [finding.code for finding in blocking(first.findings)] == ["VID005", "VID017"]
    assert second.encode is not None


def test_a_source_that_is_larger_than_the_annex_allows_is_not_fetched(make_line, clips, checked_of, web):
    checked = checked_of(clips.clip("h264.mkv", options=()))
    line = make_line(reencode={"preset": "ultrafast"}, video={"max_size_bytes": 1000})
    before = len(web.asked)
    (checked,) = line.reencoder.reencode_batch((checked,))
    assert "at most 1000 are read" in checked.findings[-1].message
    assert len(web.asked) == before


def test_an_encode_that_is_gone_at_its_upload_is_no_fault_of_the_title(line, clips, checked_of):
    (checked,) = line.reencoder.reencode_batch((checked_of(clips.clip("h264.mkv", options=())),))
    source = MediaSource(line.media_host, Artifacts())
    with pytest.raises(MediaChanged, match="no longer in the artifact store"), source.open(checked):
        pass


def test_an_encode_is_read_from_any_byte_on(line, clips, checked_of):
    (checked,) = line.reencoder.reencode_batch((checked_of(clips.clip("h264.mkv", options=())),))
    content = line.artifacts[checked.encode.name]
    for offset in (0, 1, 100_000, len(content) - 1, len(content)):
        with line.media.open(checked, offset) as stream:
            assert b"".join(stream.blocks()) == content[offset:]
    reader = StoredReader(line.artifacts, checked.encode)
    media = reader.describe("any")
    assert reader.read(media, 5, 200_000) == content[5:200_005]
    assert reader.read(media, len(content) - 3, 10) == content[-3:]
