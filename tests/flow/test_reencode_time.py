"""The time of a batch's re-encodes: no download takes all of it, and what it ends is held against no file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.reencode import BATCH_MAX_S
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.encode import EncodeJob
from edye_delivery.clients.ffprobe import Answer
from edye_delivery.clients.streams import Stream
from edye_delivery.errors import EncodeFailed, Transient
from edye_delivery.pipeline import reencode as reencoding
from edye_delivery.pipeline.reencode import Reencoder
from edye_delivery.qc.rule import RULES
from tests.builders import an_episode, the_annex
from tests.flow.line import Artifacts

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
BUDGET_S = 1000
ANNEX = the_annex(reencode={"batch_budget_s": BUDGET_S})
BLOCK = b"x" * 100
A_MINUTE_OF_FILM = Answer("matroska", 60.0, (Stream(0, "video", "h264"),))


@dataclass
class Hosts:
    """Media hosts by title, with the seconds that each block takes; a clock that goes on meanwhile."""

    seconds: dict[str, list[float]]
    now: datetime = START
    read: list[str] = field(default_factory=list)

    @contextmanager
    def open(self, checked: CheckedTitle, offset: int = 0) -> Iterator[Any]:
        yield OpenFile(self, checked.plan.title.id, self.size_bytes(checked.plan.title.id))

    def size_bytes(self, edye_id: str) -> int:
        return len(self.seconds[edye_id]) * len(BLOCK)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=lambda _: None, random=lambda: 0.5)


@dataclass
class OpenFile:
    hosts: Hosts
    edye_id: str
    size_bytes: int
    etag: str = '"e"'

    def blocks(self) -> Iterator[bytes]:
        for seconds in self.hosts.seconds[self.edye_id]:
            self.hosts.now += timedelta(seconds=seconds)
            self.hosts.read.append(self.edye_id)
            yield BLOCK


@dataclass
class Encoder:
    """Notes what it is given and how much later than the beginning, and fails as it is told to."""

    hosts: Hosts
    error: Exception = field(default_factory=lambda: EncodeFailed("ffmpeg refuses"))
    jobs: list[EncodeJob] = field(default_factory=list)

    def __call__(self, job: EncodeJob, *_: Any) -> None:
        self.jobs.append(job)
        raise self.error


@pytest.fixture
def reencode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reencoding, "SPARE_BYTES", 0)
    files = Artifacts()

    def reencode(hosts: Hosts, encoder: Encoder) -> dict[str, str]:
        source: Any = hosts
        reencoder = Reencoder(
            ANNEX, source, files, tmp_path, START.date(), hosts.clock, encoder, lambda path: A_MINUTE_OF_FILM
        )
        done = reencoder.reencode_batch(tuple(waiting(edye_id, hosts) for edye_id in hosts.seconds))
        return {one.plan.title.id: "; ".join(f"{f.code} {f.message}" for f in blocking(one.findings)) for one in done}

    return reencode


def waiting(edye_id: str, hosts: Hosts) -> CheckedTitle:
    number = int(edye_id.removeprefix("ep-"))
    media = {"file": f"http://media.example/{edye_id}.mp4", "type": "video/mp4", "height": 720}
    plan = plan_of(ANNEX, an_episode(id=edye_id, episode_number=number, sources=[media]))
    video = VideoFacts(
        url="a", container="matroska", codec="h264", size_bytes=hosts.size_bytes(edye_id), etag='"e"', duration_s=60
    )
    return CheckedTitle(plan=plan, video=video, findings=(RULES["VID005"].finding("it is matroska"),))


def test_a_source_that_comes_too_slowly_is_left_to_the_next_run_and_its_neighbours_go_on(reencode):
    hosts = Hosts({"ep-1": [150] * 10, "ep-2": [1] * 10, "ep-3": [80] * 10})
    told = reencode(hosts, encoder := Encoder(hosts))
    assert hosts.read.count("ep-1") == 1
    assert told["ep-1"].startswith("VID011 ")
    assert "came at 1 bytes a second, too slowly for its 1,000 bytes" in told["ep-1"]
    assert told["ep-1"].endswith("; the next run of its window does")
    assert [job.name for job in encoder.jobs] == ["EDYE_PLANETA_S01E02_ES", "EDYE_PLANETA_S01E03_ES"]


def test_a_rate_of_less_than_a_minute_decides_nothing(reencode):
    hosts = Hosts({"ep-1": [59, *[1] * 19]})
    reencode(hosts, encoder := Encoder(hosts))
    assert len(encoder.jobs) == 1


def test_a_download_that_reaches_the_end_of_the_budget_is_no_failure_of_its_file(reencode):
    hosts = Hosts({"ep-1": [1] * 9 + [1000]})
    assert "VID011" in reencode(hosts, never := Encoder(hosts))["ep-1"]
    assert never.jobs == []
    quick = Hosts({"ep-1": [1] * 10})
    reencode(quick, again := Encoder(quick))
    assert len(again.jobs) == 1


def test_an_encode_is_given_the_end_of_its_batch_not_of_its_own_beginning(reencode):
    hosts = Hosts({"ep-1": [50] * 10, "ep-2": [1] * 10})
    reencode(hosts, encoder := Encoder(hosts))
    assert [job.ends_at for job in encoder.jobs] == [START + timedelta(seconds=BATCH_MAX_S)] * 2


def test_an_encode_that_the_end_of_its_batch_ended_is_begun_again_by_the_next_run(reencode):
    hosts = Hosts({"ep-1": [1] * 10})
    told = reencode(hosts, Encoder(hosts, Transient("the time of its batch was over while ffmpeg worked on it")))
    assert told["ep-1"].startswith("VID011 ")
    assert "the time of its batch was over" in told["ep-1"]
    reencode(hosts, again := Encoder(hosts))
    assert len(again.jobs) == 1
