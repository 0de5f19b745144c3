"""Paths on a partner's FTP server: only plain names go into a command (architecture, Security)."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.annex.template import is_plain_name
from edye_delivery.errors import NameRefused


def check_folder(folder: str) -> str:
    """The absolute folder, if every part of it is a plain name; NameRefused otherwise."""
    if not folder.startswith("/"):
        raise NameRefused(f"the FTP folder {folder!r:.80} is not absolute")
    for part in folder[1:].split("/"):
        _check(part)
    return folder


@dataclass(frozen=True, slots=True)
class RemotePath:
    """A file on the server; NameRefused where its folder or name is not plain."""

    folder: str
    name: str

    def __post_init__(self) -> None:
        check_folder(self.folder)
        _check(self.name)

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def _check(name: str) -> None:
    if not is_plain_name(name):
        raise NameRefused(
            f"the name {name!r:.80} cannot be used in an FTP command: it has to be 1 to 200 ASCII letters, digits, "
            "dots, hyphens and underscores, without a dot at its start and without two dots in a row"
        )
