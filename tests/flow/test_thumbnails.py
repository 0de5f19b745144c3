"""Thumbnails of a batch: shared art is rendered once, and art that breaks costs its title only."""

from edye_delivery.catalog.finding import blocking
from edye_delivery.pipeline.thumbnails import ThumbnailMaker
from tests.artifacts import Artifacts
from tests.flow.line import WORKERS

TITLES = ("EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES")


def checked_titles(line):
    _, checked = line.check(line.request(external_ids=TITLES))
    return tuple(title.model_copy(update={"thumbnails": ()}) for title in checked)


def test_a_poster_that_two_titles_share_is_rendered_once(line):
    titles, kept = checked_titles(line), []

    class Noting(Artifacts):
        def put_once(self, name, content):
            kept.append(name)

    done = ThumbnailMaker(line.annex, Noting(line.artifacts), WORKERS.run).render_batch(titles)
    assert len({title.thumbnails[1].art_name for title in done}) == 1
    assert len(kept) == len(set(kept))


def test_art_that_cannot_be_rendered_rejects_its_title_and_no_other(line):
    titles = checked_titles(line)
    own = {image.art_name for image in titles[0].images} - {image.art_name for image in titles[1].images}
    broken = Artifacts(
        (name, b"broken" if name.rpartition("/")[2] in own else content) for name, content in line.artifacts.items()
    )
    first, second = ThumbnailMaker(line.annex, broken, WORKERS.run).render_batch(titles)
    assert [finding.code for finding in blocking(first.findings)] == ["IMG004"]
    assert blocking(second.findings) == ()
    assert len(second.thumbnails) == 2
