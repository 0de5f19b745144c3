"""One feed by the production code in a fresh process: `python -m benchmarks.feed_making JSON` prints what it took.

The JSON: {"ledger": URL, "folder": path, "is_full": bool}. The process assembles and lints the partner's feed of all
accepted titles, as the steps of a run do, by what changed since the process before it with the same folder, or in full.
Then it publishes: the pages go to where the next process finds them. It prints {"seconds", "assembling_s", "linting_s",
"titles", "items", "errors", "peak_bytes", "pages": [[body digest, name, bytes], ...]}.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_bytes
from benchmarks.production import CLOCK, first_api_annex
from edye_delivery.catalog.feed_records import FeedDraft
from edye_delivery.catalog.stored_title import StoredTitle
from edye_delivery.clients.workers import Workers
from edye_delivery.feeds.publish.publish import PAGES
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publication
from edye_delivery.pipeline.feeds import draft_feed, lint_draft
from edye_delivery.pipeline.kept_feed import FeedKeeper
from edye_delivery.pipeline.lint_pages import LINT_MEMORY_BYTES

PREFIX = "https://feeds.example/search/pages/"


@dataclass(frozen=True)
class Files:
    """A folder of files by name, as an artifact store and as a bucket."""

    folder: Path

    def path(self, name: str) -> Path:
        """The file's path."""
        return self.folder / name

    def get(self, name: str) -> bytes:
        """The file's bytes; FileNotFoundError."""
        return self.path(name).read_bytes()

    def put_once(self, name: str, content: bytes) -> None:
        """Writes a file."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def sha256_of(self, name: str) -> str | None:
        """The digest with which the page was published; a store keeps it beside the object."""
        digest = self.path(f"{name}.sha256")
        return digest.read_text() if digest.exists() else None


@dataclass(frozen=True)
class DraftFiles:
    """The pages of a draft, of which some are published already."""

    drafted: Files
    bucket: Files

    def get(self, name: str) -> bytes:
        """The page's bytes."""
        return self.drafted.get(name) if self.drafted.path(name).exists() else self.bucket.get(PAGES + name)


def main() -> int:
    """Makes the feed once and prints the figures."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    annex = first_api_annex()
    spec, folder = annex.feeds[0], Path(job["folder"])
    bucket, kept, drafted = (Files(folder / name) for name in ("bucket", "kept", "draft"))
    ledger = Ledger(open_engine(job["ledger"]), CLOCK.now)
    newest, counted = _newest(folder), [0]

    def count(titles: Iterator[StoredTitle]) -> Iterator[StoredTitle]:
        for entry in titles:
            counted[0] += 1
            yield entry

    started = time.perf_counter()
    keeper = FeedKeeper(annex, spec, newest, kept, bucket, PREFIX, is_full=job["is_full"])
    workers = Workers(annex.images, memory_least_bytes=LINT_MEMORY_BYTES)
    with workers, ledger.offer(annex.partner) as offer:
        offer = replace(offer, stored=count(offer.stored))
        previous = newest.pages if newest is not None else ()
        parts = workers.run, workers.at_once
        draft = draft_feed(annex, spec, offer, previous, PREFIX, drafted, CLOCK.now(), keeper, *parts)
    assembled = time.perf_counter()
    with Workers(annex.images, memory_least_bytes=LINT_MEMORY_BYTES) as workers:
        linted = lint_draft(draft, DraftFiles(drafted, bucket), CLOCK.now(), workers.run, workers.at_once)
    ended = time.perf_counter()
    _publish(draft, folder)
    told = {
        "seconds": ended - started,
        "assembling_s": assembled - started,
        "linting_s": ended - assembled,
        "titles": counted[0],
        "items": sum(draft.kinds.values()),
        "errors": linted.errors,
        "peak_bytes": memory_bytes("VmHWM"),
        "pages": [[page.body_digest, page.name, page.size_bytes] for page in draft.pages],
    }
    print(json.dumps(told))
    return 0


def _newest(folder: Path) -> Publication | None:
    record = folder / "published.json"
    if not record.exists():
        return None
    draft = FeedDraft.model_validate_json(record.read_bytes())
    return Publication("before", draft.version, draft.pages, draft.kept)


def _publish(draft: FeedDraft, folder: Path) -> None:
    """Moves the draft's own pages to where readers find them."""
    for page in draft.pages:
        own, target = folder / "draft" / page.name, folder / "bucket" / PAGES / page.name
        if own.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            own.replace(target)
            with target.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            target.with_name(f"{page.name}.sha256").write_text(digest)
    (folder / "published.json").write_text(draft.model_dump_json())


if __name__ == "__main__":
    sys.exit(main())
