"""What a comparison with JW Player found: rows in a temporary file, counts in memory."""

from __future__ import annotations

import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.qc.sync.rule import RULES
from edye_delivery.reports.sync.model import RuleCount, SyncFinding, SyncRow, TurnCount

BLOCKS, WARNS = b"B", b"W"


class SyncFindings:
    """Rows as they are found; the file is deleted with this object."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="edye-sync-", suffix=".jsonl", delete=False) as file:
            self.path = Path(file.name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)
        self.rows_in_all = self.blocking_rows = 0
        self._found: Counter[tuple[str, Severity]] = Counter()
        self._skipped: Counter[str] = Counter()
        self._turns: Counter[tuple[str, str]] = Counter()

    def add(self, row: SyncRow) -> None:
        """Adds a row."""
        self.rows_in_all += 1
        is_blocking = row.severity is Severity.BLOCK
        if is_blocking:
            self.blocking_rows += 1
            self._turns[row.worst.owner, row.worst.cause] += 1
        self._found.update((one.code, one.severity) for one in row.findings)
        with self.path.open("ab") as file:
            file.write((BLOCKS if is_blocking else WARNS) + row.model_dump_json().encode() + b"\n")

    def skip(self, code: str, count: int = 1) -> None:
        """Counts a subject for which the rule has no answer."""
        self._skipped[code] += count

    def rows(self) -> Iterator[SyncRow]:
        """All rows, first those with a finding that blocks."""
        return chain(self._rows(BLOCKS), self._rows(WARNS))

    def first_rows(self, most: int) -> tuple[SyncRow, ...]:
        """The first rows of `rows`."""
        return tuple(islice(self.rows(), most))

    def rule_counts(self) -> tuple[RuleCount, ...]:
        """Every rule with its counts, by code."""
        return tuple(
            RuleCount(
                code=rule.code,
                name=rule.name,
                owner=rule.owner,
                blocking=self._found[rule.code, Severity.BLOCK],
                warnings=self._found[rule.code, Severity.WARN],
                skipped=self._skipped[rule.code],
            )
            for rule in RULES.in_order()
        )

    def turns(self) -> tuple[TurnCount, ...]:
        """The rows with a finding that blocks, by owner and cause: the largest count first."""
        ranked = sorted(self._turns.items(), key=lambda item: (-item[1], item[0]))
        return tuple(TurnCount.model_validate({"owner": o, "cause": c, "rows": n}) for (o, c), n in ranked)

    def _rows(self, start: bytes) -> Iterator[SyncRow]:
        with self.path.open("rb") as file:
            for line in file:
                if line.startswith(start):
                    yield SyncRow.model_validate_json(line[1:])


def findings_of_report(findings: Iterable[Finding]) -> tuple[SyncFinding, ...]:
    """Findings as the report has them."""
    return tuple(SyncFinding.model_validate(one.model_dump(exclude={"source"})) for one in findings)
