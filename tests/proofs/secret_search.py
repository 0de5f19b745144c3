"""A search for secrets over everything that a run left: files, packed ones too, and every row of its databases."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, inspect, text

Needles = Mapping[bytes, str]
SQLITE = b"SQLite format 3\x00"


def needles_of(secrets: Mapping[str, str]) -> dict[bytes, str]:
    """What to look for, each with the name of the secret and its encoding; written apart from the code under test."""
    found: dict[bytes, str] = {}
    for name, secret in secrets.items():
        percent, as_json = quote(secret, safe=""), json.dumps(secret)[1:-1]
        forms = {
            "plain": secret,
            "percent": percent,
            "percent, small": percent.lower(),
            "percent twice": quote(percent, safe=""),
            "JSON": as_json,
            "JSON, slashes": as_json.replace("/", "\\/"),
            "JSON in JSON": json.dumps(as_json)[1:-1],
            "hexadecimal": secret.encode().hex(),
        }
        for shift in range(3):  # the letters of base64 that depend on the secret alone, wherever it begins
            packed = b64encode(b"\0" * shift + secret.encode()).decode()
            inner = packed[(0, 2, 3)[shift] : 8 * (shift + len(secret)) // 6]
            forms[f"base64 +{shift}"] = inner
            forms[f"urlsafe base64 +{shift}"] = inner.replace("+", "-").replace("/", "_")
        found |= {form.encode(): f"{name}, {encoding}" for encoding, form in forms.items()}
    return found


def found_below(folder: Path, needles: Needles) -> list[str]:
    """Where below the folder a secret is: file and encoding."""
    return [
        f"{path.relative_to(folder)}{part}: {told}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for part, content in contents_of(path)
        for told in found_in(content, needles)
    ]


def found_in_database(url: str, needles: Needles) -> list[str]:
    """Which tables of a database have a secret in a row."""
    engine = create_engine(url)
    found: list[str] = []
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - the table's own name
            content = b"\n".join(_bytes_of(value) for row in rows for value in row)
            found += [f"{table}: {told}" for told in found_in(content, needles)]
    engine.dispose()
    return found


def found_in(content: bytes, needles: Needles) -> list[str]:
    """The secrets that are in these bytes."""
    return [told for needle, told in needles.items() if needle in content]


def contents_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file's bytes, and what is packed in them."""
    content = path.read_bytes()
    yield "", content
    if content.startswith(SQLITE):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                rows: Iterable[tuple[object, ...]] = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                yield f"[{table}]", b"\n".join(_bytes_of(value) for row in rows for value in row)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield f"[{name}]", packed.read(name)
    elif content.startswith(b"\x1f\x8b"):
        yield "[gzip]", gzip.decompress(content)


def _bytes_of(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "surrogatepass")
