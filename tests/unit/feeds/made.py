"""Feeds made of catalogues in memory: written by a writer, cut into pages, linted, read back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.title import Title
from edye_delivery.feeds.lint.linter import FeedLint, LintResult
from edye_delivery.feeds.publish.assemble import AssembledFeed, assemble
from edye_delivery.feeds.roku.schemas import Profile
from tests.builders import the_annex
from tests.unit.feeds.catalogues import NOW, accepted_of

NOW_MS = int(NOW.timestamp() * 1000)


class Made:
    """A feed of titles: its pages as JSON, its items by id, what was noted, what the linter says."""

    def __init__(self, titles: Sequence[Title], annex: Annex | None = None, **spec: Any) -> None:
        self.annex = annex or the_annex()
        self.spec: FeedSpec = self.annex.feeds[0].model_validate(self.annex.feeds[0].model_dump() | spec)
        with tempfile.TemporaryDirectory() as folder:
            accepted = accepted_of(self.annex, titles)
            made: AssembledFeed = assemble(
                self.annex, self.spec, accepted, (), "https://f.example/p/", Path(folder), NOW
            )
            self.contents = [page.path.read_bytes() for page in made.pages]
        self.pages: list[dict[str, Any]] = [json.loads(content) for content in self.contents]
        self.kinds, self.notes = made.kinds, made.notes
        self.external_ids = [entry.external_id for entry in accepted]

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        return {asset["id"]: asset for page in self.pages for asset in page["assets"]}

    @property
    def the_asset(self) -> dict[str, Any]:
        (asset,) = self.assets.values()
        return asset

    def noted(self) -> list[tuple[str | None, str, str]]:
        return [(note.asset_id, note.rule.code, note.message) for note in self.notes.kept]

    def defects(self, profile: Profile = Profile.SCHEMA) -> dict[str, int]:
        """What the linter finds, but for the rating of the country of the offer: these titles have one of the USA."""
        counts = dict(self.linted(profile).findings.counts)
        counts.pop("FEED145", None)
        return counts

    def linted(self, profile: Profile = Profile.SCHEMA) -> LintResult:
        lint = FeedLint(profile, NOW_MS)
        for number, content in enumerate(self.contents):
            lint.add_page(f"page {number}", content)
        return lint.finish()
