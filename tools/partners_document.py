"""docs/PARTNERS.md: what every annex file says, section by section, in tables that people outside the code can read."""

from __future__ import annotations

from pathlib import Path

from edye_delivery.annex.dag_ids import delivery_channels, delivery_dag_ids
from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import code, codes, table
from edye_delivery.reports.partner.sections import schedules_of, sections_of

INTRODUCTION = """# Partners

Generated from the files in `include/annexes` by `{command}`; do not edit.
How to add one: [Add a partner](guides/add-a-partner.md).
Contacts are roles. Names and addresses are agreed with the partner and kept elsewhere."""


def document(annexes_folder: Path, command: str) -> str:
    """The whole text, partners and tables in a fixed order."""
    annexes = load_annexes(annexes_folder)
    lines = INTRODUCTION.format(command=command).splitlines()
    lines += ["", *table(("partner", "name", "channels", "schedule (UTC)", "DAGs"), map(_overview, annexes.values()))]
    for annex in annexes.values():
        lines += ["", f"## {annex.partner}", "", f"{annex.display_name}: `include/annexes/{annex.partner}.yaml`."]
        for section in sections_of(annex):
            lines += ["", f"### {section.heading}", "", *section.lines]
    return "\n".join(lines) + "\n"


def _overview(annex: Annex) -> tuple[str, ...]:
    name = f"[{annex.partner}](#{annex.partner})"
    schedule = ", ".join(code(at) for at in schedules_of(annex)) or "by hand"
    channels = ", ".join(delivery_channels(annex)).upper() or "-"
    return name, annex.display_name, channels, schedule, codes(delivery_dag_ids(annex))
