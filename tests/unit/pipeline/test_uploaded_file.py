"""One uploaded file is checked in a worker process as `check` and `lint-feed` would check it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.jobs import run_here
from edye_delivery.clients.workers import Workers
from edye_delivery.errors import PictureBroken
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.pipeline.file_inputs import Unusable
from edye_delivery.pipeline.uploaded_file import WORKER_LIMITS, CheckedFeed, UploadKind, check_upload
from tests.unit.command_line import feeds
from tests.unit.qc.builders import ANNEX, a_movie

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def run():
    with Workers(ANNEX.images, 1, **WORKER_LIMITS) as workers:
        yield workers.run


def a_feed(count, **changes):
    return feeds.as_bytes(feeds.a_feed(*[feeds.an_asset(id=f"id-{number}", **changes) for number in range(count)]))


def an_item(**changes):
    return json.dumps(a_movie().model_dump(mode="json", exclude={"series", "custom_thumbnails"}) | changes).encode()


def test_a_feed_whose_index_needs_the_disk_is_read_to_its_end(run):
    checked = check_upload(ANNEX, ("feed.json", a_feed(40_000)), UploadKind.AUTO, NOW, run)
    assert isinstance(checked, CheckedFeed)
    assert sum(checked.items.values()) == 40_000
    assert {rule.code: rule.count for rule in checked.rules}["FEED407"] == 39_999
    assert checked.count(FeedSeverity.ERROR) == 0


@pytest.mark.parametrize("kind", [UploadKind.AUTO, UploadKind.METADATA])
def test_a_title_has_the_findings_of_its_rules_and_comes_back_whole(run, kind):
    in_worker = check_upload(ANNEX, ("item.json", an_item(ratings=[])), kind, NOW, run)
    assert in_worker == check_upload(ANNEX, ("item.json", an_item(ratings=[])), kind, NOW, run_here)
    assert in_worker.findings


def test_a_live_feed_is_checked_by_the_profile_of_live_feeds(run):
    live, search = (
        check_upload(ANNEX, ("feed.json", a_feed(1)), kind, NOW, run)
        for kind in (UploadKind.LIVE_FEED, UploadKind.FEED)
    )
    assert (live.kind, live.profile) == ("live", "roku")
    assert (search.kind, search.profile) == ("search", "schema")


def test_json_that_costs_too_much_is_a_sentence_about_the_file():
    def run(job, content, options, cpu_s):
        raise PictureBroken(f"decoding it took more than {cpu_s:g} s of processor time and was stopped")

    with pytest.raises(Unusable, match=r"^feed.json cannot be checked: decoding it took more than 60 s"):
        check_upload(ANNEX, ("feed.json", b'{"assets": []}'), UploadKind.FEED, NOW, run)


def test_a_series_that_is_too_large_is_refused_before_it_is_read(run):
    with pytest.raises(Unusable, match=r"^the file of the series has 5,000,000 bytes"):
        check_upload(ANNEX, ("item.json", an_item()), UploadKind.METADATA, NOW, run, b" " * 5_000_000)
