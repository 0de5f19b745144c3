"""The steps that only one channel has, by channel."""

from __future__ import annotations

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support.delivery import ChannelSteps
from edye_delivery.operators.deliver import DeliverByApiOperator, DeliverByFtpOperator
from edye_delivery.sensors.ftp import FtpSensor
from edye_delivery.sensors.ingest import IngestSensor

BY_API = ChannelSteps(Channel.API, DeliverByApiOperator, IngestSensor)
BY_FTP = ChannelSteps(Channel.FTP, DeliverByFtpOperator, FtpSensor)


def usual_steps(annex: Annex) -> ChannelSteps:
    """The steps of a partner's usual channel: FTP only where it has no other."""
    return BY_API if annex.api is not None else BY_FTP
