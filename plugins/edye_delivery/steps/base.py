"""What all steps of a run share: the annex, and the files that one step writes and the next one reads."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson

from edye_delivery.annex.channels import notice_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jw_check import MEDIA_STATES_NAME
from edye_delivery.catalog.jw_states import NO_STATES, UsableStates, usable_states
from edye_delivery.catalog.plan import Record, RunRequest
from edye_delivery.hooks.artifacts import ArtifactHook, ArtifactStore
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.alerts import Alerter, Messenger
from edye_delivery.pipeline.fresh_address import FreshAddresses

log = logging.getLogger(__name__)

Loaded = TypeVar("Loaded", bound=Record)


@dataclass(frozen=True)
class Step:
    """The work of one task of a run for one partner."""

    annex: Annex

    @property
    def artifacts(self) -> ArtifactStore:
        """The run's artifact store."""
        return ArtifactHook().get_conn()


@dataclass(frozen=True)
class BatchStep(Step):
    """The work on one batch, given by reference: it goes through all titles, and may be run again."""

    batch: Any


def alerter() -> Alerter:
    """Sends the ledger's alerts to the services that the connection `alerts` names."""
    return Alerter(LedgerHook().alerts(), messenger)


def messenger() -> Messenger:
    """The services that the connection `alerts` names."""
    from edye_delivery.hooks.alerts import AlertHook  # Apprise loads slowly, and is needed only for an alert

    return AlertHook()


def log_order(annex: Annex, request: RunRequest) -> None:
    """Warns of a deprecated channel, a redelivery or a withdrawal, with the run's reason."""
    notice = notice_of(annex, request)
    if notice:
        log.warning("%s; this run's reason: %s", notice, request.reason)


def keep(store: ArtifactStore, name: str, record: Record) -> dict[str, Any]:
    """Writes a record and gives its reference for XCom: path and digest."""
    content = orjson.dumps(record.model_dump(mode="json"))
    store.put(name, content)
    return {"path": name, "digest": hashlib.sha256(content).hexdigest()[:16]}


def load(store: ArtifactStore, reference: dict[str, Any], model: type[Loaded]) -> Loaded:
    """The record behind a reference."""
    return model.model_validate_json(store.get(reference["path"]))


def media_states(store: ArtifactStore, now: datetime) -> UsableStates:
    """Which media JW Player cannot play, by its last complete sweep; logs why nobody knows, where that is so."""
    states = usable_states(content_of(store, MEDIA_STATES_NAME), now)
    if states.why_not:
        level = logging.INFO if states == NO_STATES else logging.WARNING
        log.log(level, "no title is held because of JW Player: %s", states.why_not)
    return states


def content_of(store: ArtifactStore, name: str) -> bytes | None:
    """The file's bytes; None where there is no such file."""
    try:
        return store.get(name)
    except FileNotFoundError:
        return None


def fresh_addresses(annex: Annex) -> FreshAddresses:
    """Reads a title's media address from the catalogue again, for a step whose media host refuses the one it has."""
    return FreshAddresses(annex, EdyeHook().api(annex))
