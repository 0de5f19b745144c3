"""What the search needs of each title: ids, kind and language, and its name to sort and search by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

NAMED = ("edye_id", "title", "kind", "lang")
"""The columns of a delivery that `facts_of` reads."""
FOLDED_MAX_CHARS, FOLDED_MAX_BYTES = 200, 400
WORDS_MAX, WORD_MAX_BYTES = 24, 60
BETWEEN_WORDS = re.compile(r"[\W_]+")
APOSTROPHES = re.compile(r"['\u2019\u02bc]")

INSERT_ROWS = "INSERT OR IGNORE INTO title_words (partner, word, edye_id) VALUES (?, ?, ?)"
INSERT_ARRAYS = text(
    "INSERT INTO title_words (partner, word, edye_id) SELECT * FROM "
    "unnest(CAST(:partners AS text[]), CAST(:words AS bytea[]), CAST(:edye_ids AS text[])) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """What a delivery says of its title; `lang` is empty where it has none, and `folded_title` is the folded name."""

    edye_id: str
    kind: str
    lang: str
    folded_title: bytes


def facts_of(delivery: Mapping[Any, Any]) -> TitleFacts:
    """The facts of a row of `deliveries`, or of any with the columns `NAMED`."""
    folded = folded_title(delivery["title"])
    return TitleFacts(delivery["edye_id"], str(delivery["kind"]), delivery["lang"] or "", folded)


@lru_cache(maxsize=4096)
def folded_title(name: str) -> bytes:
    """The name's words without accents and case, one space between two; in bytes, so that every database sorts alike.

    A long name is cut. Words of other scripts stay as they are.
    """
    words = BETWEEN_WORDS.sub(" ", APOSTROPHES.sub("", _without_accents(name[:FOLDED_MAX_CHARS]))).strip()
    return _cut(words[:FOLDED_MAX_CHARS], FOLDED_MAX_BYTES)


def folded_id(name: str) -> bytes:
    """An id, or the beginning of one, for the search: without case."""
    return _cut(_without_accents(name.strip()), WORD_MAX_BYTES)


def words_of(folded: bytes) -> tuple[bytes, ...]:
    """The words of a folded name by which it is found, each once, in order."""
    words = dict.fromkeys(_cut(word.decode(), WORD_MAX_BYTES) for word in folded.split())
    return tuple(words)[:WORDS_MAX]


def search_words(external_id: str, facts: TitleFacts) -> frozenset[bytes]:
    """All by which a title is found: the words of its name, its external_id, its EDYE id."""
    ids = (folded_id(external_id), folded_id(facts.edye_id))
    return frozenset(word for word in (*words_of(facts.folded_title), *ids) if word)


def keep_words(connection: Connection, partner: str, titles: Mapping[str, TitleFacts]) -> None:
    """Writes the words of these titles, by external_id.

    Words of an earlier name stay, and do no harm: whoever finds a title by one compares it with the present name.
    """
    rows = sorted({(word, facts.edye_id) for name, facts in titles.items() for word in search_words(name, facts)})
    if rows:  # in one order, so that two writers do not wait for each other
        insert_words(connection, [(partner, word, edye_id) for word, edye_id in rows])


def insert_words(connection: Connection, rows: Sequence[tuple[str, bytes, str]]) -> None:
    """Writes these words that are not there yet: partner, word, EDYE id; in plain SQL, which takes half the time."""
    if connection.dialect.name == "postgresql":
        partners, words, edye_ids = (list(column) for column in zip(*rows, strict=True))
        connection.execute(INSERT_ARRAYS, {"partners": partners, "words": words, "edye_ids": edye_ids})
    else:
        connection.exec_driver_sql(INSERT_ROWS, list(rows))


def _without_accents(name: str) -> str:
    if name.isascii():
        return name.lower()
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign)).casefold()


def _cut(name: str, max_bytes: int) -> bytes:
    """The name in UTF-8, cut between two characters."""
    return name.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore").encode()
