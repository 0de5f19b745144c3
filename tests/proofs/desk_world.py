"""Two partners of whom everything is known that the desk shows, in an Airflow with FAB's users and roles.

Run as a program, it fills the metadata database, the ledger and the artifact store of its environment. Every text of a
partner has the partner's own word in it, so that a search for the word finds whatever is the partner's.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

OWN, OTHER, GHOST = "quillow", "zorblax", "zorplex"
"""The words: of the partner that a user may see, of the other one, and of a partner that there is not.

The last two have the same place in every order, so that pages about either differ in the word alone.
"""
PICTURE_COLOURS = {OWN: "red", OTHER: "blue"}
PASSWORD, SECRET = "a-password-of-the-proof", "hush-nobody-may-read-this"
DAG_KINDS = (
    "deliver_api__{}", "deliver_ftp__{}", "redeliver__{}", "withdraw__{}", "publish_pull__{}", "watch_pull__{}",
    "report_pull__{}", "redeliver__{}__pull", "withdraw__{}__pull",
)  # fmt: skip
RUNS_OF_AIRFLOW = "DAG Runs"
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "reader": {"DAG:deliver_api__quillow": ("can_read",), RUNS_OF_AIRFLOW: ("can_read",)},
    "puller": {"DAG:redeliver__quillow__pull": ("can_read",), RUNS_OF_AIRFLOW: ("can_read",)},
    "starter": {f"DAG:{kind.format(OWN)}": ("can_read", "can_edit") for kind in DAG_KINDS}
    | {RUNS_OF_AIRFLOW: ("can_read", "can_create"), "HITL Detail": ("can_read",)},
    "stranger": {RUNS_OF_AIRFLOW: ("can_read", "can_create"), "HITL Detail": ("can_read",)},
    "blind": {f"DAG:{kind.format(OWN)}": ("can_read", "can_edit") for kind in DAG_KINDS},
}
"""What each user may do: `blind` may read a partner's DAGs but no runs, `stranger` runs but no DAG."""


def partner_of(word: str) -> str:
    """The partner's name. That of the other one begins with that of the own one."""
    return OWN if word == OWN else f"{OWN}__{word}"


def run_of(word: str, kind: str) -> str:
    """The id of the partner's run of this kind."""
    return f"{kind}__{word}"


def tracking_of(word: str, number: int) -> str:
    """The tracking id of one of the partner's titles."""
    return f"tracking-{word}-{number}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What of a partner's is a digest and so does not have its word: a delivery key, and the name of a picture."""

    delivery: str
    picture: str


def write_annexes(folder: Path) -> None:
    """The annexes of both partners: each gets titles by API and FTP, and pulls them too."""
    from tests.builders import annex_content, annex_file

    folder.mkdir()
    for word in (OWN, OTHER):
        feeds = [feed | {"prefix": f"{word}/{feed['name']}"} for feed in annex_content()["feeds"]]
        annex_file(
            folder,
            partner_of(word),
            display_name=f"{word.title()} TV",
            client_id=word,
            contacts={"DevOps": f"ops@{word}.example"},
            pull={"users": {f"{word}_reader": {"endpoints": ["shows"]}}, "check": {"user": f"{word}_reader"}},
            feeds=feeds,
        )


def connections(home: Path) -> dict[str, str]:
    """The connections as variables; each has a secret."""
    known: dict[str, Any] = {
        "delivery_ledger": {"conn_type": "sqlite", "host": str(home / "ledger.sqlite"), "password": SECRET},
        "artifact_store": {"conn_type": "fs", "password": SECRET, "extra": {"path": str(home / "artifacts")}},
        "feed_store": {
            "conn_type": "aws", "login": "key", "password": SECRET,
            "extra": {"bucket_name": "b", "public_url": "http://127.0.0.1:9/b", "trust_env": False},
        },
    }  # fmt: skip
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(one) for name, one in known.items()}


def keys_of(home: Path, word: str) -> Keys:
    """The digests that the program wrote down."""
    return Keys(**json.loads((home / f"{word}.json").read_text()))


def fill(home: Path) -> None:
    """Fills all three stores for both partners."""
    from tests.components.desk.conftest import load_dags

    load_dags()
    for word in (OWN, OTHER):
        (home / f"{word}.json").write_text(json.dumps(_fill_partner(home, word)))
    _add_users()


def _fill_partner(home: Path, word: str) -> dict[str, str]:
    from tests.proofs import desk_world_records as records

    plans = list(_titles(word))
    folder = home / "artifacts"
    picture = records.keep_picture(folder, PICTURE_COLOURS[word])
    request = records.add_delivery_run(folder, word, plans[0], picture)
    records.fill_ledger(home / "ledger.sqlite", word, plans, request.run_id)
    records.add_other_runs(folder, word)
    return {"delivery": plans[0].delivery_key, "picture": picture.art_name}


def _titles(word: str, count: int = 62) -> Iterator[Any]:
    """The partner's titles; the last one has ids that the other partner's last one has too."""
    from edye_delivery.annex.planning import plan_of
    from edye_delivery.dag_support.annexes import annexes
    from tests.builders import a_movie

    annex = annexes()[partner_of(word)]
    for number in range(count):
        is_shared = number == count - 1
        names = {"titles": {"en": "Shared sea" if is_shared else f"{word.title()} sea {number}", "es": f"Mar {word}"}}
        of_both = {"id": "both-1", "title_id": "EDYE_BOTH_000001"}
        own = {"id": f"{word}-{number}", "title_id": f"EDYE_{word.upper()}_{number:06}"}
        plan = plan_of(annex, a_movie(**names, **(of_both if is_shared else own)))
        key = hashlib.sha256(f"{word} {number}".encode()).hexdigest()
        yield plan.model_copy(update={"delivery_key": key})


def _add_users() -> None:
    """Makes a role and a user of its name for each of ROLES, as FAB's own commands do, and an administrator."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        for name, resources in ROLES.items():
            role = manager.add_role(name)
            for resource, actions in resources.items():
                for action in actions:
                    manager.add_permission_to_role(role, manager.create_permission(action, resource))
        for name in (*ROLES, "admin"):
            role = manager.find_role("Admin" if name == "admin" else name)
            assert manager.add_user(name, name, name, f"{name}@desk.example", role, PASSWORD)


def moment(days: float = 0) -> datetime:
    """So many days ago."""
    return datetime.now(UTC) - timedelta(days=days)


if __name__ == "__main__":
    os.environ["EDYE_TEST_AIRFLOW_HOME"] = os.environ["AIRFLOW_HOME"]
    import airflow  # noqa: F401  (tests.airflow_home leaves an Airflow that is imported as it is)

    fill(Path(sys.argv[1]))
