"""Re-encodes: which titles need one, what is made once and kept, and which error counts against the file."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest

from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.clients.ffprobe import Answer
from edye_delivery.clients.streams import Stream
from edye_delivery.errors import ConfigurationInvalid, EncodeFailed, MediaUnavailable, Transient
from edye_delivery.pipeline import reencode as reencode_step
from edye_delivery.pipeline.reencode import Reencoder
from tests.artifacts import Artifacts
from tests.builders import the_annex
from tests.unit.pipeline.builders import ANNEX, AT, BAD_CODEC, BAD_GENRE, checked_for, plan_for

CONTENT = b"hevc data"
FILM = Answer("matroska", 1.0, (Stream(0, "video", "hevc"),))
VIDEO = VideoFacts(
    url="a", container="matroska", codec="hevc", width_px=1280, height_px=720, size_bytes=9, etag='"e"', duration_s=1,
    has_audio=True,
)  # fmt: skip
PLAN = plan_for()
BUDGET_S = ANNEX.reencode.batch_budget_s
NOT_NOW, NOT_FIXED = "VID011", "VID017"


class Source:
    """The original; `size_bytes` is what it has by now."""

    def __init__(self, size_bytes=9, etag='"e"', error=None):
        self.size_bytes, self.etag, self.error, self.opened = size_bytes, etag, error, 0

    @contextmanager
    def open(self, checked, offset=0):
        self.opened += 1
        if self.error is not None:
            raise self.error
        source = self

        class Opened:
            size_bytes, etag = source.size_bytes, source.etag

            def blocks(self):
                return iter([CONTENT])

        yield Opened()


class Encoder:
    """Writes these bytes, or fails."""

    def __init__(self, content=b"no film at all", error=None):
        self.content, self.error, self.jobs = content, error, []

    def __call__(self, job, profile, clock):
        self.jobs.append(job)
        if self.error is not None:
            raise self.error
        job.target.write_bytes(self.content)


def waiting(plan=PLAN, **facts):
    return checked_for(plan, **({"video": VIDEO, "findings": (BAD_CODEC,)} | facts))


@pytest.fixture
def reencode(tmp_path, monkeypatch, pauses):
    """One run's re-encodes; the artifacts of all runs of a test are the same."""
    monkeypatch.setattr(reencode_step, "SPARE_BYTES", 0)
    files = Artifacts()

    def reencode(*titles, encoder=None, source=None, annex=ANNEX, film=FILM, **changes):
        reencoder = Reencoder(
            annex, source or Source(), files, tmp_path, AT.date(), pauses.clock, encoder or Encoder(), lambda _: film,
            **changes,
        )  # fmt: skip
        return reencoder.reencode_batch(titles)

    reencode.files = files
    return reencode


def codes(checked):
    return [finding.code for finding in blocking(checked.findings)]


@pytest.mark.parametrize(
    ("checked", "annex", "waits"),
    [
        (waiting(), ANNEX, True),
        (waiting(findings=()), ANNEX, False),
        (waiting(PLAN.model_copy(update={"reencode_asked": True}), findings=()), ANNEX, True),
        (waiting(findings=(BAD_CODEC, BAD_GENRE)), ANNEX, False),
        (waiting(video=None), ANNEX, False),
        (waiting(video=VIDEO.model_copy(update={"failure": ProbeFailure.TRUNCATED})), ANNEX, False),
        (waiting(PLAN.model_copy(update={"media": None})), ANNEX, False),
        (waiting(), the_annex(reencode=None), False),
    ],
    ids=["codec", "good", "asked for", "genre too", "not measured", "cut short", "no media", "no profile"],
)
def test_only_a_title_that_a_new_encode_alone_fixes_waits_for_one(reencode, tmp_path, pauses, checked, annex, waits):
    reencoder = Reencoder(annex, Source(), Artifacts(), tmp_path, AT.date(), pauses.clock)
    assert reencoder.waiting((checked,)) == ((checked,) if waits else ())
    encoder = Encoder()
    [done] = reencode(checked, encoder=encoder, annex=annex)
    assert len(encoder.jobs) == waits
    assert waits or done == checked


