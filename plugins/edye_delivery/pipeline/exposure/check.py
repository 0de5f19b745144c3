"""The exposure check: reads the delivery API from outside, as a partner, and compares it with what the ledger expects.

After a publication the whole lists are read, hourly a sample (qc/exposure has the rules).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edye_delivery.annex.limits import Images
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel, PullEndpoint
from edye_delivery.catalog.exposure import Expected
from edye_delivery.catalog.exposure_seen import SeenPage
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.jw_player.tokens import hide_tokens_in_logs
from edye_delivery.clients.media import MediaHost
from edye_delivery.errors import DeliveryError
from edye_delivery.pipeline.exposure.access import ITEM_ENDPOINTS, LIST_ENDPOINTS, AccessChecker
from edye_delivery.pipeline.exposure.addresses import AddressChecker
from edye_delivery.pipeline.exposure.answers import NewerGeneration, is_answers_fault
from edye_delivery.pipeline.exposure.items import ItemChecker
from edye_delivery.pipeline.exposure.lists import ListChecker
from edye_delivery.pipeline.exposure.redirects import RedirectReader
from edye_delivery.pipeline.exposure.result import Collector, ExposureResult
from edye_delivery.pipeline.exposure.sample import SampleChecker
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.pipeline.exposure.thumbnails import ThumbnailChecker
from edye_delivery.qc.exposure.subjects import Served
from edye_delivery.qc.exposure.terms import terms_of

SETTLE_S, LOOK_EVERY_S = 5.0, 0.25
"""Each worker of the API looks for a new generation several times a second."""
ON_LISTS = (
    "EXPO002", "EXPO003", "EXPO004", "EXPO005", "EXPO006", "EXPO007", "EXPO008", "EXPO011", "EXPO012",
    "EXPO013",
)  # fmt: skip
LISTS = (ListName.SHOWS, ListName.EPISODES, ListName.ENTRIES)
"""In this order: the shows have to be known before the episodes are judged."""
log = logging.getLogger(__name__)


def check_exposure(
    api: DeliveryApi,
    expected: Expected,
    annex: Annex,
    pull: PullChannel,
    clock: Clock,
    *,
    is_full: bool,
    media: MediaHost | None = None,
    run: Run | None = None,
    ends_at_s: float = math.inf,
    settle_s: float = SETTLE_S,
) -> ExposureResult:
    """What a partner sees of a generation, in the name of the annex's check user, against what it has to see.

    `is_full`: `expected` has all items, and the lists and deltas are read whole; else each of its items is asked for by
    itself. `settle_s` is how long it waits until the generation is served. Without `media` no address is asked for, and
    without `run`, which decodes pictures, no thumbnail is measured. It ends soon after `ends_at_s` on the clock's
    monotonic time; what was not reached is named in `skipped`. An API that does not answer is a finding (EXPO001), no
    error.
    """
    store = CheckStore()
    collector = Collector(terms_of(annex, pull), store)
    settled_at_s = clock.monotonic() + settle_s
    check = _Check(
        api, expected, pull, annex.images, clock, media, run, ends_at_s, store, collector, settled_at_s
    )  # fmt: skip
    judged = check.lists_to_check(is_full=is_full)
    store.load(item for item in expected.items if item.list in judged)
    try:
        check.run(is_full=is_full)
    except NewerGeneration as newer:
        log.info("generation %s: %s, so this check says nothing", expected.generation, newer)
        return Collector(collector.terms, store).result(expected.generation, newer.generation)
    result = collector.result(expected.generation)
    log.info("generation %s: %s", expected.generation, result.counts or "is seen as it should be")
    for code, reason in result.skipped:
        log.info("%s was skipped: %s", code, reason)
    return result


@dataclass(frozen=True, slots=True)
class _Check:
    """One check of one generation."""

    api: DeliveryApi
    expected: Expected
    pull: PullChannel
    images: Images
    clock: Clock
    media: MediaHost | None
    decode: Run | None
    ends_at_s: float
    store: CheckStore
    collector: Collector
    settled_at_s: float

    def run(self, *, is_full: bool) -> None:
        first_pages = self._first_pages()
        access = AccessChecker(self.api, self.collector, self._endpoints)
        items = ItemChecker(self.store, self.collector, self.clock.now, self.pull.check.urls, self.clock.random)
        if is_full:
            self._check_lists(first_pages, items)
        else:
            self._check_sample(first_pages, items)
        access.check_etags(name for name, page in first_pages.items() if not page.is_empty)
        access.check_refusals(self._lists, self.expected.foreign_ids)
        items.keep_sample()
        self._check_addresses()

    def lists_to_check(self, *, is_full: bool) -> frozenset[ListName]:
        """The lists whose items can be judged: that the user may read, in a sample one by one."""
        endpoints = LIST_ENDPOINTS if is_full else ITEM_ENDPOINTS
        return frozenset(name for name in self._lists if endpoints[name] in self._endpoints)

    @property
    def _endpoints(self) -> frozenset[PullEndpoint]:
        return frozenset(self.pull.users[self.pull.check.user].endpoints)

    @property
    def _lists(self) -> tuple[ListName, ...]:
        """The lists that the check's user may read, of those that the generation has."""
        return tuple(n for n in LISTS if n in self.expected.counts and LIST_ENDPOINTS[n] in self._endpoints)

    def _first_pages(self) -> dict[ListName, SeenPage]:
        """The first page of every list that is served as it should be; NewerGeneration where another one is."""
        found = {}
        for name in self._lists:
            page = self._first_page(name)
            if page is not None:
                found[name] = page
            else:
                self.collector.skip(f"the list {name} is not served", *ON_LISTS)
        for name in self.expected.counts.keys() - set(self._lists):
            self.collector.skip(f"the check's user {self.pull.check.user} may not read the list {name}", *ON_LISTS)
        return found

    def _first_page(self, name: ListName) -> SeenPage | None:
        """The first page, once the generation is served; None, with a finding, where it is not in time."""
        generation = self.expected.generation
        while True:
            try:
                page = self.api.probe(name)
            except DeliveryError as error:
                served = Served(name, generation, None, str(error))
                self.collector.ask("EXPO001", served, list_name=name, takes_back=is_answers_fault(error))
                return None
            if page.generation is not None and page.generation > generation:
                raise NewerGeneration(page.generation)
            if page.generation == generation or (page.is_empty and not self.expected.counts[name]):
                return page
            if self.clock.monotonic() >= min(self.settled_at_s, self.ends_at_s):
                sentence = f"204, nothing is exposed; {self.expected.counts[name]} items expected"
                served = Served(name, generation, page.generation, sentence if page.is_empty else "")
                self.collector.ask("EXPO001", served, list_name=name)
                return None
            self.clock.sleep(LOOK_EVERY_S)

    def _check_lists(self, first_pages: Mapping[ListName, SeenPage], items: ItemChecker) -> None:
        counts, generation = self.expected.counts, self.expected.generation
        lists = ListChecker(self.api, self.store, self.collector, items, generation, counts)
        knows_shows = False
        for name, first in first_pages.items():
            is_whole = lists.check_list(name, first, knows_shows=knows_shows)
            knows_shows = knows_shows or (is_whole and name is ListName.SHOWS)
            checkpoint = self.expected.checkpoints.get(name)
            if checkpoint is None:
                self.collector.skip(f"{name}: there is no checkpoint of an earlier check", "EXPO004")
            elif checkpoint == self.collector.checkpoints.get(name):
                self.collector.skip(f"{name}: the last check was of this generation, too", "EXPO004")
            else:
                lists.check_delta(name, checkpoint)
        if not knows_shows:
            self.collector.skip("the list of shows was not read", "EXPO011")

    def _check_sample(self, first_pages: Mapping[ListName, SeenPage], items: ItemChecker) -> None:
        asked = self.lists_to_check(is_full=False) & first_pages.keys()
        for name in first_pages.keys() - asked:
            reason = f"single items of {name} may not be called by the user of the check"
            self.collector.skip(reason, "EXPO002", "EXPO003")
        sample = SampleChecker(self.api, self.store, self.collector, items, asked)
        sample.check_totals(first_pages, self.expected.counts)
        sample.check_all()
        self.collector.skip("the lists are read whole only after a publication", "EXPO004", "EXPO005")

    def _check_addresses(self) -> None:
        if self.media is None:
            self.collector.skip("no host was given that may be asked", "EXPO008", "EXPO013")
            return

        def has_time() -> bool:
            return self.clock.monotonic() < self.ends_at_s

        addresses = AddressChecker(self.media, self.store, self.collector, self.api.is_https, has_time)
        if self.pull.signed_media is not None:
            hide_tokens_in_logs()
            addresses = replace(addresses, redirects=RedirectReader(self.api, self.pull.signed_media))
        if self.decode is None:
            self.collector.skip("nothing was given that decodes pictures", "EXPO013")
            addresses.check_all()
            return
        most, chance = self.pull.check.thumbnails, self.clock.random
        thumbnails = ThumbnailChecker(
            self.media, self.decode, self.images, self.collector, most, has_time, chance
        )  # fmt: skip
        replace(addresses, offer=thumbnails.offer).check_all()
        thumbnails.check_all()
