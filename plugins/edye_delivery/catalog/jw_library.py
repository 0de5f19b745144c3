"""All media that one sweep of JW Player read, in a file: looked up by id, never held in memory together."""

from __future__ import annotations

import sqlite3
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from edye_delivery.catalog.jw_player import JwMedia

MOMENTS = ("created_at", "last_modified_at", "publish_start_at", "publish_end_at")
READ_ROWS = 1_000


class JwLibrary:
    """Media by id, in a SQLite file; without a path in a temporary one, which is deleted with this object.

    A media that is kept twice counts once, as it was read last. One thread at a time may use it.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            with tempfile.NamedTemporaryFile(prefix="edye-jw-player-", suffix=".sqlite", delete=False) as file:
                path = Path(file.name)
            weakref.finalize(self, path.unlink, missing_ok=True)
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE IF NOT EXISTS media (id TEXT PRIMARY KEY, media BLOB NOT NULL) WITHOUT ROWID;"
        )
        weakref.finalize(self, self._database.close)

    def keep(self, media: Iterable[JwMedia]) -> None:
        """Keeps these media, in the place of what was known of them."""
        rows = [(one.id, orjson.dumps(one)) for one in media]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO media (id, media) VALUES (?, ?)", rows)
        self._database.execute("COMMIT")

    def forget(self, media_ids: Iterable[str]) -> None:
        """Forgets these media: they left while the library was read."""
        self._database.executemany("DELETE FROM media WHERE id = ?", [(media_id,) for media_id in media_ids])

    def get(self, media_id: str) -> JwMedia | None:
        """The media of this id; None where the sweep did not read one."""
        for (content,) in self._database.execute("SELECT media FROM media WHERE id = ?", (media_id,)):
            return _media(content)
        return None

    def __contains__(self, media_id: str) -> bool:
        return self._database.execute("SELECT 1 FROM media WHERE id = ?", (media_id,)).fetchone() is not None

    def ids(self) -> Iterator[str]:
        """The id of every media, in order."""
        for (media_id,) in self._database.execute("SELECT id FROM media ORDER BY id"):
            yield media_id

    def __len__(self) -> int:
        ((count,),) = self._database.execute("SELECT count(*) FROM media")
        return int(count)

    def __iter__(self) -> Iterator[JwMedia]:
        """Every media, by id."""
        return map(_media, self._contents())

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every media, by id, as it is in JSON: moments are texts. For what reads a few fields of all of them."""
        return map(orjson.loads, self._contents())

    def _contents(self) -> Iterator[bytes]:
        after, query = "", "SELECT id, media FROM media WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._database.execute(query, (after, READ_ROWS)).fetchall():
            for after, content in rows:  # noqa: B007 - the last id is where the next rows begin
                yield content


def _media(content: bytes) -> JwMedia:
    fields: dict[str, Any] = orjson.loads(content)
    for name in MOMENTS:
        if fields[name] is not None:
            fields[name] = datetime.fromisoformat(fields[name])
    return JwMedia(**fields | {"tags": tuple(fields["tags"]), "defects": tuple(fields["defects"])})
