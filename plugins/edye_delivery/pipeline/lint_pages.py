"""Lints the pages of a feed, several at once: worker processes read pages, and we put together what they say."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from edye_delivery.catalog.jobs import Run, run_here
from edye_delivery.errors import PictureBroken, Transient
from edye_delivery.feeds.finding import KEPT_MAX, Findings
from edye_delivery.feeds.lint.linter import FeedLint, ReadPage
from edye_delivery.feeds.lint.page_apart import load, read_page_job
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.pipeline.stores import FileReader

log = logging.getLogger(__name__)
LINT_MEMORY_BYTES = 2 * 1024**3
"""What a worker may take that reads a page."""
PAGE_LIMIT_S = 600.0
"""Of processor time; a page of 250 MB, the largest that there may be, takes about half a minute."""


@dataclass(frozen=True, slots=True)
class PageLinter:
    """Lints feeds by one profile at one moment. `run` reads pages in other processes, so many at once."""

    profile: Profile
    now_ms: int
    run: Run = run_here
    at_once: int = 1

    def lint(self, names: Sequence[str], store: FileReader) -> Findings:
        """All findings on the feed that has these pages of the store, in this order; FeedUnusable."""
        lint = FeedLint(self.profile, self.now_ms)
        if len(names) == 1:
            lint.add_page(names[0], store.get(names[0]))
        else:
            for number, page in enumerate(self._read(names, store), start=1):
                lint.add(page)
                log.info("page %s of %s linted", number, len(names))
        return lint.finish().findings

    def _read(self, names: Sequence[str], store: FileReader) -> Iterator[ReadPage]:
        """The pages in order; the bytes of those alone are in memory that are read now."""
        waiting: deque[Future[ReadPage]] = deque()
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="lint") as pool:
            for number, name in enumerate(names):
                waiting.append(pool.submit(self._read_page, number, name, store))
                if len(waiting) > self.at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _read_page(self, number: int, name: str, store: FileReader) -> ReadPage:
        """The page, read by a worker; where that breaks off, which is no fault of the page's, it is read here."""
        content = store.get(name)
        options = {
            "name": name, "number": number, "profile": self.profile.value, "now_ms": self.now_ms, "kept_max": KEPT_MAX,
        }  # fmt: skip
        try:
            answer, blobs = self.run(read_page_job, content, options, PAGE_LIMIT_S)
        except (PictureBroken, Transient) as error:
            log.warning("%s is read again, because its worker ended: %s", name, error)
            answer, blobs = read_page_job(content, options)
        if "unusable" in answer:
            raise FeedUnusable(answer["unusable"])
        return load(blobs[0])
