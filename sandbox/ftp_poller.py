"""The partner's poller behind its FTP server: picks titles up, looks at them, and tells how they ended."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.faults import Fault, FaultPlan
from sandbox.ftp_tree import FtpTree, look_at_file
from sandbox.moments import rfc3339
from sandbox.probe import CheckResult, look_at
from sandbox.store import Store

POLL_S = 0.2
_STOP_LIMIT_S = 5
_REQUIRED = ("external_id", "titulo", "id_cliente")


class FtpPoller:
    """Takes every title whose metadata file is in `/incoming/<client>/metadata/`, and ends it after `processing_s`.

    A title is checked by the files that are there when it is picked up, with the metadata file as its commit. At its
    end the media and images leave `/incoming` (but not files that another delivery put in their place meanwhile),
    then come the outcome file, the line in `ingest.log`, and last the metadata file in `/processed` or `/error`. So
    whoever sees one of these finds those before it, and what they say is final. A title of the same metadata file
    name replaces the outcome file and the metadata file of an earlier one; the log keeps both lines.

    What was picked up survives a kill: after the next start it ends as it would have.
    """

    def __init__(
        self,
        root: Path,
        state_dir: Path,
        store: Store,
        plan: FaultPlan,
        *,
        processing_s: float,
        keep_files: bool = False,
        poll_s: float = POLL_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tree = FtpTree(root, state_dir / "picked_up")
        self._store, self._plan, self._clock = store, plan, clock
        self._processing_s, self._poll_s = processing_s, poll_s
        self._kept = state_dir / "files" if keep_files else None
        self._left: dict[tuple[str, str, int], Fault] = {}
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-ftp-poller", daemon=True)

    def start(self) -> None:
        """Poll from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End with the title at hand; the others wait for the next start."""
        self._stopping.set()
        self._thread.join(_STOP_LIMIT_S)

    def poll_once(self) -> None:
        """Make one round: pick up what was delivered, look at it, and end what was processed for long enough."""
        with self._turn:
            for client in self._tree.clients():
                for path in self._tree.committed(client):
                    self._pick_up(client, path)
            for row in self._store.rows("SELECT * FROM ftp_titles WHERE is_told = 0 ORDER BY seq"):
                if not self._stopping.is_set():
                    self._advance(row)

    def contents(self) -> list[dict[str, Any]]:
        """Return every title that was picked up, oldest first."""
        return [self._wire(row) for row in self._store.rows("SELECT * FROM ftp_titles ORDER BY seq")]

    def clear(self) -> None:
        """Forget every title and empty the server's folders."""
        with self._turn:
            self._store.execute("DELETE FROM ftp_titles")
            self._left.clear()
            self._tree.clear()

    def _run(self) -> None:
        while not self._stopping.wait(self._poll_s):
            try:
                self.poll_once()
            except Exception as exc:  # the edge of the thread: the next round may do better
                print(f"sandbox: a round of the FTP poller failed: {exc!r}", file=sys.stderr, flush=True)

    def _pick_up(self, client: str, path: Path) -> None:
        """Remember the title, then move its metadata file: a kill between the two leaves a title to pick up again."""
        try:
            found = path.stat()
            external_id = _read_metadata(path).get("external_id")
        except FileNotFoundError:
            return
        left = self._left.get((client, path.name, found.st_ino))
        if left and self._plan.holds(left):
            return
        name = external_id if isinstance(external_id, str) else None
        fault = self._plan.strike("ftp", "pickup", name, f"/incoming/{client}/metadata/{path.name}")
        if fault and fault.kind == "not_picked_up":
            self._left[client, path.name, found.st_ino] = fault
            return
        failing = fault is not None and fault.kind == "error"
        seq = self._store.execute(
            "INSERT INTO ftp_titles (client, metadata_file, picked_up_at, is_stuck, planned_code, planned_message)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(client, path.name, self._clock(), int(fault is not None and fault.kind == "stuck")),
                *((str(fault.code), fault.error_message) if fault and failing else (None, None)),
            ),
        )
        try:
            path.replace(self._tree.private(seq))
        except FileNotFoundError:
            self._forget(seq)

    def _forget(self, seq: int) -> None:
        self._store.execute("DELETE FROM ftp_titles WHERE seq = ?", (seq,))

    def _advance(self, row: sqlite3.Row) -> None:
        """Take a title one step further, or as far as its time allows."""
        if row["found"] is None:
            if not self._tree.private(row["seq"]).exists():
                self._forget(row["seq"])  # a kill came before the file was moved: it is picked up anew
                return
            self._look(row)
            row = self._row(row["seq"])
        if row["ended_at"] is None:
            if row["is_stuck"] or self._clock() - row["picked_up_at"] < self._processing_s:
                return
            self._store.execute("UPDATE ftp_titles SET ended_at = ? WHERE seq = ?", (self._clock(), row["seq"]))
            row = self._row(row["seq"])
        self._tell(row)

    def _row(self, seq: int) -> sqlite3.Row:
        (row,) = self._store.rows("SELECT * FROM ftp_titles WHERE seq = ?", (seq,))
        return row

    def _look(self, row: sqlite3.Row) -> None:
        """Write down which files the title has, and the result on them."""
        metadata = _read_metadata(self._tree.private(row["seq"]))
        name = _file_name(metadata.get("external_id"))
        path = self._tree.media(row["client"], name) if name else None
        media = look_at_file(path) if path else None
        images = [look_at_file(image) for image in self._tree.images(row["client"], name)] if name else []
        found = {
            "external_id": metadata.get("external_id"),
            "metadata": metadata or None,
            "media": media.as_json() if media else None,
            "images": [image.as_json() for image in images if image],
        }
        result = _result_on(metadata)
        if not result.code and (path is None or media is None):
            result = CheckResult("METADATA_INCOMPLETE", "archivo_media no encontrado")
        elif not result.code and path and media:
            result = self._probe(path, media.sha256)
        self._store.execute(
            "UPDATE ftp_titles SET found = ?, code = ?, message = ? WHERE seq = ?",
            (
                json.dumps(found, ensure_ascii=False),
                row["planned_code"] or result.code,
                row["planned_message"] or result.message,
                row["seq"],
            ),
        )

    def _probe(self, path: Path, sha256: str) -> CheckResult:
        known = self._store.row("SELECT code, message FROM probes WHERE sha256 = ?", (sha256,))
        return CheckResult(known["code"], known["message"]) if known else look_at(path)

    def _tell(self, row: sqlite3.Row) -> None:
        found = json.loads(row["found"])
        for image in found["images"]:
            self._tree.take_away(row["client"], "images", image)
        if found["media"]:
            if self._kept:
                self._kept.mkdir(parents=True, exist_ok=True)
            keep_as = self._kept / f"{found['media']['sha256']}.mp4" if self._kept else None
            self._tree.take_away(row["client"], "video", found["media"], keep_as)
        error = {"code": row["code"], "message": row["message"]} if row["code"] else None
        outcome = {
            "status": "error" if error else "completed",
            "external_id": found["external_id"],
            "error": error,
        }
        self._tree.tell(row["client"], row["metadata_file"], row["seq"], outcome, row["ended_at"])
        self._store.execute("UPDATE ftp_titles SET is_told = 1 WHERE seq = ?", (row["seq"],))

    def _status(self, row: sqlite3.Row) -> str:
        if row["ended_at"] is not None:
            return "error" if row["code"] else "completed"
        waited_s = self._clock() - row["picked_up_at"]
        return "picked_up" if waited_s < self._processing_s / 3 else "processing"

    def _wire(self, row: sqlite3.Row) -> dict[str, Any]:
        found = json.loads(row["found"] or '{"external_id": null, "metadata": null, "media": null, "images": []}')
        status, media = self._status(row), found["media"] or {}
        return {
            "client": row["client"],
            "external_id": found["external_id"],
            "metadata_file": row["metadata_file"],
            "metadata": found["metadata"],
            "sha256": media.get("sha256"),
            "size_bytes": media.get("size_bytes"),
            "images": [{key: image[key] for key in ("name", "sha256", "size_bytes")} for image in found["images"]],
            "status": status,
            "error": {"code": row["code"], "message": row["message"]} if status == "error" else None,
            "picked_up_at": rfc3339(row["picked_up_at"]),
        }


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a title: empty where the file is not a JSON object."""
    try:
        read = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _file_name(external_id: Any) -> str | None:
    """Return an external_id that can be the name of a file; None for any other value, such as a path."""
    fits = isinstance(external_id, str) and Path(external_id).name == external_id and "\0" not in external_id
    return external_id if fits else None


def _result_on(metadata: dict[str, Any]) -> CheckResult:
    if not metadata:
        return CheckResult("METADATA_INCOMPLETE", "metadatos incompletos: el archivo no es un objeto JSON")
    missing = [key for key in _REQUIRED if not metadata.get(key)]
    return (
        CheckResult("METADATA_INCOMPLETE", f"metadatos incompletos: {', '.join(missing)}") if missing else CheckResult()
    )
