"""The steps that only one channel has, by channel."""

from __future__ import annotations

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex, is_pulled
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.delivery import ChannelSteps, add_delivery
from edye_delivery.dag_support.publication import add_publication
from edye_delivery.operators.deliver import DeliverByApiOperator, DeliverByFtpOperator
from edye_delivery.sensors.ftp import FtpSensor
from edye_delivery.sensors.ingest import IngestSensor

BY_API = ChannelSteps(Channel.API, DeliverByApiOperator, IngestSensor)
BY_FTP = ChannelSteps(Channel.FTP, DeliverByFtpOperator, FtpSensor)


def usual_ways(annex: Annex) -> list[tuple[Annex, Channel]]:
    """The ways by which a partner usually gets titles, each with the annex for it: by push, by pull, or by both.

    FTP counts only where there is no API.
    """
    ways = []
    if not is_pulled(annex):
        ways.append((annex, Channel.API if annex.api is not None else Channel.FTP))
    if annex.pull is not None:
        ways.append((pull_annex_of(annex), Channel.PULL))
    return ways


def add_steps(annex: Annex, channel: Channel, kind: RunKind) -> None:
    """Adds all tasks of a delivery, or of a redelivery, on this channel to the current DAG."""
    if channel is Channel.PULL:
        add_publication(annex, kind)
    else:
        add_delivery(annex, BY_API if channel is Channel.API else BY_FTP, kind)
