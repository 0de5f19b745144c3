"""The check of a batch: what is fetched and how often, and what a title without time or media gets."""

from __future__ import annotations

import io
from threading import Lock

import httpx
import pytest
from PIL import Image

from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.jw_states import BadMedia, MediaState, MediaStates, UsableStates
from edye_delivery.clients.media import MediaHost
from edye_delivery.pipeline.check import NO_OTHER_ADDRESS, NOT_MEASURED, BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from tests.artifacts import Artifacts
from tests.unit.clients.transport import RETRY_POLICY, client_of
from tests.unit.pipeline.builders import ANNEX, AT, BAD_GENRE, Pauses, plan_for

FRESH = "http://media.example/fresh.mp4"


def a_poster():
    content = io.BytesIO()
    Image.new("RGB", (800, 1200), "teal").save(content, "JPEG")
    return content.getvalue()


POSTER = a_poster()


class Host:
    """A media host: one answer for each address, 404 for all others; it notes what it was asked for."""

    def __init__(self, **answers):
        self.answers, self.asked, self.lock = answers, [], Lock()

    def __call__(self, request):
        name = request.url.path.strip("/").rpartition(".")[0]
        with self.lock:
            self.asked.append(name)
        answer = self.answers.get(name, 404)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(200, content=answer)


class Fresh:
    def __init__(self, url=None):
        self.url = url

    def source_of(self, plan):
        return plan.media.model_copy(update={"file": self.url}) if self.url else None


def poster(name="poster"):
    return {"kind": "poster", "url": f"http://media.example/{name}.jpg"}


@pytest.fixture
def checker(tmp_path):
    def make(host, **changes):
        reader = MediaHost(client_of(host), frozenset({"media.example"}), RETRY_POLICY, Pauses().clock)
        pictures = PictureChecker(ANNEX, reader, changes.pop("store", Artifacts()), run_here)
        return BatchChecker(ANNEX, reader, tmp_path, AT.date(), pictures, **changes)

    return make


def codes(checked):
    return [finding.code for finding in blocking(checked.findings)]


def test_an_empty_batch_asks_nobody(checker):
    host = Host()
    assert checker(host).check_batch(()) == ()
    assert host.asked == []


def test_titles_come_back_in_order_whatever_was_found_of_them(checker):
    plans = tuple(plan_for(number) for number in (3, 1, 2))
    checked = checker(Host()).check_batch(plans)
    assert [one.plan for one in checked] == list(plans)
    assert {one.video.failure for one in checked} == {ProbeFailure.NOT_FOUND}


def test_a_title_without_media_is_not_measured_and_says_so(checker):
    host = Host()
    [checked] = checker(host).check_batch((plan_for().model_copy(update={"media": None}),))
    assert checked.video is None
    assert "VID001" in codes(checked)
    assert "1" not in host.asked


def test_a_title_whose_media_jw_player_cannot_play_is_held_and_the_others_are_not(checker):
    bad = {"bAd00001": BadMedia(state=MediaState.GONE)}
    states = UsableStates(states=MediaStates(swept_at=AT, media_read=2, bad=bad))
    plans = plan_for(1, jwp_id="bAd00001"), plan_for(2, jwp_id="gOoD0002"), plan_for(3)
    held, other, without = checker(Host(), media_states=states).check_batch(plans)
    assert "VID023" in codes(held)
    assert "VID023" not in codes(other) + codes(without)
    assert "VID023" not in dict(other.skipped)


def test_where_nobody_knows_what_jw_player_says_nothing_is_held_and_that_is_said(checker):
    [checked] = checker(Host()).check_batch((plan_for(jwp_id="bAd00001"),))
    assert "VID023" not in codes(checked)
    assert "JW Player was not asked" in dict(checked.skipped)["VID023"]


def test_what_the_plan_found_stays_among_the_findings(checker):
    [checked] = checker(Host()).check_batch((plan_for().model_copy(update={"findings": (BAD_GENRE,)}),))
    assert "META008" in codes(checked)


