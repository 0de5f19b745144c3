"""What the figure `api` serves: a generation of many shows, the annex of a partner, and a ledger with a token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import yaml

from edye_delivery.annex.load import DEFAULT_FOLDER
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.database import open_engine

PARTNER, USER = "benchmark", "app"
SYNOPSIS = "A night under the sea, and what the fish say of it. " * 4


def make_users(folder: Path) -> str:
    """Writes the annex into `annexes` and a user's token into `ledger.sqlite`; returns the token."""
    annexes = folder / "annexes"
    annexes.mkdir()
    content = yaml.safe_load(min(DEFAULT_FOLDER.glob("*.yaml")).read_text(encoding="utf-8"))
    pull = {"users": {USER: {"endpoints": ["shows"]}}, "check": {"user": USER}}
    pull |= {"rate_limit": {"calls": 100_000, "window_s": 1, "full_syncs_at_once": 100}}
    content |= {"partner": PARTNER, "client_id": PARTNER, "pull": pull, "api": None, "ftp": None, "feeds": []}
    (annexes / f"{PARTNER}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    engine = open_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    token = ApiTokens(engine, lambda: datetime.now(UTC)).add(PARTNER, USER)
    engine.dispose()
    return token


def make_generation(root: Path, items: int) -> None:
    """Publishes so many shows of 0.8 kB, about the size of the sandbox's."""
    store = FolderStore(root)
    options = {"is_full": True, "lists": [ListName.SHOWS], "tombstone_days": 90, "keep": 3}
    built = build_generation(store, PARTNER, _shows(items), datetime.now(UTC), 1, "annex", **options)
    switch_readers(store, PARTNER, built.number)


def _shows(items: int) -> Iterator[ItemChange]:
    for number in range(items):
        item_id = f"show-{number:07}"
        image = {"kind": "poster", "url": f"https://media.example/{item_id}/poster.jpg", "width": 1080, "height": 1620}
        content = {
            "id": item_id,
            "kind": "series",
            "title_id": f"EDYE_{number:07}",
            "titles": {"es": f"Planeta Azul {number}", "en": f"Blue Planet {number}"},
            "synopsis_short": {"en": SYNOPSIS, "es": SYNOPSIS},
            "genres": ["kids", "education"],
            "tags": ["kidsdirected"],
            "images": [image],
        }
        yield ItemChange(ListName.SHOWS, item_id, orjson.dumps(content), tags=("kidsdirected",), langs=("es", "en"))
