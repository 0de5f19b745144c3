"""The inputs of a command: files, URLs and standard input; each gives its bytes, or a sentence why not."""

from __future__ import annotations

import stat
import sys
import tempfile
from pathlib import Path
from typing import IO, Protocol

from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.catalog.printable import printable
from edye_delivery.feeds.lint.page_parser import FeedUnusable

STANDARD_INPUT = "-"
SCHEMES = ("http://", "https://")


class PageSource(Protocol):
    """Fetches a page by its URL."""

    def page(self, url: str, trusted_url: str | None) -> bytes:
        """The page's bytes; FeedUnusable where there are none."""


class Input:
    """One input: `name` is its name in findings, `url` its address if it has one, `path` its file if it has one."""

    def __init__(self, text: str, pages: PageSource) -> None:
        self.url = text if text.lower().startswith(SCHEMES) else None
        self.path = None if self.url or text == STANDARD_INPUT else Path(text)
        self.name = "standard input" if text == STANDARD_INPUT else printable(self.url or text, 1000)
        self._pages = pages
        self._copy: IO[bytes] | None = None

    def content(self) -> bytes:
        """The bytes; FeedUnusable says in a sentence why there are none."""
        if self._copy is not None:
            self._copy.seek(0)
            return self._copy.read()
        if self.url is not None:
            return self._pages.page(self.url, self.url)
        if self.path is None:
            return sys.stdin.buffer.read(FEED_PAGE_MAX_BYTES + 1)
        return _content_of(self.path, self.name)

    def content_to_read_again(self) -> bytes:
        """As `content`; keeps in a temporary file what cannot be read a second time."""
        content = self.content()
        if self.path is None or not self.path.is_file():
            self._copy = tempfile.TemporaryFile(prefix="lint-feed-")  # noqa: SIM115 (closed with the process)
            self._copy.write(content)
        return content


def _content_of(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise FeedUnusable(f"{name} is a folder, not a feed")
        with path.open("rb") as file:
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode) and facts.st_size > FEED_PAGE_MAX_BYTES:
                raise FeedUnusable(f"{name} is larger than {FEED_PAGE_MAX_BYTES:,} bytes, the limit for a page")
            return file.read(FEED_PAGE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise FeedUnusable(f"{name} does not exist") from None
    except PermissionError:
        raise FeedUnusable(f"{name} may not be read: no permission") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FeedUnusable(f"{name} cannot be read: {printable(str(reason))}") from None
