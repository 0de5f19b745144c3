"""The form of a hand run: every param with type, bounds, title and a sentence."""

from __future__ import annotations

from airflow.sdk import Param

from edye_delivery.catalog.request import REASON_MAX_CHARS, REASON_MIN_CHARS
from edye_delivery.catalog.vocabulary import Correction, Mode

WHY_NOT_API = "why this delivery does not go through the API, and with whom that is agreed"


def reason_param(what: str = WHY_NOT_API) -> dict[str, Param]:
    """The sentence without which such a run is not started."""
    return {
        "reason": Param(
            type="string",
            minLength=REASON_MIN_CHARS,
            maxLength=REASON_MAX_CHARS,
            title="Reason",
            description=f"A sentence: {what}.",
        )
    }


def _moment(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date-time", title=title, description=description)


def _titles(description: str) -> Param:
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string", "minLength": 1, "maxLength": 200},
        maxItems=5000,
        title="Only these titles",
        description=description,
    )


def delivery_params() -> dict[str, Param]:
    """Params of a delivery DAG; `catalog.request.request_of` checks them again and refuses unknown keys."""
    return {
        "window_start": _moment(
            "Window start", "Titles changed from here on (inclusive). Empty: the schedule's last whole interval."
        ),
        "window_end": _moment("Window end", "Titles changed before here (exclusive). Give both ends, or neither."),
        "external_ids": _titles(
            "external_ids, one a line; without a window they are looked for in the whole catalogue."
        ),
        "mode": Param(
            Mode.CHANGED.value,
            type="string",
            enum=[mode.value for mode in Mode],
            title="Mode",
            description="changed: all that is not accepted as it is now; failed: only what was begun and not accepted; "
            "all: judge every title again, send only what is not accepted.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Fetch, judge and report, but send nothing and write nothing to the ledger.",
        ),
        "force_resend": Param(
            False,
            type="boolean",
            title="Send again",
            description="Send titles even though the partner has accepted exactly this content before.",
        ),
    }


def redelivery_params() -> dict[str, Param]:
    """Params of a redelivery; `catalog.redelivery.redelivery_of` checks them again and refuses unknown keys."""
    taken = delivery_params()
    kept = {name: taken[name] for name in ("external_ids", "window_start", "window_end")}
    return {
        **kept,
        **reason_param("why these titles are delivered again"),
        "correction": Param(
            Correction.BY_CAUSE.value,
            type="string",
            enum=[correction.value for correction in Correction],
            title="Correction",
            description="by_cause: what was begun and is not accepted, each as its cause asks for; metadata: titles "
            "whose metadata has changed, with the media that the partner has; media: with a new encode of their media, "
            "accepted or not; resend: as they are, accepted or not.",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="On until you switch it off: fetch, judge, report; send nothing, write nothing to the ledger.",
        ),
    }


def withdrawal_params() -> dict[str, Param]:
    """Params of a withdrawal; `catalog.withdrawal.withdrawal_of` checks them again and refuses unknown keys."""
    return {
        "external_ids": _titles(
            "external_ids, one a line; with a window only those of them that were accepted within it."
        ),
        "window_start": _moment(
            "Window start",
            "Titles that the partner accepted from here on (inclusive): what a delivery is taken back by.",
        ),
        "window_end": _moment(
            "Window end", "Titles that the partner accepted before here (exclusive). Give both ends, or neither."
        ),
        **reason_param("why these titles are withdrawn"),
        "end_at": _moment("Offered until", "Empty: out of the feeds at once. A moment: in the feeds until then."),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description="On until you switch it off: says which titles would be withdrawn, and changes nothing.",
        ),
    }
