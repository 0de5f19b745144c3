"""The folders behind the partner's FTP server, as the poller uses them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.moments import rfc3339

DEFAULT_CLIENT = "roku_premium_subs_mx"
_INCOMING = ("video", "metadata", "images")
_ENDED = ("processed", "error", "outcome")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the poller found it. `identity` changes when another delivery replaces or rewrites the file."""

    name: str
    sha256: str
    size_bytes: int
    identity: tuple[int, int, int]

    def as_json(self) -> dict[str, Any]:
        """Return the file as a JSON value."""
        return asdict(self)


class FtpTree:
    """The root folder, the poller's private folder beside it, and the files in them.

    `incoming/<client>/{video,metadata,images}`, `processed/<client>`, `error/<client>`, `outcome/<client>`.
    """

    def __init__(self, root: Path, private: Path) -> None:
        self._root, self._private = root, private
        self.make(DEFAULT_CLIENT)

    def make(self, client: str) -> None:
        """Make the folders of a client that are missing."""
        self._private.mkdir(parents=True, exist_ok=True)
        for kind in _INCOMING:
            (self._root / "incoming" / client / kind).mkdir(parents=True, exist_ok=True)
        for kind in _ENDED:
            (self._root / kind / client).mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove every file and folder, and make those of the default client again."""
        for folder in (*self._root.iterdir(), self._private):
            if folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
            else:
                folder.unlink(missing_ok=True)
        self.make(DEFAULT_CLIENT)

    def clients(self) -> list[str]:
        """Return the clients with a folder of their own, whose other folders are made where missing."""
        (self._root / "incoming").mkdir(parents=True, exist_ok=True)
        names = sorted(folder.name for folder in (self._root / "incoming").iterdir() if folder.is_dir())
        for name in names:
            self.make(name)
        return names

    def committed(self, client: str) -> list[Path]:
        """Return the metadata files of the titles that are delivered: *.json, without a dot in front."""
        folder = self._root / "incoming" / client / "metadata"
        return sorted(
            path
            for path in folder.iterdir()
            if path.name.endswith(".json") and not path.name.startswith(".") and path.is_file()
        )

    def private(self, seq: int) -> Path:
        """Return where the metadata file of a title that was picked up is kept, out of every caller's sight."""
        return self._private / f"{seq}.json"

    def media(self, client: str, external_id: str) -> Path:
        """Return where the media of a title belongs."""
        return self._root / "incoming" / client / "video" / f"{external_id}.mp4"

    def images(self, client: str, external_id: str) -> list[Path]:
        """Return the images of a title that are there."""
        return sorted(
            path
            for path in (self._root / "incoming" / client / "images").iterdir()
            if path.name.startswith(f"{external_id}_") and path.suffix in (".jpg", ".png") and path.is_file()
        )

    def take_away(self, client: str, kind: str, file: dict[str, Any], keep_as: Path | None = None) -> None:
        """Remove a file from incoming, or keep it elsewhere, unless another delivery replaced it since."""
        path = self._root / "incoming" / client / kind / file["name"]
        try:
            if _identity(os.stat(path)) != tuple(file["identity"]):
                return
            if keep_as:
                os.replace(path, keep_as)
            else:
                path.unlink()
        except FileNotFoundError:
            return

    def tell(self, client: str, name: str, seq: int, outcome: dict[str, Any], ended_at: float) -> None:
        """Put the outcome file, the line of the log and the metadata file in their places, in this order.

        Repeatable after a kill, which may leave two equal lines in the log.
        """
        folder = self._root / "outcome" / client
        fresh = self._private / f"{seq}.outcome"
        fresh.write_text(json.dumps(outcome, ensure_ascii=False) + "\n", "utf-8")
        os.replace(fresh, folder / name)
        error = outcome["error"] or {"code": "", "message": ""}
        moment = rfc3339(int(ended_at)).replace(".000000", "")
        cells = (moment, name, outcome["status"], str(error["code"]), error["message"])
        line = "|".join(_cell(text) for text in cells) + "\n"
        with (folder / "ingest.log").open("a", encoding="utf-8") as file:
            file.write(line)
        place, other = ("processed", "error") if outcome["error"] is None else ("error", "processed")
        (self._root / other / client / name).unlink(missing_ok=True)
        if self.private(seq).exists():
            os.replace(self.private(seq), self._root / place / client / name)


def _cell(text: str) -> str:
    return " ".join("".join(" " if sign == "|" else sign for sign in text).splitlines())


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def look_at_file(path: Path) -> FoundFile | None:
    """Return the facts of a file; None where there is none."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            found = os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    return FoundFile(path.name, sha256, found.st_size, _identity(found))
