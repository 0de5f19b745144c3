"""One multipart upload, taken in as it streams: never whole in memory, hashed while written."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path
from typing import Any

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

METADATA_LIMIT_BYTES = 1 << 20
_REQUIRED = ("titulo", "id_cliente")


class _Part:
    """One part while it arrives: its name, and where its bytes go."""

    def __init__(self, name: str, filename: str | None) -> None:
        self.name, self.filename = name, filename
        self.size_bytes = 0
        self.digest = hashlib.sha256()
        self.kept = bytearray()


class Upload:
    """The body of one ingest. Feed it with `write`; afterwards `problem` says what is wrong, or None."""

    def __init__(self, folder: Path, boundary: str) -> None:
        self._path = folder / f"{uuid.uuid4().hex}.part"
        self._file = self._path.open("wb")
        self._header_field, self._header_value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._part: _Part | None = None
        self._parser = self._parser_of(boundary)
        self._broken = ""
        self._is_whole = False
        self._names: list[str] = []
        self.filename: str | None = None
        self.sha256: str | None = None
        self.size_bytes = 0
        self.metadata: dict[str, Any] = {}
        self._metadata_problem = "metadatos incompletos: metadata"
        self.extra_parts: list[dict[str, Any]] = []

    def _parser_of(self, boundary: str) -> MultipartParser | None:
        try:
            return MultipartParser(
                boundary.encode("latin-1"),
                {
                    "on_part_begin": self._headers_begin,
                    "on_header_field": lambda data, start, end: self._header_field.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._part_begin,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except (FormParserError, ValueError):
            return None

    @property
    def external_id(self) -> str | None:
        """The title's name: from the metadata, or while that has not come, from the file's name."""
        named = self.metadata.get("external_id")
        if isinstance(named, str) and named:
            return named
        return self.filename.rsplit(".", 1)[0] if self.filename else None

    @property
    def problem(self) -> tuple[str, str] | None:
        """Why this body cannot be taken, as the partner's code and message; None where it can."""
        if self._parser is None or self._broken or not self._is_whole:
            return "MULTIPART_BROKEN", f"multipart incompleto: {self._broken or 'falta el límite de cierre'}"
        twice = sorted({name for name in ("file", "metadata") if self._names.count(name) > 1})
        if twice:
            return "MULTIPART_BROKEN", f"multipart incorrecto: parte repetida {', '.join(twice)}"
        if self._metadata_problem:
            return "METADATA_INCOMPLETE", self._metadata_problem
        if "file" not in self._names:
            return "METADATA_INCOMPLETE", "metadatos incompletos: archivo_media"
        return None

    def write(self, chunk: bytes) -> None:
        """Take in the next bytes of the body."""
        if self._parser is None or self._broken or not chunk:
            return
        try:
            self._parser.write(chunk)
        except FormParserError as exc:
            self._broken = str(exc)

    def keep_as(self, path: Path) -> None:
        """Give the received file its place: whole or not at all."""
        self._file.close()
        os.replace(self._path, path)

    def discard(self) -> None:
        """Remove what was received, unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _headers_begin(self) -> None:
        self._headers = {}

    def _header_end(self) -> None:
        self._headers[bytes(self._header_field).lower()] = bytes(self._header_value)
        self._header_field.clear()
        self._header_value.clear()

    def _part_begin(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        filename = options.get(b"filename")
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._part = _Part(name, filename.decode("utf-8", "replace") if filename is not None else None)
        self._names.append(name)
        if name == "file":
            self.filename = self._part.filename

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None:
            return
        piece = memoryview(data)[start:end]
        part.size_bytes += end - start
        if part.name == "metadata":
            if part.size_bytes <= METADATA_LIMIT_BYTES:
                part.kept.extend(piece)
            return
        part.digest.update(piece)
        if part.name == "file":
            self._file.write(piece)

    def _part_end(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        if part.name == "metadata":
            self._read_metadata(part)
        elif part.name == "file":
            self._file.flush()
            self.sha256, self.size_bytes = part.digest.hexdigest(), part.size_bytes
        else:
            facts = {"name": part.name, "filename": part.filename, "size_bytes": part.size_bytes}
            self.extra_parts.append({**facts, "sha256": part.digest.hexdigest()})

    def _read_metadata(self, part: _Part) -> None:
        if part.size_bytes > METADATA_LIMIT_BYTES:
            self._metadata_problem = f"metadatos incompletos: metadata de más de {METADATA_LIMIT_BYTES} bytes"
            return
        try:
            read = orjson.loads(part.kept)
        except orjson.JSONDecodeError:
            self._metadata_problem = "metadatos incompletos: metadata no es JSON"
            return
        if not isinstance(read, dict):
            self._metadata_problem = "metadatos incompletos: metadata no es un objeto JSON"
            return
        self.metadata = read
        missing = [key for key in _REQUIRED if not (isinstance(read.get(key), str) and read[key])]
        if not isinstance(read.get("external_id", ""), str):
            missing.append("external_id")
        self._metadata_problem = f"metadatos incompletos: {', '.join(missing)}" if missing else ""

    def _end(self) -> None:
        self._is_whole = True
