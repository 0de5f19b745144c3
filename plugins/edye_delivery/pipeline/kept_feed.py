"""What is kept of a published feed, so that the next assembly starts from it (docs/adr/0030)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.artifact_names import feed_base_name
from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.catalog.plan import Record
from edye_delivery.feeds.publish.assemble import AssembledFeed
from edye_delivery.feeds.publish.assemble_changed import Base, FullAssemblyNeeded, assemble_changed
from edye_delivery.feeds.publish.page_cutter import Body
from edye_delivery.feeds.publish.page_index import PageFacts, Part, load_index
from edye_delivery.feeds.publish.paging import LinkedPage, PublishedPage, end_of, facts_of_body
from edye_delivery.feeds.publish.publish import PAGES
from edye_delivery.feeds.write.values import epoch_ms
from edye_delivery.ledger.offers import Offer
from edye_delivery.ledger.publications import Publication
from edye_delivery.pipeline.stores import ContentStore, FileReader

SOURCES = (".py", ".json", ".yaml")
LIBRARIES = ("orjson", "pydantic")
"""What writes the bytes of a feed besides the program."""
log = logging.getLogger(__name__)


class KeptFeed(Record):
    """The pages of a feed in the order of their items.

    They are what the program of this `fingerprint` made at this time of the offer of this version.
    """

    fingerprint: str
    version: int
    at_ms: int
    pages: tuple[PageFacts, ...]


class PublishedPages(Protocol):
    """The bucket in which readers find the pages."""

    def get(self, name: str) -> bytes | None:
        """The object's bytes; None where there is none."""

    def sha256_of(self, name: str) -> str | None:
        """The digest with which the object was written; None where there is none."""


