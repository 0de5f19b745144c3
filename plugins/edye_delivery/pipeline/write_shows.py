"""Writes all shows of a feed, several at once: worker processes write some shows each, and we take them in order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jobs import Run, run_here
from edye_delivery.catalog.order import show_key_of_place
from edye_delivery.catalog.stored_title import StoredTitle
from edye_delivery.errors import PictureBroken, Transient
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.publish.shows import STATIONS, WrittenShow
from edye_delivery.feeds.publish.shows_apart import dump_titles, load_shows, write_shows_job
from edye_delivery.feeds.rule import RULES
from edye_delivery.feeds.write.notes import NOTES_KEPT_MAX
from edye_delivery.feeds.write.writers import PagedWriter

log = logging.getLogger(__name__)
CHUNK_BYTES = 2 * 1024**2
"""So many bytes of titles go to a worker at once, and whole shows: some hundred titles, a tenth of a second."""
CHUNK_LIMIT_S = 600.0
"""Of processor time."""


@dataclass(frozen=True, slots=True)
class ShowWriter:
    """Writes the shows of one feed of the annex; `run` does so in other processes, so many at once.

    `findings` has the notes on the shows that were taken.
    """

    annex: Annex
    spec: FeedSpec
    writer: PagedWriter
    room_bytes: int
    now: datetime
    run: Run
    at_once: int
    findings: Findings

    def write(self, stored: Iterable[StoredTitle]) -> Iterator[WrittenShow]:
        """The live channels, then every show of the titles, which come in the ledger's order."""
        stations = list(self.writer.stations())
        if stations:
            yield WrittenShow(STATIONS, None, (), stations)
        options = {
            "annex": self.annex.model_dump_json(),
            "feed": self.spec.name,
            "now": self.now.isoformat(),
            "room_bytes": self.room_bytes,
        }
        chunks = chunks_of(stored)
        first = list(islice(chunks, 2))
        run = self.run if len(first) > 1 else run_here  # a worker starts in the time in which a small feed is written
        waiting: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="shows") as pool:
            for titles in chain(first, chunks):
                waiting.append(pool.submit(_write_chunk, titles, options, run))
                if len(waiting) > self.at_once:
                    yield from self._shows_of(waiting.popleft())
            while waiting:
                yield from self._shows_of(waiting.popleft())

    def _shows_of(self, written: Future[bytes]) -> Iterator[WrittenShow]:
        for show in load_shows(written.result()):
            for code, external_id, message in show.notes:
                self.findings.add("", "", external_id, RULES[code].at("", message))
            yield show


def _write_chunk(titles: Sequence[StoredTitle], options: dict[str, Any], run: Run) -> bytes:
    """The shows, written by a worker; where that breaks off, they are written here."""
    content = dump_titles(titles)
    try:
        _, (shows,) = run(write_shows_job, content, options, CHUNK_LIMIT_S)
    except (PictureBroken, Transient) as error:
        first = titles[0].external_id
        log.warning("shows from %s on are written again, because their worker ended: %s", first, error)
        _, (shows,) = write_shows_job(content, options)
    return shows


def findings_of_notes() -> Findings:
    """The findings that notes on titles become, with none yet."""
    return Findings(NOTES_KEPT_MAX)


def chunks_of(stored: Iterable[StoredTitle]) -> Iterator[list[StoredTitle]]:
    """The titles in lists of about `CHUNK_BYTES`, each with all titles of its shows."""
    chunk: list[StoredTitle] = []
    size_bytes = 0
    for _, titles in groupby(stored, key=lambda one: show_key_of_place(one.place)):
        if size_bytes >= CHUNK_BYTES:
            yield chunk
            chunk, size_bytes = [], 0
        for title in titles:
            chunk.append(title)
            size_bytes += len(title.content)
    if chunk:
        yield chunk
