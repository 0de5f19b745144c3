"""The catalogue's answer for one window as JSON lines: sorted on disk while it arrives, read line by line."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import CatalogueRead, LeftOut
from edye_delivery.catalog.title import Title

Row = TypeVar("Row", bound=BaseModel)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
READ_BLOCK_BYTES = 1024 * 1024
KINDS: dict[type[BaseModel], bytes] = {
    RunRequest: b"request",
    Title: b"title",
    MalformedItem: b"malformed",
    LeftOut: b"left_out",
    CatalogueRead: b"catalogue",
}
TOUCHED = b"touched"
COUNTED = {"titles": b"title", "left_out": b"left_out", "malformed": b"malformed"}
NOT_IN_CATALOGUE = "not_in_catalogue"
NOT_COUNTED: Mapping[str, int] = {}


class SnapshotFile:
    """The catalogue's answer for one window, as it was then: a temporary file that is deleted with this object.

    `touched` are episodes that did not change themselves; their series did, and they inherit from it. Every property
    reads the file again, line by line. `counts` are the numbers of titles, left_out and malformed, from the writer.
    """

    def __init__(self, counts: Mapping[str, int] = NOT_COUNTED) -> None:
        self.counts = dict(counts)
        with tempfile.NamedTemporaryFile(prefix="edye-snapshot-", suffix=".jsonl", delete=False) as file:
            self.path = Path(file.name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)

    @classmethod
    def of(cls, blocks: Iterable[bytes]) -> SnapshotFile:
        """The snapshot whose file comes in these blocks."""
        snapshot = cls()
        with snapshot.path.open("wb") as file:
            file.writelines(blocks)
        return snapshot

    @property
    def request(self) -> RunRequest:
        """What the run was asked to do."""
        return next(self._rows(RunRequest))

    @property
    def read_at(self) -> datetime | None:
        """When the run began to read the catalogue; None where the snapshot does not say it."""
        row = next(self._rows(CatalogueRead), None)
        return row.at if row is not None else None

    @property
    def titles(self) -> Iterator[Title]:
        """The partner's titles of the window, by time of change and id."""
        return self._rows(Title)

    @property
    def title_lines(self) -> Iterator[bytes]:
        """The same titles as JSON; they were valid when the file was written, and are not parsed again."""
        return self._lines(KINDS[Title])

    @property
    def touched(self) -> Iterator[Title]:
        """Episodes of changed series that did not change themselves."""
        return self._rows(Title, TOUCHED)

    @property
    def malformed(self) -> Iterator[MalformedItem]:
        """Items that do not have the contract's shape."""
        return self._rows(MalformedItem)

    @property
    def left_out(self) -> Iterator[LeftOut]:
        """Titles of the window that are not this partner's."""
        return self._rows(LeftOut)

    def digest(self) -> str:
        """The SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _rows(self, model: type[Row], kind: bytes = b"") -> Iterator[Row]:
        return map(model.model_validate_json, self._lines(kind or KINDS[model]))

    def _lines(self, kind: bytes) -> Iterator[bytes]:
        start = b'{"%s":' % kind
        with self.path.open("rb", buffering=READ_BLOCK_BYTES) as file:
            for line in file:
                if line.startswith(start):
                    yield line[len(start) : -2]


class SnapshotWriter:
    """Takes the rows of a snapshot in any order, keeps them on disk, and writes them to the file in order."""

    def __init__(self, request: RunRequest, read_at: datetime | None = None) -> None:
        self._request, self._read_at = request, read_at
        self._counts = dict.fromkeys((*KINDS.values(), TOUCHED), 0)
        # A temporary database, deleted with this object; any thread may be the last one that holds it.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE rows (number INTEGER PRIMARY KEY, kind BLOB, at INTEGER, id TEXT, row BLOB);"
            "CREATE INDEX in_order ON rows (kind, at, id, number); BEGIN;"
        )
        weakref.finalize(self, self._database.close)

    def add_title(self, title: Title) -> None:
        """Adds a title of this partner."""
        self._add(b"title", title, title)

    def leave_out(self, title: Title, reason: str) -> None:
        """Adds a title that is not this partner's."""
        self._add(b"left_out", LeftOut(edye_id=title.id, reason=reason), title)

    def add_touched(self, title: Title) -> None:
        """Adds an episode whose series changed."""
        self._add(TOUCHED, title)

    def add_missing(self, edye_id: str) -> None:
        """Adds a title that the run looked for and the catalogue does not have."""
        self._add(b"left_out", LeftOut(edye_id=edye_id, reason=NOT_IN_CATALOGUE))

    def add_malformed(self, item: MalformedItem) -> None:
        """Adds an item that cannot be parsed."""
        self._add(b"malformed", item)

    def finish(self) -> SnapshotFile:
        """The file: titles and left-out titles by time of change and id, all other rows in the order they came."""
        snapshot = SnapshotFile({name: self._counts[kind] for name, kind in COUNTED.items()})
        with snapshot.path.open("wb") as file:
            file.write(_line(b"request", self._request.model_dump_json().encode()))
            if self._read_at is not None:
                file.write(_line(KINDS[CatalogueRead], CatalogueRead(at=self._read_at).model_dump_json().encode()))
            for kind, row in self._database.execute("SELECT kind, row FROM rows ORDER BY kind, at, id, number"):
                file.write(_line(kind, row))
        return snapshot

    def _add(self, kind: bytes, row: BaseModel, place: Title | None = None) -> None:
        at = (place.updated_at - EPOCH) // timedelta(microseconds=1) if place else 0
        self._counts[kind] += 1
        self._database.execute(
            "INSERT INTO rows (kind, at, id, row) VALUES (?, ?, ?, ?)",
            (kind, at, place.id if place else "", row.model_dump_json().encode()),
        )


def _line(kind: bytes, row: bytes) -> bytes:
    return b'{"%s":%s}\n' % (kind, row)