def test_titles_come_back_in_order_and_those_that_do_not_wait_as_they_were(reencode):
    good = checked_for(plan_for(2))
    first, second = reencode(waiting(), good)
    assert first.plan.title.id == "m-1"
    assert second == good


def test_a_file_that_cannot_be_encoded_stays_rejected_and_is_not_begun_again(reencode):
    encoder = Encoder(error=EncodeFailed("a frame cannot be decoded"))
    for _ in range(2):
        [checked] = reencode(waiting(), encoder=encoder)
        assert codes(checked) == ["VID006", NOT_FIXED]
        assert "a frame cannot be decoded" in checked.findings[-1].message
        assert checked.encode is None
    assert len(encoder.jobs) == 1


@pytest.mark.parametrize(
    ("changes", "tries"),
    [
        ({"again": True}, 2),
        ({"annex": the_annex(reencode={"time_limit_s": 9000})}, 2),
        ({"annex": the_annex(reencode={"crf": 20})}, 2),
        ({"annex": the_annex(video={"max_duration_s": 9000})}, 2),
        ({"annex": the_annex(batch_size=7)}, 1),
    ],
    ids=["a person", "time limit", "profile", "longest film", "another key"],
)
def test_a_failed_encode_is_begun_again_for_a_person_or_other_limits(reencode, changes, tries):
    encoder = Encoder(error=EncodeFailed("no"))
    reencode(waiting(), encoder=encoder)
    reencode(waiting(), encoder=encoder, **changes)
    assert len(encoder.jobs) == tries


def test_another_file_behind_the_same_address_is_another_encode(reencode):
    encoder = Encoder(error=EncodeFailed("no"))
    reencode(waiting(), encoder=encoder)
    other = waiting(video=VIDEO.model_copy(update={"etag": '"f"'}))
    reencode(other, encoder=encoder, source=Source(etag='"f"'))
    assert len(encoder.jobs) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        {"encoder": Encoder(error=Transient("ffmpeg was ended"))},
        {"encoder": Encoder(error=OSError(2, "no such file"))},
        {"encoder": Encoder(error=ValueError("nobody foresaw this"))},
        {"source": Source(size_bytes=10)},
        {"source": Source(error=Transient("503"))},
    ],
    ids=["ended", "file", "bug", "changed", "no answer"],
)
def test_what_says_nothing_of_the_file_is_tried_by_the_next_run(reencode, trouble):
    [checked] = reencode(waiting(), **trouble)
    assert codes(checked) == [NOT_NOW]
    encoder = Encoder(error=EncodeFailed("no"))
    reencode(waiting(), encoder=encoder)
    assert len(encoder.jobs) == 1


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"source": Source(error=MediaUnavailable("404"))}, NOT_FIXED),
        ({"film": Answer("matroska", 1.0, ())}, NOT_FIXED),
        ({"annex": the_annex(video={"max_size_bytes": 8})}, NOT_FIXED),
    ],
    ids=["gone", "no moving picture", "too large"],
)
def test_what_is_the_files_own_fault_rejects_its_title_without_an_encode(reencode, trouble, code):
    encoder = Encoder()
    [checked] = reencode(waiting(), encoder=encoder, **trouble)
    assert code in codes(checked)
    assert encoder.jobs == []


def test_a_trouble_of_the_installation_ends_the_step(reencode):
    with pytest.raises(ConfigurationInvalid):
        reencode(waiting(), encoder=Encoder(error=ConfigurationInvalid("ffmpeg knows no such encoder")))