@pytest.mark.parametrize(("ends_at_s", "asks"), [(10.0, False), (10.1, True)], ids=["over", "not over"])
def test_a_title_that_was_not_begun_in_time_is_left_to_the_next_run(checker, ends_at_s, asks):
    host, plan = Host(), plan_for().model_copy(update={"findings": (BAD_GENRE,)})
    batch = checker(host, ends_at_s=ends_at_s, monotonic=lambda: 10.0)
    [checked] = batch.check_batch((plan,))
    assert bool(host.asked) is asks
    assert (plan.delivery_key in batch.seconds) is asks
    if not asks:
        assert codes(checked) == ["META008", NOT_MEASURED]
        assert checked.video is None


def test_how_long_each_title_took_is_kept_by_its_key(checker):
    ticks = iter([1.0, 3.5])
    batch = checker(Host(), monotonic=lambda: next(ticks))
    batch.check_batch((plan_for(),))
    assert batch.seconds == {plan_for().delivery_key: 2.5}


def test_a_refused_address_is_read_again_and_the_title_goes_on_with_the_fresh_one(checker):
    host = Host(**{"1": 403})
    [checked] = checker(host, fresh_sources=Fresh(FRESH)).check_batch((plan_for(),))
    assert (checked.plan.media.file, checked.video.url) == (FRESH, FRESH)
    assert checked.video.failure is ProbeFailure.NOT_FOUND


def test_a_refused_address_without_another_one_says_that_there_is_none(checker):
    [checked] = checker(Host(**{"1": 403}), fresh_sources=Fresh()).check_batch((plan_for(),))
    assert checked.video.failure is ProbeFailure.REFUSED
    assert NO_OTHER_ADDRESS in checked.video.detail
    assert checked.plan == plan_for()


@pytest.mark.parametrize("status", [404, 503])
def test_only_a_refused_address_is_read_from_the_catalogue_again(checker, status):
    class Nobody:
        def source_of(self, plan):
            raise AssertionError("it was not refused")

    [checked] = checker(Host(**{"1": status}), fresh_sources=Nobody()).check_batch((plan_for(),))
    assert checked.video.failure in (ProbeFailure.NOT_FOUND, ProbeFailure.UNAVAILABLE)


def test_a_picture_is_kept_by_its_content_and_one_that_is_gone_has_its_failure(checker):
    store, host = Artifacts(), Host(poster=POSTER)
    images = [poster(), {"kind": "key_art", "url": "http://media.example/gone.jpg"}]
    [checked] = checker(host, store=store).check_batch((plan_for(images=images),))
    facts = {image.kind: image for image in checked.images}
    assert (facts["poster"].width_px, facts["poster"].height_px) == (800, 1200)
    [thumbnail] = checked.rendered
    assert store.pop(art_name(facts["poster"].art_name)) == POSTER
    assert list(store) == [art_name(thumbnail.art_name)]
    assert facts["key_art"].failure is ProbeFailure.NOT_FOUND
    assert any(code.startswith("IMG") for code in codes(checked))


def test_artwork_that_titles_of_a_batch_share_is_fetched_once_under_each_of_its_kinds(checker):
    host = Host(poster=POSTER)
    batch = checker(host)
    shared = "http://media.example/poster.jpg"
    for number, kind in ((1, "poster"), (2, "key_art")):
        [checked] = batch.check_batch((plan_for(number, images=[{"kind": kind, "url": shared}]),))
        assert [image.kind for image in checked.images] == [kind]
    assert host.asked.count("poster") == 1


def test_what_breaks_while_one_title_is_checked_costs_that_title_alone(checker):
    host = Host(**{"1": ValueError("nobody foresaw this")})
    broken, other = checker(host).check_batch((plan_for(1), plan_for(2)))
    assert NOT_MEASURED in codes(broken)
    assert "nobody foresaw this" in "; ".join(finding.message for finding in broken.findings)
    assert other.video.failure is ProbeFailure.NOT_FOUND
