"""Thumbnails of a batch: each good title gets all of the annex's; broken art costs only its own titles."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from edye_delivery.artwork.thumbnails import render_thumbnails, rendered_thumbnail, shape_of
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.errors import StoreUnavailable, Transient
from edye_delivery.pipeline.thumbnails import BROKEN_ART, UNAVAILABLE_ART, ThumbnailMaker
from tests.artifacts import Artifacts
from tests.unit.pipeline.builders import ANNEX, BAD_GENRE, checked_for, plan_for

SIZES = {spec.name: (spec.width_px, spec.height_px) for spec in ANNEX.thumbnails}


def a_picture(width_px, height_px):
    content = io.BytesIO()
    Image.new("RGB", (width_px, height_px), "teal").save(content, "JPEG")
    return content.getvalue()


PICTURES = {"key_art": a_picture(800, 450), "poster": a_picture(534, 801)}


class Runs:
    """Runs jobs here and counts them."""

    def __init__(self):
        self.count = 0

    def __call__(self, job, content, options, cpu_s):
        self.count += 1
        return run_here(job, content, options, cpu_s)


def facts_of(kind, name):
    with Image.open(io.BytesIO(PICTURES[kind])) as picture:
        width_px, height_px = picture.size
    url = f"http://media.example/{name}"
    return ImageFacts(kind=kind, url=url, format="JPEG", width_px=width_px, height_px=height_px, art_name=name)


def title_with(number=1, *, key_art="key_art.jpg", poster="poster.jpg", **changes):
    """A checked title of this key art and this poster; None is a title without it."""
    named = {"key_art": key_art, "poster": poster}
    images = [facts_of(kind, name) for kind, name in named.items() if name]
    listed = [{"kind": image.kind, "url": image.url} for image in images]
    plan = plan_for(number, images=listed)
    return checked_for(plan, **({"images": tuple(images), "thumbnails": ()} | changes))


@pytest.fixture
def store():
    kept = {art_name(f"{kind}.jpg"): content for kind, content in PICTURES.items()}
    return Artifacts(kept | {art_name("other.jpg"): PICTURES["key_art"], art_name("broken.jpg"): b"no picture"})


def render(store, *titles, runs=run_here):
    return ThumbnailMaker(ANNEX, store, runs).render_batch(titles)


def codes(checked):
    return [finding.code for finding in blocking(checked.findings)]


def test_an_empty_batch_renders_nothing(store):
    runs = Runs()
    assert render(store, runs=runs) == ()
    assert runs.count == 0


def test_a_good_title_gets_every_thumbnail_of_the_annex_in_its_size_and_each_is_kept(store):
    [checked] = render(store, title_with())
    assert codes(checked) == []
    assert {one.name: (one.width_px, one.height_px) for one in checked.thumbnails} == SIZES
    for thumbnail in checked.thumbnails:
        content = store[art_name(thumbnail.art_name)]
        assert thumbnail.size_bytes == len(content)
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == SIZES[thumbnail.name]
    assert [one.origin for one in checked.thumbnails] == ["key_art", "poster"]


def test_a_title_that_is_rejected_already_gets_none_and_costs_no_rendering(store):
    runs, title = Runs(), title_with(findings=(BAD_GENRE,))
    assert render(store, title, runs=runs) == (title,)
    assert runs.count == 0


def test_a_picture_that_titles_share_is_decoded_and_rendered_once(store):
    runs = Runs()
    first, second = render(store, title_with(1), title_with(2, key_art="other.jpg"), runs=runs)
    assert runs.count == 3
    assert first.thumbnails[1] == second.thumbnails[1]
    assert first.thumbnails[0].name == second.thumbnails[0].name


def rendered_before(store, title, spec, **changes):
    """The title with this thumbnail as the check would have made it of its picture."""
    picture = {image.kind.value: image for image in title.images}[spec.origins[-1].value]
    content = store[art_name(picture.art_name)]
    [thumbnail] = render_thumbnails(content, [spec.model_copy(update=changes)], ANNEX.images, run_here)
    note = rendered_thumbnail(picture.art_name, shape_of(spec.model_copy(update=changes)), thumbnail)
    store[art_name(note.art_name)] = thumbnail
    return title.model_copy(update={"rendered": (*title.rendered, note)})


def test_thumbnails_that_the_check_made_are_taken_as_they_are_and_equal_those_made_now(store):
    runs, title = Runs(), title_with()
    [made_now] = render(store, title)
    for spec in ANNEX.thumbnails:
        title = rendered_before(store, title, spec)
    [taken] = render(store, title, runs=runs)
    assert runs.count == 0
    assert taken.thumbnails == made_now.thumbnails


def test_a_thumbnail_that_the_check_made_otherwise_than_the_annex_says_now_is_made_anew(store):
    runs, [wide, _] = Runs(), ANNEX.thumbnails
    [made_now] = render(store, title_with())
    [checked] = render(store, rendered_before(store, title_with(), wide, quality=20), runs=runs)
    assert runs.count == 2
    assert checked.thumbnails == made_now.thumbnails


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"key_art": "broken.jpg"}, BROKEN_ART),
        ({"poster": None}, BROKEN_ART),
        ({"key_art": "gone.jpg"}, UNAVAILABLE_ART),
    ],
    ids=["broken", "none large enough", "gone from the store"],
)
def test_art_without_which_a_thumbnail_is_missing_costs_its_title_and_no_neighbour(store, missing, code):
    bad, good = render(store, title_with(1, **missing), title_with(2))
    assert codes(bad) == [code]
    assert bad.thumbnails == ()
    assert (codes(good), len(good.thumbnails)) == ([], 2)


def test_titles_that_share_broken_art_all_say_so(store):
    titles = render(store, title_with(1, key_art="broken.jpg"), title_with(2, key_art="broken.jpg"))
    assert [codes(checked) for checked in titles] == [[BROKEN_ART], [BROKEN_ART]]


def test_a_decoder_that_cannot_tell_now_makes_no_defect_of_the_picture(store):
    def run(job, content, options, cpu_s):
        raise Transient("the worker was ended")

    [checked] = render(store, title_with(), runs=run)
    assert set(codes(checked)) == {UNAVAILABLE_ART}
    assert "the worker was ended" in checked.findings[0].message


def test_a_store_that_does_not_answer_ends_the_step():
    class Gone(Artifacts):
        def get(self, name):
            raise StoreUnavailable("the artifact store does not answer")

    with pytest.raises(StoreUnavailable):
        render(Gone(), title_with())


def test_findings_from_before_stay_beside_the_new_one(store):
    warning = BAD_GENRE.model_copy(update={"severity": Severity.WARN})
    [checked] = render(store, title_with(key_art="broken.jpg", findings=(warning,)))
    assert [finding.code for finding in checked.findings] == ["META008", BROKEN_ART]
