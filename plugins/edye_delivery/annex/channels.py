"""An annex's channels by name, and names on a partner's FTP server."""

from __future__ import annotations

from edye_delivery.annex.api import ApiChannel, PollingPolicy
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.ftp import FtpChannel
from edye_delivery.annex.model import Annex
from edye_delivery.annex.template import fill
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.window import rfc3339
from edye_delivery.errors import ConfigurationInvalid


def api_channel_of(annex: Annex) -> ApiChannel:
    """The annex's API channel; ConfigurationInvalid where it has none."""
    if annex.api is None:
        raise ConfigurationInvalid(f"the annex {annex.partner} has no api channel")
    return annex.api


def ftp_channel_of(annex: Annex) -> FtpChannel:
    """The annex's FTP channel; ConfigurationInvalid where it has none."""
    if annex.ftp is None:
        raise ConfigurationInvalid(f"the annex {annex.partner} has no ftp channel")
    return annex.ftp


def polling_policy_of(annex: Annex, channel: Channel) -> PollingPolicy:
    """When a wait looks for outcomes on this channel, and when it gives up."""
    return api_channel_of(annex).polling if channel is Channel.API else ftp_channel_of(annex).polling


def feeds_of(annex: Annex, channel: Channel) -> tuple[FeedSpec, ...]:
    """The feeds that deliveries on this channel publish: all or none, because two DAGs could overwrite each other's.

    The API delivery publishes them where there is one; they have the titles that were sent by FTP too.
    """
    return annex.feeds if channel is Channel.API or annex.api is None else ()


def folder_of(annex: Annex, folder: str) -> str:
    """A folder of the annex's FTP tree for its client."""
    return fill(folder, {"client_id": annex.client_id})


def notice_of(annex: Annex, request: RunRequest) -> str:
    """The notice that a run's log and report show above its reason; empty for an ordinary run."""
    redelivery = f"redelivery by hand, correction {request.correction}" if request.correction else ""
    notices = (deprecation_of(annex, request.channel), redelivery, _withdrawal(request))
    return "; ".join(one for one in notices if one)


def _withdrawal(request: RunRequest) -> str:
    order = request.withdrawal
    if order is None:
        return ""
    return f"withdrawal by hand, {f'offered until {rfc3339(order.end_at)}' if order.end_at else 'out of the feeds'}"


def deprecation_of(annex: Annex, channel: Channel) -> str:
    """The notice of every run on a deprecated channel; empty for another channel."""
    if channel is Channel.API:
        return ""
    since = ftp_channel_of(annex).deprecated_since
    name = annex.display_name
    return f"the FTP channel of {name} is deprecated since {since}: use it only when the API cannot be used"
