"""The JSON output: files, summary and one finding a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edye_delivery.catalog.printable import json_text
from edye_delivery.feeds.lint.report import LintReport
from edye_delivery.feeds.rule import FeedSeverity


def as_json(report: LintReport) -> Iterator[str]:
    """The document in pieces, so that it is never in memory as a whole."""
    yield f'{{"files": {json_text(_files(report))},\n'
    yield f'"summary": {json_text(_summary(report))},\n'
    yield f'"unusable": {json_text([{"file": one.file, "sentence": one.sentence} for one in report.unusable])},\n'
    yield '"findings": ['
    for number, finding in enumerate(report.findings()):
        yield ("," if number else "") + "\n" + json_text(finding.as_json())
    yield "\n]}\n"


def _files(report: LintReport) -> list[dict[str, Any]]:
    return [
        {
            "name": page.name,
            "feed": number,
            "kind": feed.result.kind.value,
            "size_bytes": page.size_bytes,
            "items": page.items,
            "next_page_url": page.next_page_url,
        }
        for number, feed in enumerate(report.feeds, start=1)
        for page in feed.result.pages
    ]


def _summary(report: LintReport) -> dict[str, Any]:
    return {
        "errors": report.count(FeedSeverity.ERROR),
        "warnings": report.count(FeedSeverity.WARNING),
        "by_rule": {rule.code: count for rule, count, _ in report.by_rule()},
        "items": dict(sorted(report.types.items())),
        "profile": report.profile.value,
        "left_out": report.left_out,
        "pages_not_read": [feed.unread_url for feed in report.feeds if feed.unread_url is not None],
    }
