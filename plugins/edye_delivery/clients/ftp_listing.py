"""Splits an FTP server's listing into lines, and reads file sizes from them."""

from __future__ import annotations

import re
from collections.abc import Callable

LINE_MAX_BYTES = 4096
WINDOWS_LINE = re.compile(r"\d\d-\d\d-\d\d(\d\d)? +\d\d:\d\d *[AP]M +(?P<size>\d{1,18}) ")
UNIX_LINE = re.compile(r"-[^ ]{9,10} +\d+ +[^ ]+ +[^ ]+ +(?P<size>\d{1,18}) ")


class Lines:
    """Passes on each line as soon as it is complete; of a line that is too long, perhaps only the beginning."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take, self._rest = take, b""

    def add(self, block: bytes) -> None:
        """Adds the next bytes."""
        *lines, rest = (self._rest + block).split(b"\n")
        for line in filter(None, lines):
            self._take(line.rstrip(b"\r"))
        self._rest = rest[:LINE_MAX_BYTES]

    def end(self) -> None:
        """Call after the last bytes: what has no line break is passed on as a line too."""
        if self._rest:
            self._take(self._rest)


def size_in_line(line: bytes, name: str) -> int | None:
    """The size of the file of that name, from its line of a listing; None for a line of another file or form."""
    if name.encode() not in line:
        return None
    text = line.decode("utf-8", "replace")
    found = (UNIX_LINE if text.startswith("-") else WINDOWS_LINE).match(text)
    return int(found["size"]) if found and text.rstrip().endswith(name) else None
