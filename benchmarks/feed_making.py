"""One feed by the production code in a fresh process: `python -m benchmarks.feed_making JSON` prints what it took.

The JSON: {"ledger": URL, "folder": path, "previous": [[body digest, name], ...]}. The process assembles the partner's
feed of all accepted titles into pages in the folder and lints them, as the steps of a run do. It prints {"seconds",
"assembling_s", "linting_s", "titles", "items", "errors", "peak_bytes", "pages": [[body digest, name, bytes], ...]}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_bytes
from benchmarks.production import CLOCK, first_api_annex
from edye_delivery.catalog.order import Accepted
from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.publish.assemble import assemble
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.feeds.write.writers import profile_of
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger


def main() -> int:
    """Makes the feed once and prints the figures."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    annex = first_api_annex()
    spec = annex.feeds[0]
    ledger = Ledger(open_engine(job["ledger"]), CLOCK.now)
    counted = [0]

    def accepted() -> Iterator[Accepted]:
        for entry in ledger.accepted_titles(annex.partner):
            counted[0] += 1
            yield entry

    started = time.perf_counter()
    previous = [digest for digest, _ in job["previous"]]
    prefix = "https://feeds.example/search/pages/"
    feed = assemble(annex, spec, accepted(), previous, prefix, Path(job["folder"]), CLOCK.now())
    assembled = time.perf_counter()
    lint = FeedLint(profile_of(spec), int(CLOCK.now().timestamp() * 1000))
    for page in feed.pages:
        lint.add_page(page.name, page.path.read_bytes())
    result = lint.finish()
    ended = time.perf_counter()
    told = {
        "seconds": ended - started,
        "assembling_s": assembled - started,
        "linting_s": ended - assembled,
        "titles": counted[0],
        "items": result.types.total(),
        "errors": result.findings.count(FeedSeverity.ERROR) + feed.notes.count(FeedSeverity.ERROR),
        "peak_bytes": memory_bytes("VmHWM"),
        "pages": [[page.body_digest, page.name, page.size_bytes] for page in feed.pages],
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
