"""The chain of pages: each page has the name of the next one, and is named by its content.

A page contains the name of the next page, so the pages before a changed page change too, but only in this link. To keep
these few, changed pages come first in the chain, and all others keep their order (docs/adr/0009).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from edye_delivery.feeds.publish.page_cutter import Body
from edye_delivery.feeds.publish.page_index import PageFacts


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A whole page in a file; its name comes from its content, `body_digest` from its head and items alone.

    A page without a file is published under this name already.
    """

    path: Path | None
    name: str
    sha256: str
    body_digest: str
    size_bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class PublishedPage:
    """A page of the chain that readers have, and the name of the next one; None after the last."""

    page: LinkedPage
    next_name: str | None


@dataclass(frozen=True, slots=True)
class PageLinker:
    """Links pages of which some are published already.

    `read_body` gives a published page without its end. Pages that get another link are written into the folder.
    """

    url_prefix: str
    folder: Path
    published: Mapping[str, PublishedPage]
    read_body: Callable[[PublishedPage], bytes]

    def link(self, bodies: Sequence[Body | PageFacts]) -> list[LinkedPage]:
        """The pages of a chain in its order, each with the address of the next page; the last one has none."""
        pages: list[LinkedPage] = []
        next_name: str | None = None
        for body in reversed(bodies):
            page = self._page(body, next_name)
            pages.append(page)
            next_name = page.name
        return pages[::-1]

    def _page(self, body: Body | PageFacts, next_name: str | None) -> LinkedPage:
        end = end_of(self.url_prefix, next_name)
        if isinstance(body, Body):
            hasher, path, facts = body.hasher.copy(), body.path, body.facts
        else:
            published, facts = self.published[body.digest], body
            if published.next_name == next_name:
                return published.page
            content = self.read_body(published)
            hasher, path = hashlib.sha256(content), self.folder / f"linked-{body.digest}.json"
            path.write_bytes(content)
        with path.open("ab") as file:
            file.write(end)
        hasher.update(end)
        sha256 = hasher.hexdigest()
        size_bytes = facts.size_bytes + len(end)
        return LinkedPage(path, f"{sha256[:32]}.json", sha256, facts.digest, size_bytes, facts.items)


def end_of(url_prefix: str, next_name: str | None) -> bytes:
    """The end of a page, with the address of the next one."""
    link = b"" if next_name is None else b',"nextPageUrl":' + orjson.dumps(url_prefix + next_name)
    return b"]" + link + b"}\n"


def order_bodies(bodies: Sequence[Body | PageFacts], previous_digests: Sequence[str]) -> list[Body | PageFacts]:
    """The bodies in the order of the chain: changed ones first, then the others in the order of the previous chain."""
    place = {digest: number for number, digest in enumerate(previous_digests)}
    changed = [body for body in bodies if digest_of(body) not in place]
    others = [body for body in bodies if digest_of(body) in place]
    return changed + sorted(others, key=lambda body: place[digest_of(body)])


def facts_of_body(body: Body | PageFacts) -> PageFacts:
    """The page in short."""
    return body.facts if isinstance(body, Body) else body


def digest_of(body: Body | PageFacts) -> str:
    """The digest of a page without its end."""
    return facts_of_body(body).digest
