"""The columns of a title, in one order for CSV and spreadsheet, and how foreign text is written into a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from edye_delivery.reports.model import ReportedFinding, TitleReport

Cell = str | int | float | None

CELL_MAX_UTF16_UNITS = 32_767  # Excel calls a file with a longer cell damaged
INVISIBLE = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the CSV, its heading and width in the spreadsheet, and a title's value."""

    key: str
    heading: str
    width_chars: int
    value: Callable[[TitleReport], Cell]


def cell_text(text: str) -> str:
    """The text without characters that XML and spreadsheets refuse, cut to the length that a cell can hold.

    Other invisible characters, such as a bidi override, are spelled out. `printable` does not fit here: a cell keeps
    its line breaks, and has another limit.
    """
    units = INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", NOT_IN_XML.sub("", text)).encode("utf-16-le")
    return units[: 2 * CELL_MAX_UTF16_UNITS].decode("utf-16-le", "ignore")


def _finding(finding: ReportedFinding) -> str:
    return f"{finding.code} {finding.name} ({finding.severity.value}): {finding.message} -> {finding.fix}"


COLUMNS = (
    Column("external_id", "External id", 34, lambda title: title.external_id),
    Column("edye_id", "EDYE id", 16, lambda title: title.edye_id),
    Column("title", "Title", 40, lambda title: title.title),
    Column("series", "Series", 26, lambda title: title.series),
    Column("kind", "Kind", 10, lambda title: title.kind),
    Column("lang", "Language", 10, lambda title: title.lang),
    Column("change", "Change", 11, lambda title: title.change.value),
    Column("state", "State", 12, lambda title: title.state.value),
    Column("cause", "Cause", 11, lambda title: title.cause.value if title.cause else None),
    Column("owner", "Owner", 20, lambda title: title.owner.value if title.owner else None),
    Column("rules", "Rules", 18, lambda title: " ".join(title.rules)),
    Column("detail", "What happened", 60, lambda title: title.detail),
    Column("next_step", "Next step", 60, lambda title: title.next_step),
    Column("findings", "Findings", 60, lambda title: " | ".join(_finding(finding) for finding in title.findings)),
    Column("reencoded", "Re-encoded", 40, lambda title: title.reencoded),
    Column("fixed", "Fixed by re-encode", 40, lambda title: " | ".join(_finding(finding) for finding in title.fixed)),
    Column("attempts", "Attempts", 10, lambda title: title.attempts),
    Column("channel", "Channel", 9, lambda title: title.channel.value if title.channel else None),
    Column("tracking_id", "Tracking id", 24, lambda title: title.tracking_id),
    Column("sent", "Sent by this run", 16, lambda title: "yes" if title.sent else "no"),
    Column("bytes_sent", "Bytes sent", 15, lambda title: title.bytes_sent),
    Column("seconds", "Seconds", 10, lambda title: title.seconds),
    Column("file_name", "File name", 38, lambda title: title.file_name),
    Column("delivery_key", "Delivery key", 30, lambda title: title.delivery_key),
    Column("criteria_met", "Criteria met", 13, lambda title: _criteria_met(title)),
    Column(
        "criteria",
        "Criteria",
        60,
        lambda title: " | ".join(
            f"{'met' if item.met else 'not met'}: {item.criterion} ({item.evidence})" for item in title.criteria
        ),
    ),
    Column(
        "thumbnails",
        "Thumbnails",
        36,
        lambda title: " ".join(f"{item.name}={item.width_px}x{item.height_px}" for item in title.thumbnails),
    ),
    Column("sent_at", "Sent at", 22, lambda title: title.sent_at),
    Column("accepted_at", "Accepted at", 22, lambda title: title.accepted_at),
    Column("waits_for_partner", "Waits for the partner", 22, lambda title: "yes" if title.waits_for_partner else "no"),
)


def _criteria_met(title: TitleReport) -> str:
    return f"{sum(item.met for item in title.criteria)} of {len(title.criteria)}" if title.criteria else ""
