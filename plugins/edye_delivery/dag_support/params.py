"""The form of a run by hand: every param has a title, and a sentence that says its form and bounds.

Texts are plain fields, so that a value can be pasted. `check_request` checks the texts and says in a sentence what is
wrong: for a bound in the schema, Airflow would show a dump of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk import Param

from edye_delivery.catalog.jw_player import LOSS_PERCENT_MAX
from edye_delivery.catalog.request import EXTERNAL_IDS_MAX, REASON_MAX_CHARS, REASON_MIN_CHARS, REASON_MIN_WORDS
from edye_delivery.catalog.vocabulary import Correction, Mode

EXAMPLE_MOMENT, EXAMPLE_ID = "2026-03-01T06:00:00Z", "EDYE_PLANETA_S01E03_ES"
WHY_NOT_API = "why this delivery does not go through the API, and with whom that is agreed"


def reason_param(what: str = WHY_NOT_API) -> dict[str, Param]:
    """The param `reason`, without which such a run does nothing."""
    bounds = f"{REASON_MIN_WORDS} words and {REASON_MIN_CHARS} characters at least, {REASON_MAX_CHARS} at most"
    description = f"Required. A sentence ({bounds}): {what}."
    return {"reason": Param("", type="string", title="Reason", description=description)}


def _moment(title: str, description: str) -> Param:
    text = f"{description} Write it like {EXAMPLE_MOMENT}."
    return Param(None, type=["null", "string"], title=title, description=text)


def _choice(default: str, words: Iterable[str], title: str, description: str) -> Param:
    return Param(default, type="string", examples=list(words), title=title, description=f"One of these. {description}")


def _titles(description: str) -> Param:
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string"},
        title="Only these titles",
        description=f"{description} Each like {EXAMPLE_ID}, {EXTERNAL_IDS_MAX} at most.",
    )


def delivery_params() -> dict[str, Param]:
    """Params of a delivery DAG; `catalog.request.request_of` checks them again and refuses unknown keys."""
    return {
        "window_start": _moment(
            "Window start", "Titles that changed at this time or later. Empty: the schedule's last whole interval."
        ),
        "window_end": _moment("Window end", "Titles that changed before this time. Give both ends, or neither."),
        "external_ids": _titles(
            "external_ids, one on each line. Without a window, the whole catalogue is searched for them."
        ),
        "mode": _choice(
            Mode.CHANGED.value,
            Mode,
            "Mode",
            "changed: titles that are not accepted as they are now; failed: only titles that were begun and not "
            "accepted; all: checks every title again, sends only those that are not accepted.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Fetch, check and report, but send nothing and write nothing to the ledger.",
        ),
        "force_resend": Param(
            False,
            type="boolean",
            title="Send again",
            description="Send titles even though the partner has accepted exactly this content before.",
        ),
        "full_feeds": Param(
            False,
            type="boolean",
            title="Full feeds",
            description="Assemble the feeds from all accepted titles, not only from what has changed since the last "
            "publication. The outcome is the same; it is for the case that you doubt it.",
        ),
    }


def redelivery_params() -> dict[str, Param]:
    """Params of a redelivery; `catalog.redelivery.redelivery_of` checks them again and refuses unknown keys."""
    params = delivery_params()
    shared = {name: params[name] for name in ("external_ids", "window_start", "window_end")}
    return {
        **shared,
        **reason_param("why these titles are delivered again"),
        "correction": _choice(
            Correction.BY_CAUSE.value,
            Correction,
            "Correction",
            "by_cause: titles that were begun and not accepted, each as its cause needs; metadata: titles whose "
            "metadata has changed, with the media that the partner has; media: titles with a new encode of their "
            "media, accepted or not; resend: titles as they are, accepted or not.",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="On until you switch it off: fetch, check, report; send nothing, write nothing to the ledger.",
        ),
    }


def jw_check_params(partners: Iterable[str]) -> dict[str, Param]:
    """Params of the comparison with JW Player; `catalog.jw_check.jw_check_of` checks them again."""
    return {
        "external_ids": _titles("EDYE ids or external_ids, one on each line. Empty: the whole library is compared."),
        "partner": Param(
            None,
            type=["null", "string"],
            examples=sorted(partners),
            title="Partner",
            description="One of these, to compare with what the partner was given too, by its limits. Empty: none.",
        ),
        "max_loss_percent": Param(
            LOSS_PERCENT_MAX,
            type="number",
            title="Believed loss in percent",
            description="A sweep that lost more media since the last one counts as not complete. Raise it, from 0 to "
            "100, for one run after media were deleted on purpose.",
        ),
    }


def withdrawal_params() -> dict[str, Param]:
    """Params of a withdrawal; `catalog.withdrawal.withdrawal_of` checks them again and refuses unknown keys."""
    return {
        "external_ids": _titles(
            "external_ids, one on each line. With a window, only those that were accepted within it."
        ),
        "window_start": _moment(
            "Window start",
            "Titles that the partner accepted at this time or later. With a window you can withdraw a whole delivery.",
        ),
        "window_end": _moment(
            "Window end", "Titles that the partner accepted before this time. Give both ends, or neither."
        ),
        **reason_param("why these titles are withdrawn"),
        "end_at": _moment(
            "Offered until", "Empty: the titles leave the feeds at once. A time: they stay in them until then."
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="On until you switch it off: says which titles would be withdrawn, and changes nothing.",
        ),
    }
