"""The outcome of an exposure check: findings, what could not be judged, and which titles are as they should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edye_delivery.catalog.exposure import ExpectedItem, ExposureFinding, RemovedItem
from edye_delivery.catalog.exposure_seen import SeenItem
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.qc.exposure.all_rules import RULES
from edye_delivery.qc.exposure.terms import ExposureTerms

KEPT_MAX = 100
"""How many findings of one rule are kept for people; all are counted."""


@dataclass(frozen=True, slots=True)
class ExposureResult:
    """What a check found. `counts` has the number of findings by code; `findings` has the first of each.

    `skipped` are rules without an answer, as (code, reason): they have not passed. `has_to_go_back`: readers must not
    keep the generation. `newer_generation` is set where another one was published meanwhile: then nothing was judged.
    `checkpoints` are the ends of the lists that were read whole; keep them for the check of a later generation.
    """

    generation: int
    findings: tuple[ExposureFinding, ...]
    counts: Mapping[str, int]
    skipped: tuple[tuple[str, str], ...]
    checkpoints: Mapping[ListName, str]
    has_to_go_back: bool
    newer_generation: int | None
    store: CheckStore
    has_general_finding: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found; rules may have been skipped."""
        return not self.counts and self.newer_generation is None

    def good_titles(self) -> Iterator[str]:
        """The external_ids that are seen as they should be; none where a finding is about the whole generation."""
        return iter(()) if self._keeps_all_back else self.store.good_titles()

    def is_good(self, external_id: str) -> bool:
        """Whether this title is seen as it should be."""
        return not self._keeps_all_back and self.store.is_good(external_id)

    def finding_of(self, external_id: str) -> Finding | None:
        """The first finding about this title, else the first about the whole generation; None where there is none."""
        if (found := self.store.finding_of(external_id)) is not None:
            return RULES[found[0]].finding(found[1])
        return next((one.finding for one in self.findings if not one.item_id), None)

    @property
    def _keeps_all_back(self) -> bool:
        return self.has_general_finding or self.has_to_go_back or self.newer_generation is not None


@dataclass(slots=True)
class Collector:
    """Asks rules and collects what they find."""

    terms: ExposureTerms
    store: CheckStore
    kept: list[ExposureFinding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    skipped: dict[tuple[str, str], None] = field(default_factory=dict)
    checkpoints: dict[ListName, str] = field(default_factory=dict)
    has_to_go_back: bool = False
    has_general_finding: bool = False

    def ask(self, code: str, subject: Any, *, list_name: ListName | None = None, takes_back: bool = True) -> None:
        """Asks a rule about no item; without `takes_back` readers keep the generation whatever it finds."""
        for finding in RULES[code].findings(subject, self.terms):
            self.has_general_finding = True
            self._keep(ExposureFinding(finding, list_name), takes_back=takes_back)

    def ask_of_item(
        self, code: str, subject: Any, item: SeenItem | ExpectedItem | RemovedItem, external_id: str
    ) -> None:
        """Asks a rule about an item."""
        for finding in RULES[code].findings(subject, self.terms):
            self._keep(ExposureFinding(finding, item.list, printable(item.id) or "-", printable(external_id)))
            if external_id:
                self.store.mark_bad(external_id, code, finding.message)

    def skip(self, reason: str, *codes: str) -> None:
        """Notes why rules have no answer."""
        for code in codes:
            self.skipped[code, reason] = None

    def result(self, generation: int, newer_generation: int | None = None) -> ExposureResult:
        """All that was collected."""
        return ExposureResult(
            generation, tuple(self.kept), dict(self.counts), tuple(self.skipped), dict(self.checkpoints),
            self.has_to_go_back, newer_generation, self.store, self.has_general_finding,
        )  # fmt: skip

    def _keep(self, found: ExposureFinding, *, takes_back: bool = True) -> None:
        code = found.finding.code
        self.counts[code] += 1
        if self.counts[code] <= KEPT_MAX:
            self.kept.append(found)
        self.has_to_go_back |= takes_back and RULES[code].takes_back
