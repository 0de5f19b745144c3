"""The ids of the media that the last complete sweep of JW Player found, so that a deletion is told from a wrong id."""

from __future__ import annotations

import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from edye_delivery.catalog.jw_library import JwLibrary

READ_ROWS = 10_000


class KnownMedia:
    """Ids in a temporary database that is deleted with this object; `blocks` are those of a file of lines."""

    def __init__(self, blocks: Iterable[bytes] = ()) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            "CREATE TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN;"
        )
        weakref.finalize(self, self._database.close)
        rows = ((line.decode("ascii", "replace"),) for line in _lines(blocks))
        self._database.executemany("INSERT OR IGNORE INTO known VALUES (?)", rows)

    def __contains__(self, media_id: str) -> bool:
        return self._database.execute("SELECT 1 FROM known WHERE id = ?", (media_id,)).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        after, query = "", "SELECT id FROM known WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._database.execute(query, (after, READ_ROWS)).fetchall():
            for (after,) in rows:
                yield after


class KnownFile:
    """The file for the next run: the ids of this sweep, and known ones that are gone while titles still name them."""

    def __init__(self, library: JwLibrary, known: KnownMedia, is_named: Callable[[str], bool]) -> None:
        with tempfile.NamedTemporaryFile(prefix="edye-known-", suffix=".txt", delete=False) as file:
            self.path = Path(file.name)
            file.writelines(media_id.encode() + b"\n" for media_id in library.ids())
            gone = (one for one in known if one not in library and is_named(one))
            file.writelines(one.encode("ascii", "replace") + b"\n" for one in gone)
        weakref.finalize(self, self.path.unlink, missing_ok=True)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from (line for line in whole if line)
    if rest:
        yield rest
