"""The contents that the partner took, how they are processed, and the rules of a resend."""

from __future__ import annotations

import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox.faults import Fault
from sandbox.moments import rfc3339
from sandbox.probe import CheckResult, look_at
from sandbox.store import Store
from sandbox.upload import Upload

_PROBES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What the partner says to a well-formed upload."""

    tracking_id: str
    conflict_code: str = ""
    conflict_message: str = ""


class IngestBook:
    """The partner's contents. Kept on disk before an answer leaves; processing goes by the clock, not by a task."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        processing_s: float,
        ignore_idempotency: bool = False,
        keep_files: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._uploads = store, folder / "uploads"
        self._kept = folder / "files" if keep_files else None
        self._processing_s, self._ignore_idempotency, self._clock = processing_s, ignore_idempotency, clock
        self._probers = ThreadPoolExecutor(_PROBES_AT_ONCE, "sandbox-probe")
        self._uploads.mkdir(parents=True, exist_ok=True)
        if self._kept:
            self._kept.mkdir(parents=True, exist_ok=True)
        self._resume()

    def open_upload(self, boundary: str) -> Upload:
        """Return a fresh upload that streams to this book's folder."""
        return Upload(self._uploads, boundary)

    def take(self, upload: Upload, *, key: str | None, request_id: str | None, fault: Fault | None) -> Answer:
        """Take a well-formed upload in, or say why not; a resend of the same content takes nothing new."""
        with self._store.transaction():
            known = self._row("idempotency_key = ?", key) if key and not self._ignore_idempotency else None
            if known:
                return self._resent(known, upload)
            open_one = self._open_ingest(upload.metadata.get("external_id"))
            if open_one:
                message = f"{open_one['external_id']} sigue en proceso como {open_one['tracking_id']}"
                return Answer(open_one["tracking_id"], "STILL_PROCESSING", message)
            tracking_id = uuid.uuid4().hex
            upload.keep_as(self._upload_path(tracking_id))
            self._insert(tracking_id, upload, key, request_id, fault)
        self._probe_later(tracking_id, upload.sha256 or "")
        return Answer(tracking_id)

    def status(self, tracking_id: str) -> dict[str, Any] | None:
        """Return the state of an ingest, in the contract's form; None for an unknown id."""
        row = self._row("tracking_id = ?", tracking_id)
        if row is None:
            return None
        state, result = self._state(row)
        error = {"error": {"code": result.code, "message": result.message}} if state == "error" else {}
        return {"id": tracking_id, "status": state, **error}

    def external_id(self, tracking_id: str) -> str | None:
        """Return the title that an ingest was for."""
        row = self._row("tracking_id = ?", tracking_id)
        return row["external_id"] if row else None

    def contents(self) -> list[dict[str, Any]]:
        """Return everything that was taken, oldest first."""
        return [self._wire(row) for row in self._store.rows("SELECT * FROM contents ORDER BY seq")]

    def withdraw(self, external_id: str, end_at: str | None) -> bool:
        """Take a title down, or note until when it is offered; False where there is no such title."""
        if self._row("external_id = ?", external_id) is None:
            return False
        self._store.execute("INSERT OR REPLACE INTO withdrawals VALUES (?, ?)", (external_id, end_at))
        return True

    def withdrawals(self) -> dict[str, str | None]:
        """Return the titles that were taken down, each with its end date; one that comes again is no longer there."""
        rows = self._store.rows("SELECT external_id, end_at FROM withdrawals ORDER BY external_id")
        return {row["external_id"]: row["end_at"] for row in rows}

    def release_stuck(self) -> None:
        """Let the ingests continue that a `stuck` fault holds."""
        self._store.execute("UPDATE contents SET is_stuck = 0")

    def clear(self) -> None:
        """Forget every content."""
        self._store.execute("DELETE FROM contents")
        self._store.execute("DELETE FROM withdrawals")

    def close(self) -> None:
        """Stop looking at files; a file not looked at yet is looked at after the next start."""
        self._probers.shutdown(wait=True, cancel_futures=True)

    def _row(self, condition: str, value: Any) -> sqlite3.Row | None:
        return self._store.row(f"SELECT * FROM contents WHERE {condition} ORDER BY seq DESC LIMIT 1", (value,))  # noqa: S608

    def _resent(self, known: sqlite3.Row, upload: Upload) -> Answer:
        same = known["sha256"] == upload.sha256 and known["metadata"] == _canonical(upload.metadata)
        if not same:
            message = "la misma Idempotency-Key llegó antes con otro contenido"
            return Answer(known["tracking_id"], "IDEMPOTENCY_KEY_REUSED", message)
        self._store.execute("UPDATE contents SET times_sent = times_sent + 1 WHERE seq = ?", (known["seq"],))
        return Answer(known["tracking_id"])

    def _open_ingest(self, external_id: str | None) -> sqlite3.Row | None:
        last = self._row("external_id = ?", external_id) if external_id else None
        return last if last is not None and self._state(last)[0] in ("received", "processing") else None

    def _insert(
        self, tracking_id: str, upload: Upload, key: str | None, request_id: str | None, fault: Fault | None
    ) -> None:
        failing = fault is not None and fault.kind == "error"
        values = {
            "tracking_id": tracking_id,
            "external_id": upload.metadata.get("external_id"),
            "idempotency_key": key,
            "request_id": request_id,
            "filename": upload.filename,
            "sha256": upload.sha256,
            "size_bytes": upload.size_bytes,
            "metadata": _canonical(upload.metadata),
            "extra_parts": orjson.dumps(upload.extra_parts).decode(),
            "taken_at": self._clock(),
            "times_sent": 1,
            "is_stuck": int(fault is not None and fault.kind == "stuck"),
            "error_code": fault.code if fault and failing else None,
            "error_message": fault.error_message if fault and failing else None,
        }
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        self._store.execute("DELETE FROM withdrawals WHERE external_id = ?", (values["external_id"],))
        self._store.execute(f"INSERT INTO contents ({names}) VALUES ({marks})", values)  # noqa: S608 - constant names

    def _state(self, row: sqlite3.Row) -> tuple[str, CheckResult]:
        elapsed_s = self._clock() - row["taken_at"]
        if elapsed_s < self._processing_s / 3:
            return "received", CheckResult()
        if row["is_stuck"] or elapsed_s < self._processing_s:
            return "processing", CheckResult()
        if row["error_code"]:
            return "error", CheckResult(row["error_code"], row["error_message"])
        result = self._result(row["sha256"])
        if result is None:
            return "processing", CheckResult()
        return ("error" if result.code else "completed"), result

    def _result(self, sha256: str) -> CheckResult | None:
        row = self._store.row("SELECT code, message FROM probes WHERE sha256 = ?", (sha256,))
        return CheckResult(row["code"], row["message"]) if row else None

    def _wire(self, row: sqlite3.Row) -> dict[str, Any]:
        state, result = self._state(row)
        error = {"code": result.code, "message": result.message} if state == "error" else None
        return {
            **{key: row[key] for key in ("external_id", "tracking_id", "idempotency_key", "request_id", "filename")},
            **{key: row[key] for key in ("sha256", "size_bytes", "times_sent")},
            "metadata": orjson.loads(row["metadata"]),
            "extra_parts": orjson.loads(row["extra_parts"]),
            "taken_at": rfc3339(row["taken_at"]),
            "status": state,
            "error": error,
        }

    def _upload_path(self, tracking_id: str) -> Path:
        return self._uploads / f"{tracking_id}.bin"

    def _probe_later(self, tracking_id: str, sha256: str) -> None:
        if self._result(sha256) is None:
            self._probers.submit(self._probe, tracking_id, sha256).add_done_callback(_tell_failure)
        else:
            self._put_away(tracking_id, sha256)

    def _probe(self, tracking_id: str, sha256: str) -> None:
        result = self._result(sha256) or look_at(self._upload_path(tracking_id))
        values = (sha256, result.code, result.message)
        self._store.execute("INSERT OR REPLACE INTO probes (sha256, code, message) VALUES (?, ?, ?)", values)
        self._put_away(tracking_id, sha256)

    def _put_away(self, tracking_id: str, sha256: str) -> None:
        path = self._upload_path(tracking_id)
        if self._kept:
            path.replace(self._kept / f"{sha256}.mp4")
        else:
            path.unlink(missing_ok=True)

    def _resume(self) -> None:
        """Take up what a killed sandbox left: look at files taken but not looked at, remove what was never taken."""
        known = {row["tracking_id"]: row["sha256"] for row in self._store.rows("SELECT * FROM contents")}
        for path in self._uploads.iterdir():
            if path.suffix == ".bin" and path.stem in known:
                self._probe_later(path.stem, known[path.stem])
            else:
                path.unlink(missing_ok=True)


def _tell_failure(probing: Future[None]) -> None:
    """Say on stderr that a look at a file failed: its content would stay in processing without a word."""
    if not probing.cancelled() and (failure := probing.exception()):
        print(f"sandbox: a look at a received file failed: {failure!r}", file=sys.stderr, flush=True)


def _canonical(metadata: dict[str, Any]) -> str:
    return orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS).decode()
