"""What the steps of a feed hand to each other as files: the draft, what the linter said, what was published."""

from __future__ import annotations

from edye_delivery.catalog.plan import Record

FEED_PAGE_MAX_BYTES = 250_000_000
FEED_UNPAGED_BELOW_BYTES = 20_000_000


class FeedPage(Record):
    """One page: named by its content, with the digest of its items alone and their number."""

    name: str
    sha256: str
    body_digest: str
    size_bytes: int
    items: int


class RuleCount(Record):
    """How often a rule was broken, with some of the places."""

    code: str
    name: str
    severity: str
    owner: str
    count: int
    examples: tuple[str, ...]


class FeedDraft(Record):
    """A feed as it was assembled: its pages in the artifact store, and what it could not carry.

    `version` is that of the offer that it was built from; -1 where it is from a time before versions.
    """

    feed: str
    pages: tuple[FeedPage, ...]
    kinds: dict[str, int]
    notes: tuple[RuleCount, ...] = ()
    profile: str
    version: int = -1


class LintedFeed(Record):
    """What the linter said of a draft."""

    errors: int
    warnings: int
    rules: tuple[RuleCount, ...] = ()


class ItemChanges(Record):
    """Items that differ from the publication before: how many, and the first ids of each sort."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    first_added: tuple[str, ...] = ()
    first_changed: tuple[str, ...] = ()
    first_removed: tuple[str, ...] = ()


class PublishedFeed(Record):
    """What readers now find under `url`; `detail` says who published it, where it was another run."""

    url: str
    uploaded: tuple[str, ...] = ()
    switched: bool
    changes: ItemChanges | None = None
    deleted: int = 0
    detail: str = ""


FEED_STEPS: dict[str, type[Record]] = {"draft": FeedDraft, "linted": LintedFeed, "published": PublishedFeed}
"""The steps of a feed and what each leaves behind."""
