"""An annex's channels by name, and names on a partner's FTP server."""

from __future__ import annotations

from edye_delivery.annex.api import ApiChannel, PollingPolicy
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.ftp import FtpChannel
from edye_delivery.annex.metadata_field import MetadataField
from edye_delivery.annex.model import PULL_SUFFIX, Annex, is_pulled
from edye_delivery.annex.pull import PullChannel
from edye_delivery.annex.template import fill
from edye_delivery.catalog.channel_words import words_of
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


def pull_channel_of(annex: Annex) -> PullChannel:
    """The annex's section on what the partner pulls; ConfigurationInvalid where it has none."""
    if annex.pull is None:
        raise ConfigurationInvalid(f"the annex {annex.partner} has no section pull")
    return annex.pull


def pull_annex_of(annex: Annex) -> Annex:
    """The annex as the DAGs of its pull channel use it: that channel alone, with its own terms for titles.

    Where the partner also gets titles by push, the ledger keeps what it pulls under a name of its own, so that a title
    can be accepted on one way and open on the other. Gives the same annex when called again.
    """
    pull = pull_channel_of(annex)
    terms = {"tags": pull.tags, "geo": pull.geo, "languages": pull.languages}
    return annex.model_copy(
        update={
            "partner": annex.partner if is_pulled(annex) else f"{annex.partner}{PULL_SUFFIX}",
            "catalogue": annex.catalogue.model_copy(update={name: given for name, given in terms.items() if given}),
            "schedule": pull.schedule,
            "api": None,
            "ftp": None,
            "feeds": (),
            "reencode": None,
            "metadata": {"genres": MetadataField(field="genres", map=pull.genres)} if pull.genres else {},
            "minimum_metadata": pull.minimum_metadata,
            "withdrawal": annex.withdrawal.model_copy(update={"endpoint": None}),
        }
    )


def api_folder_of(annex: Annex) -> str:
    """The partner's name in the delivery API: the annex's, also where the ledger keeps what it pulls under another."""
    return annex.partner.removesuffix(PULL_SUFFIX)


def polling_policy_of(annex: Annex, channel: Channel) -> PollingPolicy:
    """When a wait looks for outcomes on this channel, and when it gives up; a pull channel has no wait."""
    return api_channel_of(annex).polling if channel is Channel.API else ftp_channel_of(annex).polling


def feeds_of(annex: Annex, channel: Channel) -> tuple[FeedSpec, ...]:
    """The feeds that deliveries on this channel publish: all or none, because two DAGs could overwrite each other's.

    The API delivery publishes them where there is one; they have the titles that were sent by FTP too.
    """
    if channel is Channel.PULL:
        return ()
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
    effect = f"offered until {rfc3339(order.end_at)}" if order.end_at else words_of(request.channel).withdrawn
    return f"withdrawal by hand, {effect}"


def deprecation_of(annex: Annex, channel: Channel) -> str:
    """The notice of every run on a deprecated channel; empty for another channel."""
    if channel is not Channel.FTP:
        return ""
    since = ftp_channel_of(annex).deprecated_since
    name = annex.display_name
    return f"the FTP channel of {name} is deprecated since {since}: use it only when the API cannot be used"
