"""What a user orders from the desk: an action, its DAG, and the conf of the run, checked as the run will check it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.dag_ids import (
    REDELIVER_VERB,
    WITHDRAW_VERB,
    dag_id_of,
    delivery_channels,
    delivery_dag_id,
)
from edye_delivery.annex.model import PULL_SUFFIX, Annex, is_pulled
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.redelivery import redelivery_of
from edye_delivery.catalog.request import RunFacts, request_of
from edye_delivery.catalog.vocabulary import Channel, Correction
from edye_delivery.catalog.withdrawal import withdrawal_of
from edye_delivery.errors import InvalidRequest


class Action(StrEnum):
    """What an operator does with titles or a window."""

    REDELIVER = "redeliver"
    WITHDRAW = "withdraw"
    WINDOW = "window"
    RELEASE = "release"


FIELDS = {
    Action.REDELIVER: ("external_ids", "window_start", "window_end", "reason", "correction"),
    Action.WITHDRAW: ("external_ids", "window_start", "window_end", "reason", "end_at"),
    Action.WINDOW: ("window_start", "window_end", "external_ids", "reason"),
    Action.RELEASE: ("external_ids", "reason"),
}
"""The fields of each action's form."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way by which a partner gets titles: its annex there, the channel, and the partner's plain name."""

    annex: Annex
    channel: Channel
    partner: str

    def dag_id(self, action: Action) -> str:
        """The DAG that does this."""
        if action is Action.WINDOW:
            return delivery_dag_id(self.channel, self.partner)
        return dag_id_of(WITHDRAW_VERB if action is Action.WITHDRAW else REDELIVER_VERB, self.annex.partner)

    def fields(self, action: Action) -> tuple[str, ...]:
        """The fields of the form; a window is run again with a reason only by FTP."""
        names = FIELDS[action]
        if action is Action.WINDOW and self.channel is not Channel.FTP:
            return tuple(name for name in names if name != "reason")
        return names


def way_of(annex: Annex, partner: str, action: Action = Action.REDELIVER, channel: str = "") -> Way:
    """The way that has this name in the ledger; of two that push, the API, unless a window names the other channel."""
    if annex.pull is not None and (is_pulled(annex) or partner.endswith(PULL_SUFFIX)):
        return Way(pull_annex_of(annex), Channel.PULL, annex.partner)
    is_by_ftp = annex.api is None or (channel == Channel.FTP and action is Action.WINDOW and annex.ftp is not None)
    return Way(annex, Channel.FTP if is_by_ftp else Channel.API, annex.partner)


def channels_of(way: Way, action: Action) -> tuple[Channel, ...]:
    """The channels among which a user chooses; none where there is no choice. Only windows go by either."""
    if action is not Action.WINDOW or way.annex.api is None or way.annex.ftp is None:
        return ()
    return (Channel.API, Channel.FTP)


def ways_of(annex: Annex) -> tuple[Way, ...]:
    """Every way by which a partner gets titles, the usual one first."""
    return tuple(
        Way(pull_annex_of(annex) if channel is Channel.PULL else annex, channel, annex.partner)
        for channel in delivery_channels(annex)
    )


def conf_of(way: Way, action: Action, given: Mapping[str, str], *, dry_run: bool) -> dict[str, Any]:
    """The conf of the run, from the texts of a form; empty fields are left out."""
    conf: dict[str, Any] = {}
    for name in way.fields(action):
        text = given.get(name, "").strip()
        if name == "external_ids":
            ids = ids_of(text)
            conf |= {name: ids} if ids else {}
        elif text:
            conf[name] = text
    if action is Action.RELEASE:
        conf["correction"] = Correction.BY_CAUSE.value
    return conf | {"dry_run": dry_run}


def ids_of(text: str) -> list[str]:
    """The ids in a text that has one on each line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def with_id(text: str, instead: str) -> str:
    """The ids with one more or with one replaced; `instead` has the new id on its last line, the old one before it."""
    *old, new = ids_of(instead) or [""]
    ids = [new if one in old else one for one in ids_of(text)]
    return "\n".join(dict.fromkeys([*ids, *([new] if new not in ids else [])]))


def check_order(way: Way, action: Action, conf: Mapping[str, Any], run_id: str, now: datetime) -> RunRequest:
    """The request that the run would work by; InvalidRequest says in one sentence what is wrong."""
    facts = RunFacts(run_id, None, None, now, tuple(conf))
    partner = way.annex.partner
    if action is Action.WITHDRAW:
        return withdrawal_of(partner, conf, facts, way.channel)
    if action is Action.WINDOW:
        if not (conf.get("window_start") and conf.get("window_end")):
            raise InvalidRequest("the desk does not guess which window is meant: give window_start and window_end")
        return request_of(partner, way.annex.schedule, conf, facts, way.channel)
    if action is Action.RELEASE and not conf.get("external_ids"):
        raise InvalidRequest("a release is of named titles: give their external_ids")
    request = redelivery_of(partner, conf, facts, way.channel)
    if request.correction is Correction.MEDIA and way.annex.reencode is None:
        raise InvalidRequest(f"nothing is re-encoded for {way.annex.display_name}: its annex has no reencode")
    return request


def dry_run_id(dag_id: str, conf: Mapping[str, Any], user: str, key: str) -> str:
    """The id of a dry run: a second press of the same button gives the same one."""
    return f"desk_dry_run__{_digest(dag_id, orjson.dumps(conf, option=orjson.OPT_SORT_KEYS).decode(), user, key)}"


def real_run_id(dag_id: str, of_dry_run: str) -> str:
    """The id of the run that does what a dry run showed: there is one for each dry run."""
    return f"desk_run__{_digest(dag_id, of_dry_run)}"


def _digest(*texts: str) -> str:
    return hashlib.sha256(orjson.dumps(texts)).hexdigest()[:32]
