"""The report of `check`, as text for people, as JSON and as SARIF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.printable import json_text, printable
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.feeds.lint.report import CLEAN, UNUSABLE, WITH_ERRORS
from edye_delivery.pipeline.file_check import CheckedFile
from edye_delivery.qc.rule import RULES
from edye_delivery.rules.sarif import SCHEMA, descriptor, invocation, location

COLOURS = {Severity.BLOCK: "red", Severity.WARN: "yellow"}
LEVELS = {Severity.BLOCK: "error", Severity.WARN: "warning"}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All files of one call, and a sentence for each one that could not be checked."""

    annex: str
    files: tuple[CheckedFile, ...]
    unusable: tuple[tuple[str, str], ...]

    @property
    def exit_code(self) -> int:
        """0 where no finding blocks, 1 where one does, 2 where an input is unusable."""
        if self.unusable:
            return UNUSABLE
        return WITH_ERRORS if self.count(Severity.BLOCK) else CLEAN

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        return sum(finding.severity is severity for _, finding in self.findings())

    def findings(self) -> Iterator[tuple[CheckedFile, Finding]]:
        """Every finding with its file."""
        return ((file, finding) for file in self.files for finding in file.findings)


def as_text(report: CheckReport) -> Iterator[Line]:
    """The lines for people: for each file what it is, its findings, what to do."""
    for file in report.files:
        yield [(file.name, "bold"), (f": {file.what}", "")]
        if file.note:
            yield [(f"  {file.note}", "yellow")]
        for finding in file.findings:
            colour = COLOURS[finding.severity]
            yield [(f"  {finding.code}", f"bold {colour}"), (f" {finding.name}  {finding.severity}", colour),
                   (f", for {finding.owner}", "dim")]  # fmt: skip
            yield [(f"    {printable(finding.message, 400)}", "")]
            yield [("    Fix: ", "bold"), (finding.fix, "")]
    yield _conclusion(report)


def _conclusion(report: CheckReport) -> Line:
    blocks, warnings = report.count(Severity.BLOCK), report.count(Severity.WARN)
    warned = f", {count_of(warnings, 'warning')}" if warnings else ""
    line: Line = []
    if blocks:
        line = [(f"blocked for {report.annex}: {count_of(blocks, 'defect')}{warned}", "bold red")]
    elif report.files:
        line = [(f"good for {report.annex}{warned}", "bold green")]
    if report.unusable:
        line.append((f"{'; ' if line else ''}{count_of(len(report.unusable), 'unusable input')}", "bold red"))
    return line


def as_json(report: CheckReport) -> Iterator[str]:
    """Files, summary and one finding on each line, as `lint-feed` writes them."""
    files = [
        {
            "name": file.name,
            "kind": file.kind,
            "size_bytes": file.size_bytes,
            "what": file.what,
            "title": file.title,
            "note": file.note,
            "not_answered": [{"code": code, "reason": reason} for code, reason in file.skipped],
        }
        for file in report.files
    ]
    counts = {severity.value: report.count(severity) for severity in Severity}
    yield f'{{"files": {json_text(files)},\n'
    yield f'"summary": {json_text({"annex": report.annex, **counts})},\n'
    yield f'"unusable": {json_text([{"file": name, "sentence": why} for name, why in report.unusable])},\n'
    yield '"findings": ['
    for number, (file, finding) in enumerate(report.findings()):
        yield ("," if number else "") + "\n" + json_text(_finding(file, finding))
    yield "\n]}\n"


def _finding(file: CheckedFile, finding: Finding) -> dict[str, Any]:
    return {
        "file": file.name,
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "path": "",
        "asset_id": file.title,
        "message": finding.message,
        "fix": finding.fix,
        "owner": finding.owner.value,
        "source": finding.source,
    }


def as_sarif(report: CheckReport) -> Iterator[str]:
    """The SARIF 2.1.0 document."""
    found = list(report.findings())
    codes = list(dict.fromkeys(finding.code for _, finding in found))
    driver = {
        "name": "edye-delivery check",
        "rules": [descriptor(RULES[code], LEVELS[RULES[code].severity]) for code in codes],
    }
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": LEVELS[finding.severity],
            "message": {"text": finding.message},
            "locations": [location(file.name)],
            "properties": {"asset_id": file.title, "fix": finding.fix, "owner": finding.owner.value},
        }
        for file, finding in found
    ]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation(report.unusable, report.exit_code)],
        "properties": {"annex": report.annex},
        "results": results,
    }
    yield json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"
