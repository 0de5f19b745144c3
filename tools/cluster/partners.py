"""Partners of a cluster: annexes made from the first one with an ingest API, each with names of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.catalog.vocabulary import Channel

POLLING = {"first_s": 10.0, "every_s": 2.0, "slowest_s": 10.0}
"""Sooner than in production: the sandbox processes a title at once."""
NAMES = ("episode", "episode_without_season", "other")


def write_annexes(folder: Path, count: int) -> dict[str, str]:
    """Writes the annexes of so many partners into the folder: the id of each partner's DAG, by its name."""
    pattern = next(annex.partner for annex in load_annexes(DEFAULT_FOLDER).values() if annex.api is not None)
    text = (DEFAULT_FOLDER / f"{pattern}.yaml").read_text(encoding="utf-8")
    folder.mkdir(parents=True)
    dags = {}
    for number in range(1, count + 1):
        partner = f"cluster_{number}"
        content = _content(yaml.safe_load(text), partner, f"P{number}_")
        (folder / f"{partner}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        dags[partner] = delivery_dag_id(Channel.API, partner)
    return dags


def _content(content: dict[str, Any], partner: str, prefix: str) -> dict[str, Any]:
    """The annex for another partner. Its external_ids have a prefix, for one book has what all partners take."""
    content |= {"partner": partner, "display_name": partner, "client_id": partner, "schedule": None}
    content.pop("ftp", None)
    content["api"]["polling"] |= POLLING
    for name in NAMES:
        content["naming"][name] = f"{prefix}{content['naming'][name]}"
    for feed in content["feeds"]:
        feed["prefix"] = f"{partner}/{feed['name']}"
    return content
