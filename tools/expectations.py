"""The expected end of each title of the sample catalogue, compared with a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SAMPLE = Path(__file__).parents[1] / "include" / "sandbox" / "sample_catalogue.yaml"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A title's planned end: accepted, rejected by these rules, or left out; `fixed` is what a re-encode fixes."""

    edye_id: str
    state: str
    rules: tuple[str, ...]
    defect: str
    fixed: tuple[str, ...] = ()


def expectations(file: Path = SAMPLE) -> dict[str, Expectation]:
    """By EDYE id."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        item["id"]: Expectation(
            item["id"],
            item["expect"]["state"],
            tuple(item["expect"].get("rules", ())),
            item.get("defect", ""),
            tuple(item["expect"].get("fixed", ())),
        )
        for item in [*content["shows"], *content["episodes"]]
        if "expect" in item
    }


def expected_partner(file: Path = SAMPLE) -> str:
    """The partner whose annex the expectations follow. For another partner other results may be right."""
    partner: str = yaml.safe_load(file.read_text(encoding="utf-8"))["expectations_of"]
    return partner


def surprises(expected: dict[str, Expectation], titles: list[dict[str, Any]]) -> list[str]:
    """A sentence for every title that did not end as planned; empty where all did."""
    by_id = {title["edye_id"]: title for title in titles}
    text: list[str] = []
    for edye_id, expectation in expected.items():
        title = by_id.pop(edye_id, None)
        if expectation.state == "left_out":
            if title is not None:
                text.append(f"{edye_id} should have been left out, but is {title['state']}")
        elif title is None:
            text.append(f"{edye_id} should be {expectation.state}, but the report does not have it")
        elif title["state"] != expectation.state or set(title["rules"]) != set(expectation.rules):
            text.append(
                f"{title['external_id']} ({edye_id}) should be {_text_of(expectation.state, expectation.rules)}, "
                f"but is {_text_of(title['state'], title['rules'])}: {title['detail']}"
            )
        elif title.get("change") != "unchanged" and {rule["code"] for rule in title["fixed"]} != set(expectation.fixed):
            text.append(
                f"{title['external_id']} ({edye_id}) should be {_reencode_text(expectation.fixed)}, "
                f"but is {_reencode_text(finding['code'] for finding in title['fixed'])}"
            )
    text += [f"{edye_id} is in the report, but not in the sample catalogue" for edye_id in by_id]
    return text


def _text_of(state: str, rules: Any) -> str:
    return f"{state} [{', '.join(rules)}]" if rules else state


def _reencode_text(codes: Iterable[str]) -> str:
    text = ", ".join(codes)
    return f"re-encoded for {text}" if text else "sent as it is"
