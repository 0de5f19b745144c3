"""Pictures are fetched and decoded once, for their facts and for their thumbnails; thumbnails change no verdict."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest
from PIL import Image as Pillow

from edye_delivery.artwork.rendering import render
from edye_delivery.artwork.thumbnails import shape_of
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.jobs import run_here
from edye_delivery.clients.decoding import look
from edye_delivery.errors import MediaUnavailable, PictureBroken, StoreUnavailable, Transient
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.picture_job import look_and_render
from edye_delivery.pipeline.thumbnails import ThumbnailMaker
from tests.artifacts import Artifacts
from tests.unit.artwork.test_copies import MODES, PICTURES, SHAPES, a_picture
from tests.unit.clients.hostile_pictures import many_scans, text_bomb
from tests.unit.pipeline.builders import ANNEX, checked_for, plan_for

LIMITS = {"max_pixels": 1_000_000, "formats": ["JPEG", "PNG", "GIF"]}
BOTH = LIMITS | {"shapes": SHAPES, "render_s": 5.0}


def drawn(width_px, height_px, picture_format="JPEG"):
    content = io.BytesIO()
    Pillow.effect_noise((width_px, height_px), 40).convert("RGB").save(content, picture_format)
    return content.getvalue()


GOOD = {"key_art": drawn(800, 450), "poster": drawn(534, 801)}


class Host:
    """A media host of these files; it counts what it is asked for."""

    def __init__(self, files):
        self.files, self.asked, self.lock = files, [], Lock()

    def fetch(self, url, max_bytes):
        name = url.rpartition("/")[2].partition(".")[0]
        with self.lock:
            self.asked.append(name)
        if name not in self.files:
            raise MediaUnavailable("there is none")
        return self.files[name]


def title_of(*names, number=1):
    """A title with artwork of these names, each of the kind that its name begins with."""
    kinds = [name.partition("-")[0] for name in names]
    listed = [
        {"kind": kind, "url": f"http://media.example/{name}.jpg"} for kind, name in zip(kinds, names, strict=True)
    ]
    return plan_for(number, images=listed).title


def checker_of(files, store=None, run=run_here):
    return PictureChecker(ANNEX, Host(files), Artifacts() if store is None else store, run)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("mode", "kind"), PICTURES)
def test_a_look_that_renders_sees_and_makes_the_same_as_one_after_the_other(mode, kind, orientation):
    content = a_picture(mode, kind, orientation)
    facts, thumbnails = look_and_render(content, BOTH)
    assert facts == look(content, LIMITS)[0]
    assert thumbnails == render(content, BOTH)[1]
    assert all(thumbnails)


def test_every_mode_of_pictures_is_looked_at_and_rendered():
    assert {mode for mode, _ in PICTURES} == set(MODES)


def without(content, start, end):
    return content[:start] + content[end:]


BAD = {
    "no picture": b"no picture",
    "half a JPEG": drawn(400, 300)[:9000],
    "half a PNG": drawn(400, 300, "PNG")[:9000],
    "a JPEG with a hole": without(drawn(400, 300), 9000, 9400),
    "texts": text_bomb(),
    "scans": many_scans(200, 64),
    "too many pixels": drawn(1200, 1000),
}


@pytest.mark.parametrize("name", BAD)
def test_a_look_that_renders_judges_a_damaged_or_hostile_picture_like_a_look(name):
    facts, thumbnails = look_and_render(BAD[name], BOTH)
    assert facts == look(BAD[name], LIMITS)[0]
    assert facts["failure"]
    assert thumbnails == []


def test_a_picture_of_a_format_that_is_only_measured_is_not_rendered():
    facts, thumbnails = look_and_render(a_picture("RGB", "PNG"), BOTH | {"formats": ["JPEG"]})
    assert facts["is_decoded"] is False
    assert thumbnails == []


def test_a_picture_that_is_too_small_for_one_thumbnail_gives_the_others():
    large = SHAPES[0] | {"name": "large", "width_px": 4000}
    _, thumbnails = look_and_render(a_picture("RGB", "PNG"), BOTH | {"shapes": [large, SHAPES[1]]})
    assert thumbnails[0] == b""
    assert thumbnails[1] == render(a_picture("RGB", "PNG"), BOTH)[1][1]


def test_a_good_title_has_its_thumbnails_after_the_look_and_no_picture_is_decoded_again():
    store = Artifacts()
    images, rendered = checker_of(GOOD, store).check(title_of("key_art", "poster"))
    assert [image.failure for image in images] == [None, None]
    assert set(store) == {art_name(one.art_name) for one in (*images, *rendered)}

    def nobody(*_):
        raise AssertionError("a picture was decoded again")

    title = checked_for(plan_for(images=[{"kind": one.kind, "url": one.url} for one in images]), images=images)
    [checked] = ThumbnailMaker(ANNEX, store, nobody).render_batch(
        (title.model_copy(update={"rendered": rendered, "thumbnails": ()}),)
    )
    assert [one.name for one in checked.thumbnails] == [spec.name for spec in ANNEX.thumbnails]


def test_the_second_picture_of_a_kind_is_rendered_later_where_the_first_one_is_bad():
    store = Artifacts()
    title = title_of("key_art", "poster-bad", "poster-good")
    files = GOOD | {"poster-bad": b"no picture", "poster-good": GOOD["poster"]}
    images, rendered = checker_of(files, store).check(title)
    assert len(rendered) == 1
    checked = checked_for(plan_for(images=[{"kind": one.kind, "url": one.url} for one in images]), images=images)
    runs = []

    def run(*job):
        runs.append(job)
        return run_here(*job)

    [done] = ThumbnailMaker(ANNEX, store, run).render_batch(
        (checked.model_copy(update={"rendered": rendered, "thumbnails": ()}),)
    )
    assert len(done.thumbnails) == len(ANNEX.thumbnails)
    assert len(runs) == 1


@pytest.mark.parametrize("error", [PictureBroken("the decoder crashed"), Transient("it was killed")])
def test_where_the_rendering_breaks_off_the_look_alone_decides(error):
    def run(job, content, options, cpu_s):
        if job is look_and_render:
            raise error
        return run_here(job, content, options, cpu_s)

    checker = checker_of(GOOD, run=run)
    images, rendered = checker.check(title_of("key_art", "poster"))
    assert rendered == ()
    assert images == checker_of(GOOD).check(title_of("key_art", "poster"))[0]


def test_what_a_thumbnail_raises_costs_no_picture(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("edye_delivery.pipeline.picture_job.render_opened", fail)
    images, rendered = checker_of(GOOD).check(title_of("key_art", "poster"))
    assert [image.failure for image in images] == [None, None]
    assert rendered == ()


def test_a_picture_that_titles_share_is_fetched_and_decoded_once_however_many_meet():
    at_once, runs, lock = 8, [], Lock()
    barrier = Barrier(at_once, timeout=60)

    def run(*job):
        with lock:
            runs.append(job)
        return run_here(*job)

    checker = checker_of(GOOD, run=run)

    def check(number):
        barrier.wait()
        return checker.check(title_of("key_art", "poster", number=number))

    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(check, range(at_once)))
    assert all(answer == answers[0] for answer in answers)
    assert sorted(checker.reader.asked) == ["key_art", "poster"]
    assert len(runs) == 2


def test_where_the_first_look_at_a_shared_picture_fails_the_next_one_tries_again():
    class Failing(Artifacts):
        fails = True

        def put_once(self, name, content):
            if self.fails:
                raise StoreUnavailable("the store is away")
            return super().put_once(name, content)

    store = Failing()
    checker = checker_of(GOOD, store)
    with pytest.raises(StoreUnavailable):
        checker.check(title_of("poster"))
    store.fails = False
    images, rendered = checker.check(title_of("poster"))
    assert images[0].failure is None
    assert len(rendered) == 1


def test_who_waits_for_a_look_that_fails_hears_of_it():
    entered, leave = Event(), Event()

    def run(*_):
        entered.set()
        assert leave.wait(60)
        raise RuntimeError("nobody foresaw this")

    checker = checker_of(GOOD, run=run)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(checker.check, title_of("poster"))
        assert entered.wait(60)
        second = pool.submit(checker.check, title_of("poster"))
        leave.set()
        for waiting in (first, second):
            with pytest.raises(RuntimeError):
                waiting.result(60)


def test_a_picture_of_which_no_thumbnail_is_made_is_looked_at_alone():
    jobs = []

    def run(job, *rest):
        jobs.append(job)
        return run_here(job, *rest)

    _, rendered = checker_of(GOOD | {"poster-2": GOOD["poster"]}, run=run).check(title_of("poster", "poster-2"))
    assert jobs == [look_and_render, look]
    assert [one.shape_digest for one in rendered] == [digest_of(shape_of(ANNEX.thumbnails[1]))]
