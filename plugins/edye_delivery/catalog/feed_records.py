"""The records that a feed's steps pass on to each other as files: draft, result of the linter, publication."""

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
    """How often a rule was broken, with some examples."""

    code: str
    name: str
    severity: str
    owner: str
    count: int
    examples: tuple[str, ...]


class FeedDraft(Record):
    """A feed as it was assembled: its pages, and notes on what had to be left out.

    Its pages are in the artifact store, but for those that are published already. `version` is the version of the offer
    that it was built from; -1 in drafts from before offers had versions. `kept` is the name of what a later assembly
    may start from.
    """

    feed: str
    pages: tuple[FeedPage, ...]
    kinds: dict[str, int]
    notes: tuple[RuleCount, ...] = ()
    profile: str
    version: int = -1
    kept: str | None = None


class LintedFeed(Record):
    """What the linter found in a draft."""

    errors: int
    warnings: int
    rules: tuple[RuleCount, ...] = ()


class ItemChanges(Record):
    """Items that differ from the previous publication: how many, and the first ids of each sort."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    first_added: tuple[str, ...] = ()
    first_changed: tuple[str, ...] = ()
    first_removed: tuple[str, ...] = ()


class PublishedFeed(Record):
    """What readers now find at `url`; `detail` names the run that published it, where that was another one."""

    url: str
    uploaded: tuple[str, ...] = ()
    switched: bool
    changes: ItemChanges | None = None
    deleted: int = 0
    detail: str = ""


FEED_STEPS: dict[str, type[Record]] = {"draft": FeedDraft, "linted": LintedFeed, "published": PublishedFeed}
"""By step of a feed, the record that it writes."""