def test_a_scratch_folder_without_room_leaves_the_title_to_the_next_run(reencode, monkeypatch):
    monkeypatch.setattr(reencode_step, "SPARE_BYTES", 2**62)
    source = Source()
    [checked] = reencode(waiting(), source=source)
    assert codes(checked) == [NOT_NOW]
    assert source.opened == 0


@pytest.mark.parametrize(("takes_s", "encodes"), [(BUDGET_S - 1, 2), (BUDGET_S, 1)], ids=["within", "used up"])
def test_a_batch_that_has_used_up_its_budget_leaves_the_rest_to_the_next_run(reencode, pauses, takes_s, encodes):
    class Slow(Encoder):
        def __call__(self, job, profile, clock):
            pauses.time.at += timedelta(seconds=takes_s)
            super().__call__(job, profile, clock)

    encoder = Slow(error=EncodeFailed("no"))
    _, second = reencode(waiting(), waiting(plan_for(2)), encoder=encoder)
    assert len(encoder.jobs) == encodes
    assert (codes(second) == [NOT_NOW]) is (encodes == 1)


def test_a_result_that_is_no_film_is_kept_rejected_and_not_made_again(reencode):
    encoder = Encoder(b"no film at all")
    for _ in range(2):
        [checked] = reencode(waiting(), encoder=encoder)
        assert NOT_FIXED in codes(checked)
    assert len(encoder.jobs) == 1
    assert encoder.content in reencode.files.values()


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_result_that_somebody_removed_or_cut_is_made_again(reencode, is_cut):
    encoder = Encoder(b"no film at all")
    reencode(waiting(), encoder=encoder)
    for name in [name for name, content in reencode.files.items() if content == encoder.content]:
        content = reencode.files.pop(name)
        if is_cut:
            reencode.files[name] = content[:-1]
    reencode(waiting(), encoder=encoder)
    assert len(encoder.jobs) == 2


def test_an_encode_is_given_what_the_whole_file_tells_and_the_annexs_bounds(reencode):
    film = Answer(
        "matroska", 5.0, (Stream(0, "video", "hevc", duration_s=4.0), Stream(1, "audio", "aac", duration_s=3.0))
    )
    encoder = Encoder()
    reencode(waiting(), encoder=encoder, film=film)
    [job] = encoder.jobs
    assert (job.picture, job.duration_s, job.picture_duration_s, job.sound_duration_s) == (0, 4.0, 4.0, 3.0)
    assert (job.max_duration_s, job.max_size_bytes) == (ANNEX.video.max_duration_s, ANNEX.video.max_size_bytes)


def test_a_good_encode_takes_the_originals_place_and_clears_its_findings(reencode, clips):
    content = clips.clip("good.mp4").read_bytes()
    warning = BAD_GENRE.model_copy(update={"severity": Severity.WARN})
    [checked] = reencode(waiting(findings=(BAD_CODEC, warning)), encoder=Encoder(content))
    assert codes(checked) == []
    assert [finding.code for finding in checked.findings if finding.code == "META008"] == ["META008"]
    assert [finding.code for finding in checked.fixed] == ["VID006"]
    assert (checked.encode.size_bytes, checked.encode.source) == (len(content), "hevc in matroska")
    assert (checked.video.codec, checked.video.width_px) == ("h264", 1280)
    assert reencode.files[checked.encode.name] == content
    assert checked.plan == PLAN


def test_how_long_each_re_encoded_title_took_is_kept_by_its_key(tmp_path, pauses, monkeypatch):
    monkeypatch.setattr(reencode_step, "SPARE_BYTES", 0)

    def encode(job, profile, clock):
        pauses.time.at += timedelta(seconds=5)
        raise EncodeFailed("no")

    reencoder = Reencoder(ANNEX, Source(), Artifacts(), tmp_path, AT.date(), pauses.clock, encode, lambda _: FILM)
    reencoder.reencode_batch((waiting(), checked_for(plan_for(2))))
    assert reencoder.seconds == {PLAN.delivery_key: 5.0}
