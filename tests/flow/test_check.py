"""Checking a batch: a file that nobody foresaw costs its title only."""

from edye_delivery.catalog.finding import blocking
from edye_delivery.pipeline.check import BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.fetch import fetch_snapshot
from edye_delivery.pipeline.plan import plan_window
from tests.flow.line import WORKERS, now

TITLES = ("EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES")


class Nasty:
    """A media host whose files with this in their address break the code that reads them."""

    def __init__(self, host, part):
        self._host, self._part = host, part

    def describe(self, url):
        if self._part in url:
            raise RecursionError("a box in a box in a box")
        return self._host.describe(url)

    def read(self, media, offset, length):
        return self._host.read(media, offset, length)

    def fetch(self, url, max_bytes):
        return self._host.fetch(url, max_bytes)


def test_what_breaks_while_one_title_is_checked_is_a_finding_of_that_title(line, tmp_path):
    request = line.request(external_ids=TITLES)
    _, (batch,) = plan_window(line.annex, fetch_snapshot(line.annex, line.api, request, now()), line.ledger)
    host = Nasty(line.media_host, "s01e02")
    pictures = PictureChecker(line.annex, host, line.artifacts, WORKERS.run)
    checker = BatchChecker(line.annex, host, tmp_path, request.end_at.date(), pictures)
    checked = checker.check_batch(batch.titles)
    found = {title.plan.external_id: blocking(title.findings) for title in checked}
    assert found[TITLES[0]] == ()
    (finding,) = found[TITLES[1]]
    assert (finding.code, finding.cause, finding.owner) == ("VID011", "transient", "DevOps")
    assert "RecursionError" in finding.message
