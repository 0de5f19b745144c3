"""One of several processes that deliver the same titles at once.

`race_worker.py LEDGER_URL MEDIA_URL PARTNER_URL SEED SECONDS`. Every two seconds all processes go over to the next
titles. Prints one JSON object at its end: how many runs it made, and whatever went wrong.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.vocabulary import Mode
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.plan import plan_window, remember_plan
from edye_delivery.pipeline.uploaders.api import ApiUploader
from tests.artifacts import EmptyFiles
from tests.builders import a_movie, the_annex
from tests.proofs.meeting import snapshot_of

TITLES, GENERATION_S = 12, 2.0
DAY = (datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC))
ANNEX = the_annex(
    acceptance=["received_with_tracking_id", "completed"],
    api={"titles_at_once": 3, "retry": {"attempts": 4, "base_s": 0.05, "cap_s": 0.3}},
)


def now() -> datetime:
    return datetime.now(UTC)


def titles_of(generation: int, media_url: str) -> list:
    return [
        a_movie(
            id=f"movie-{generation}-{number}",
            title_id=f"EDYE_MOV_{generation}_{number:02}",
            titles={"en": f"Kite {number} of {generation}"},
            sources=[{"file": f"{media_url}/{number}.mp4", "type": "video/mp4"}],
        )
        for number in range(TITLES)
    ]


def main(url: str, media_url: str, partner_url: str, seed: int, seconds: float) -> None:
    chance = random.Random(seed)
    ledger = Ledger(open_engine(url), now, Client.of(ANNEX))
    clock = Clock(now, time.sleep, chance.random)
    quick = RetryPolicy(attempts=2, base_s=0.1, cap_s=0.2)
    host = MediaHost(httpx.Client(trust_env=False), frozenset({urlsplit(media_url).hostname}), quick, clock)
    api = IngestApi(httpx.Client(base_url=partner_url, trust_env=False, timeout=20), ANNEX, clock)
    uploader = ApiUploader(ANNEX, api, MediaSource(host), ledger, EmptyFiles())
    runs, wrong = Counter(), []
    ends_at = time.time() + seconds
    number = 0
    while time.time() < ends_at:
        number += 1
        request = RunRequest(
            partner=ANNEX.partner,
            run_id=f"run-{seed}-{number}",
            start_at=DAY[0],
            end_at=DAY[1],
            mode=chance.choice([Mode.CHANGED, Mode.CHANGED, Mode.FAILED]),
        )
        titles = titles_of(int(time.time() / GENERATION_S), media_url)
        chance.shuffle(titles)
        try:
            plan, batches = plan_window(ANNEX, snapshot_of(request, titles), ledger)
            remember_plan(ANNEX, plan, ledger)
            for batch in batches:
                checked = [CheckedTitle(plan=planned, findings=planned.findings) for planned in batch.titles]
                chance.shuffle(checked)
                Sender(ANNEX.partner, uploader, ledger, clock, request.run_id).send_batch(tuple(checked))
                waiting = with_partner(ledger, checked)
                completed = IngestOutcome(state="completed")
                record_outcomes(ledger, waiting, {str(one.tracking_id): completed for one in waiting})
                Acceptor(ANNEX, ledger).accept_batch(tuple(checked))
            runs["ended"] += 1
        except Exception as error:
            wrong.append(f"{request.run_id}: {type(error).__name__}: {str(error)[:300]}")
    print(json.dumps({"runs": runs["ended"], "wrong": wrong}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