@dataclass(frozen=True, slots=True)
class FeedKeeper:
    """Assembles a feed by what changed since its newest publication, where that can be done, and keeps the outcome.

    `is_full` asks for a full assembly. `before_page` is called before each look at a published page.
    """

    annex: Annex
    spec: FeedSpec
    newest: Publication | None
    store: ContentStore
    bucket: PublishedPages
    url_prefix: str
    is_full: bool = False
    before_page: Callable[[], None] = lambda: None

    def assemble(self, offer: Offer, folder: Path, now: datetime) -> AssembledFeed | None:
        """The feed by what changed; None where all of it has to be assembled, and the log says why."""
        try:
            kept, published = self._load(now)
            shows = offer.changes.shows_since(kept.version) if offer.changes is not None else None
            if shows is None or offer.changes is None:
                raise FullAssemblyNeeded("it is not known what has changed since, or too much has")
            base = Base(kept.pages, published, self)
            feed = assemble_changed(
                self.annex, self.spec, base, shows, offer.changes.titles_of, self.url_prefix, folder, now
            )
        except FullAssemblyNeeded as reason:
            log.info("feed %s: assembled in full: %s", self.spec.name, reason)
            return None
        made = sum(isinstance(body, Body) for body in feed.bodies)
        log.info("feed %s: %s shows changed; %s of %s pages are made anew", self.spec.name, len(shows), made,
                 len(feed.bodies))  # fmt: skip
        return feed

    def keep(self, feed: AssembledFeed, version: int, now: datetime) -> str | None:
        """Writes what the next assembly needs; its name, None where the next one has to be a full one."""
        if not feed.bodies:
            return None
        for body in feed.bodies:
            if isinstance(body, Body):
                self.store.put_once(self._name(body.facts.index), body.index_path.read_bytes())
        kept = KeptFeed(
            fingerprint=self._fingerprint(),
            version=version,
            at_ms=epoch_ms(now),
            pages=tuple(map(facts_of_body, feed.bodies)),
        )
        content = kept.model_dump_json().encode()
        name = f"{hashlib.sha256(content).hexdigest()}.json"
        self.store.put_once(self._name(name), content)
        return name

    def index(self, page: PageFacts) -> list[Part]:
        """The parts of a page; FullAssemblyNeeded where they are gone."""
        content = self._read(page.index)
        try:
            return load_index(content)
        except ValueError as error:
            raise FullAssemblyNeeded("the index of a page cannot be read") from error

    def body(self, page: PublishedPage) -> bytes:
        """A published page without its end; FullAssemblyNeeded where it is gone, or is another one."""
        self.before_page()
        content = self.bucket.get(PAGES + page.page.name) or b""
        body = content.removesuffix(end_of(self.url_prefix, page.next_name))
        if hashlib.sha256(body).hexdigest() != page.page.body_digest:
            raise FullAssemblyNeeded(f"the page {page.page.name} is not in the bucket as it was published")
        return body

    def _load(self, now: datetime) -> tuple[KeptFeed, Mapping[str, PublishedPage]]:
        """What is kept of the newest publication, and its pages, which are all in the bucket."""
        if self.is_full:
            raise FullAssemblyNeeded("that was asked for")
        if self.newest is None or self.newest.kept is None:
            raise FullAssemblyNeeded("nothing is kept of an earlier one")
        try:
            kept = KeptFeed.model_validate_json(self._read(self.newest.kept))
        except ValidationError as error:
            raise FullAssemblyNeeded("what is kept of the last one cannot be read") from error
        if kept.fingerprint != self._fingerprint():
            raise FullAssemblyNeeded("annex, program or address is another one since")
        if kept.at_ms > epoch_ms(now):
            raise FullAssemblyNeeded("the clock is behind that of the last assembly")
        published = pages_by_digest(self.newest.pages)
        if {page.digest for page in kept.pages} != published.keys():
            raise FullAssemblyNeeded("what is kept is of another publication")
        for page in self.newest.pages:
            self.before_page()
            if self.bucket.sha256_of(PAGES + page.name) != page.sha256:
                raise FullAssemblyNeeded(f"the page {page.name} is gone from the bucket")
        return kept, published

    def _read(self, name: str) -> bytes:
        try:
            content = self.store.get(self._name(name))
        except FileNotFoundError as error:
            raise FullAssemblyNeeded(f"{name} is gone from the artifact store") from error
        if f"{hashlib.sha256(content).hexdigest()}.json" != name:
            raise FullAssemblyNeeded(f"{name} in the artifact store is not what was written")
        return content

    def _name(self, name: str) -> str:
        return feed_base_name(self.annex.partner, self.spec.name, name)

    def _fingerprint(self) -> str:
        text = f"{_program_digest()} {self.annex.model_dump_json()} {self.spec.name} {self.url_prefix}"
        return hashlib.sha256(text.encode()).hexdigest()


def files_of(store: FileReader, partner: str, kept: Iterable[tuple[str, str]]) -> set[str]:
    """The names of all files that these kept feeds consist of, as far as they can be read."""
    names: set[str] = set()
    for feed, name in kept:
        names.add(feed_base_name(partner, feed, name))
        try:
            pages = KeptFeed.model_validate_json(store.get(feed_base_name(partner, feed, name))).pages
        except (FileNotFoundError, ValidationError):
            continue  # the next assembly is a full one
        names.update(feed_base_name(partner, feed, page.index) for page in pages)
    return names


def pages_by_digest(pages: Iterable[FeedPage]) -> dict[str, PublishedPage]:
    """The pages of a published chain in its order, by the digests of their bodies."""
    chain = list(pages)
    names = [*(page.name for page in chain[1:]), None]
    return {
        page.body_digest: PublishedPage(
            LinkedPage(None, page.name, page.sha256, page.body_digest, page.size_bytes, page.items), next_name
        )
        for page, next_name in zip(chain, names, strict=True)
    }


@lru_cache(maxsize=1)
def _program_digest() -> str:
    """Another one as soon as anything of the program is another, or a library that writes its JSON."""
    digest = hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode())
    for path in sorted(_sources(files("edye_delivery")), key=str):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(folder: Traversable) -> Iterable[Traversable]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _sources(path)
        elif path.name.endswith(SOURCES):
            yield path
