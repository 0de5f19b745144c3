"""The journal: every call that the sandbox got, so that a test can ask how often a title arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.moments import rfc3339
from sandbox.store import Store

if TYPE_CHECKING:
    from sandbox.connection import Call
    from sandbox.ftp_session import FtpCall

_COLUMNS = (
    *("at", "service", "operation", "method", "path", "query", "status", "external_id", "tracking_id"),
    *("idempotency_key", "request_id", "bytes_in", "bytes_out", "sha256", "outcome", "fault"),
)
_INSERT = f"INSERT INTO journal ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + name for name in _COLUMNS)})"  # noqa: S608 - constant names
_AMEND = "UPDATE journal SET status = ?, bytes_in = ?, bytes_out = ?, outcome = ? WHERE seq = ?"
_FILTERS = ("service", "external_id", "operation")


class Journal:
    """Calls in the order of their answers; kept over a restart, never with a token or a password."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, call: Call | FtpCall) -> None:
        """Write a call down before its answer leaves, so that whoever got the answer finds the entry."""
        if call.seq:
            self._store.execute(_AMEND, (call.status, call.bytes_in, call.bytes_out, call.outcome, call.seq))
            return
        values = {name: getattr(call, name) for name in _COLUMNS if name not in ("query", "fault")}
        values["query"] = json.dumps(call.query)
        values["fault"] = call.fault.kind if call.fault else None
        call.seq = self._store.execute(_INSERT, values)

    def entries(self, **filters: str | None) -> list[dict[str, Any]]:
        """Return the entries that fit all the filters given (service, external_id, operation), oldest first."""
        conditions = {key: value for key, value in filters.items() if value is not None}
        unknown = set(conditions) - set(_FILTERS)
        if unknown:
            raise ValueError(f"the journal filters by {', '.join(_FILTERS)}, not by {', '.join(sorted(unknown))}")
        where = " AND ".join(f"{key} = ?" for key in conditions) or "1"
        rows = self._store.rows(f"SELECT * FROM journal WHERE {where} ORDER BY seq", tuple(conditions.values()))  # noqa: S608
        return [{**dict(row), "at": rfc3339(row["at"]), "query": json.loads(row["query"])} for row in rows]

    def clear(self) -> None:
        """Forget every entry."""
        self._store.execute("DELETE FROM journal")
