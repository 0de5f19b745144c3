"""The request of a comparison with JW Player: its params, checked; and the names of its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from edye_delivery.catalog.artifact_names import run_folder
from edye_delivery.catalog.close_names import close_names
from edye_delivery.catalog.jw_player import LOSS_PERCENT_MAX
from edye_delivery.catalog.plan import Record, RunRequest
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.request import EPOCH, RunFacts, external_ids_of, refuse_unknown
from edye_delivery.errors import InvalidRequest

CHECK_KEYS = frozenset({"external_ids", "partner", "max_loss_percent"})
FOLDER = "jw_player"
MEDIA_STATES_NAME = f"{FOLDER}/media_states.json"
"""Which media cannot be delivered, by the last complete sweep; quality control reads it."""
KNOWN_MEDIA_NAME = f"{FOLDER}/known_media.txt"
"""The ids of all media of the last complete sweep, and of those that were deleted since and that titles still name."""


class JwCheckRequest(Record):
    """What is compared: the whole library, or the titles that `run` names; and with what `partner` was given, if any.

    `run.end_at` is when the run is due. Titles are named by EDYE id or external_id. A sweep that lost more than
    `max_loss_percent` of the last one's media counts as not complete.
    """

    run: RunRequest
    partner: str = ""
    max_loss_percent: float = LOSS_PERCENT_MAX

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles that are compared; empty means all."""
        return self.run.external_ids

    @property
    def library_name(self) -> str:
        """The file with the media that were read; the next run of the same kind overwrites it."""
        return f"{FOLDER}/{'titles' if self.titles else 'sweep'}.sqlite"

    def name(self, file: str) -> str:
        """A file of this run in the artifact store."""
        return f"{run_folder(self.run)}/{file}"


def jw_check_of(params: Mapping[str, Any], facts: RunFacts, partners: Collection[str]) -> JwCheckRequest:
    """The checked request; InvalidRequest says in one sentence which param is wrong and what it takes."""
    refuse_unknown(facts.given_keys, CHECK_KEYS)
    run = RunRequest(
        partner=FOLDER,
        run_id=facts.run_id,
        start_at=EPOCH,
        end_at=facts.run_after,
        external_ids=external_ids_of(params.get("external_ids")),
        whole_catalogue=True,
    )
    return JwCheckRequest(
        run=run,
        partner=_partner(params.get("partner"), partners),
        max_loss_percent=_percent(params.get("max_loss_percent", LOSS_PERCENT_MAX)),
    )


def _percent(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise InvalidRequest(f"max_loss_percent is {value!r:.40}; it is a number from 0 to 100")
    return float(value)


def _partner(value: Any, partners: Collection[str]) -> str:
    if value in (None, ""):
        return ""
    name = value.strip() if isinstance(value, str) else value
    if name not in partners:
        shown = printable(str(value), 60)
        close = close_names(str(value), tuple(partners)) or sorted(partners)[:5]
        raise InvalidRequest(f"partner is {shown!r}, which no annex is for; there are {', '.join(close) or 'none'}")
    return str(name)
