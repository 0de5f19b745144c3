"""Checks the result of a round by the partner's own records, the ledger's file and the artifact store."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.chaos.windows import SmallWindow

UNDER_WAY = frozenset({"planned", "sending", "received", "processing", "completed"})


@dataclass(slots=True)
class Findings:
    """What is wrong: titles that are lost, sent twice, in a wrong state or back after a withdrawal, with a sentence."""

    lost: dict[str, str] = field(default_factory=dict)
    duplicated: dict[str, str] = field(default_factory=dict)
    wrong_state: dict[str, str] = field(default_factory=dict)
    resurrected: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.lost or self.duplicated or self.wrong_state or self.resurrected)

    def sentences(self) -> list[str]:
        """All of them."""
        kinds = (
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("wrong state", self.wrong_state),
            ("resurrected", self.resurrected),
        )
        return [f"{kind}: {name}: {sentence}" for kind, found in kinds for name, sentence in found.items()]


def check(
    window: SmallWindow,
    deliveries: Iterable[Mapping[str, Any]],
    revisions: Iterable[Mapping[str, Any]],
    contents: Iterable[Mapping[str, Any]],
    media: Mapping[str, set[str]],
    withdrawn: frozenset[str] = frozenset(),
) -> Findings:
    """Compares the ledger's rows and the partner's contents with what the window's titles should have become.

    `media` gives the SHA-256 of a title's files by its EDYE id; `withdrawn` are the EDYE ids of what a person took out.
    """
    findings = Findings()
    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for row in deliveries:
        by_title.setdefault(row["edye_id"], []).append(row)
    revised = {row["edye_id"]: row["delivery_key"] for row in revisions if row["withdrawn_at"] is None}
    names = {row["external_id"]: edye_id for edye_id, rows in by_title.items() for row in rows}
    at_partner: dict[str, list[Mapping[str, Any]]] = {}
    for content in contents:
        at_partner.setdefault(names.get(content["external_id"], content["external_id"]), []).append(content)
    for edye_id, expectation in window.expected.items():
        rows, theirs = by_title.pop(edye_id, []), at_partner.pop(edye_id, [])
        if expectation.state == "accepted":
            state = "withdrawn" if edye_id in withdrawn else "accepted"
            if edye_id in withdrawn and edye_id in revised:
                findings.resurrected[edye_id] = "it was withdrawn by hand, and the ledger offers it"
            _check_good(findings, edye_id, rows, theirs, revised.get(edye_id), media.get(edye_id, set()), state)
        else:
            _check_bad(findings, edye_id, rows, theirs)
    for edye_id in {*by_title, *at_partner}:
        findings.wrong_state[edye_id] = "it is not of this window, but ledger or partner have it"
    return findings


def _check_good(
    findings: Findings,
    edye_id: str,
    rows: list[Mapping[str, Any]],
    theirs: list[Mapping[str, Any]],
    revised: str | None,
    digests: set[str],
    state: str,
) -> None:
    completed = [content for content in theirs if content["status"] == "completed"]
    if not completed:
        findings.lost[edye_id] = f"the partner has {[content['status'] for content in theirs] or 'nothing'}"
    same = Counter((content["sha256"], json.dumps(content["metadata"], sort_keys=True)) for content in completed)
    if any(count > 1 for count in same.values()):
        findings.duplicated[edye_id] = f"completed as {[content['tracking_id'] for content in completed]}"
    wrong = _wrong_row(rows, completed, revised, state)
    if digests and not {content["sha256"] for content in completed} <= digests:
        wrong.append("the partner's bytes are not the file's")
    if len(theirs) > len(completed) + sum(1 for content in theirs if content["status"] == "error"):
        wrong.append(f"the partner still has {[content['status'] for content in theirs]}")
    if wrong:
        findings.wrong_state[edye_id] = "; ".join(wrong)


def _wrong_row(
    rows: list[Mapping[str, Any]], completed: list[Mapping[str, Any]], revised: str | None, state: str
) -> list[str]:
    if len(rows) != 1:
        return [f"the ledger has {len(rows)} deliveries of it"]
    (row,) = rows
    wrong = []
    if row["state"] != state:
        under_way = ", still under way" if row["state"] in UNDER_WAY else ""
        wrong.append(f"the ledger says {row['state']}{under_way} ({row['detail']})")
    if row["tracking_id"] not in {content["tracking_id"] for content in completed}:
        wrong.append(f"the ledger's tracking id {row['tracking_id']} is of nothing that the partner completed")
    if state == "accepted" and revised != row["delivery_key"]:
        wrong.append("its accepted revision is not of this delivery")
    return wrong


def _check_bad(
    findings: Findings, edye_id: str, rows: list[Mapping[str, Any]], theirs: list[Mapping[str, Any]]
) -> None:
    states = [row["state"] for row in rows]
    if states != ["rejected"]:
        findings.wrong_state[edye_id] = f"it should be rejected, the ledger says {states or 'nothing'}"
    elif theirs:
        findings.wrong_state[edye_id] = "it should be rejected, but the partner has it"


def check_store(findings: Findings, artifacts: Path) -> None:
    """No file of the store is half under its final name: JSON ends, and what is named by its content has that content.

    A killed writer leaves a file under a temporary name, which nobody takes for an artifact.
    """
    for path in sorted(path for path in artifacts.rglob("*") if path.is_file() and not path.name.startswith(".")):
        content = path.read_bytes()
        if path.suffix == ".json":
            try:
                json.loads(content)
            except ValueError:
                findings.wrong_state[path.name] = "a half file of the artifact store"
        elif "art" in path.parts and hashlib.sha256(content).hexdigest() not in (path.stem, path.name):
            findings.wrong_state[path.name] = "a file of the artifact store is not what its name says"


def sha256_of(path: Path) -> str:
    """A file's SHA-256; a text that no file has where there is none."""
    if not path.exists():
        return "no file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_of(ledger: Path, table: str) -> list[dict[str, Any]]:
    """A table of the ledger's file."""
    if not ledger.exists():
        return []
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 - constant names
        except sqlite3.OperationalError:
            return []
