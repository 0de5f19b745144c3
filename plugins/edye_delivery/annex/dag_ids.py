"""How the ids of a partner's DAGs are made: what a DAG does, and for whom. The files in dags/ make these DAGs."""

from __future__ import annotations

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel

DELIVERY_VERBS = {Channel.API: "deliver_api", Channel.FTP: "deliver_ftp", Channel.PULL: "publish_pull"}
"""The DAGs that deliver windows, one for each channel."""
WATCH_VERB, REPORT_VERB = "watch_pull", "report_pull"
"""The DAGs that look after what a partner pulls."""
REDELIVER_VERB, WITHDRAW_VERB = "redeliver", "withdraw"
BY_HAND_VERBS = (REDELIVER_VERB, WITHDRAW_VERB)
"""The DAGs that people start for titles, one for each name of the partner in the ledger."""


def dag_id_of(verb: str, partner: str) -> str:
    """The DAG that does this; `partner` is the annex's name, by hand it is the partner's name in the ledger."""
    return f"{verb}__{partner}"


def delivery_dag_id(channel: Channel, partner: str) -> str:
    """The DAG that delivers windows to a partner by a channel; `partner` is the annex's name."""
    return dag_id_of(DELIVERY_VERBS[channel], partner)


def delivery_channels(annex: Annex) -> tuple[Channel, ...]:
    """The channels by which a partner gets titles, the usual one first."""
    return tuple(channel for channel in DELIVERY_VERBS if getattr(annex, channel.value) is not None)


def delivery_dag_ids(annex: Annex) -> tuple[str, ...]:
    """The DAGs that deliver windows to a partner, one for each of its channels."""
    return tuple(delivery_dag_id(channel, annex.partner) for channel in delivery_channels(annex))


def verb_of(dag_id: str) -> str:
    """What a DAG does, by its id."""
    return dag_id.partition("__")[0]
