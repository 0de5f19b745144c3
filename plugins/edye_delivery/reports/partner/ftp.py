"""A partner in words: its FTP channel, that is where files go, under what names, and how the partner answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edye_delivery.annex.channels import folder_of
from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.ftp import FtpChannel, LogFile, MovedOutcome, OutcomeFile, PickupOutcome
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel, IngestState
from edye_delivery.reports.markdown import code, codes, table
from edye_delivery.reports.partner.limits import polling


def ftp(annex: Annex) -> Iterator[str]:
    """Connection, folders, names, retries; then how the partner reports the outcome of a title."""
    channel = annex.ftp
    if channel is None:
        return
    yield f"Deprecated since {channel.deprecated_since}: it is started by hand only, with a reason."
    yield ""
    yield from table(("what", "value"), [*_places(annex, channel), *_retry_policy(channel), _feeds(annex)])
    yield ""
    yield _outcome(annex, channel)
    yield ""
    yield from table(("what we see", "it means"), _states(annex, channel))
    yield ""
    yield "When the server refuses a command for good, its FTP code is looked up in the table of errors below."


def _places(annex: Annex, channel: FtpChannel) -> Iterator[tuple[str, str]]:
    folders = channel.folders
    yield "connection", code(channel.conn_id)
    yield "media goes to", code(folder_of(annex, folders.video))
    yield "images go to", code(folder_of(annex, folders.images))
    yield (
        "metadata goes to",
        f"{code(folder_of(annex, folders.metadata))}, after all other files of the title: it is the commit",
    )
    yield "media file", code(annex.naming.file_name)
    yield "image file", code(channel.image_file_name)
    yield "metadata file", f"{code(channel.metadata_file_name)}; its name is the tracking id"
    yield (
        "temporary name",
        f"final name, delivery, a digest (media and images only), {code(channel.temporary_suffix)}",
    )
    yield "thumbnails that are sent", codes(channel.thumbnails)


def _retry_policy(channel: FtpChannel) -> Iterator[tuple[str, str]]:
    retry_policy = channel.retry
    yield (
        "connections at once",
        f"{channel.connections_at_once} for a batch that is sent, 1 for a batch that is waited for",
    )
    yield (
        "tries of one title",
        f"{retry_policy.attempts} without progress, at most {retry_policy.cap_s:g} s apart",
    )
    yield "polling", polling(channel.polling)
    yield "the wait ends after", f"{channel.polling.give_up_s:g} s"
    yield "time for one answer", f"{channel.answer_timeout_s:g} s"
    yield "least rate of a stream", f"{channel.least_rate_bytes_s:,.0f} bytes a second"


def _feeds(annex: Annex) -> tuple[str, str]:
    publisher = (
        f"the next run of {code(delivery_dag_id(Channel.API, annex.partner))}"
        if annex.api
        else "the run of this channel"
    )
    return "feeds are published by", publisher if annex.feeds else "- (no feeds)"


def _outcome(annex: Annex, channel: FtpChannel) -> str:
    """How the partner reports the outcome of a title, in words."""
    match channel.outcome:
        case PickupOutcome():
            return (
                "The partner takes the metadata file away and reports nothing else. We know only that the title was "
                "picked up."
            )
        case MovedOutcome() as outcome:
            beside = (
                f"; the reason is beside it, in a file with {code(outcome.reason_suffix)} at the end of its name"
                if outcome.reason_suffix
                else ", without a reason"
            )
            return (
                f"The partner moves the metadata file: to {code(folder_of(annex, outcome.accepted_folder))} if it "
                f"took the title, to {code(folder_of(annex, outcome.refused_folder))} if it refused it{beside}."
            )
        case OutcomeFile() as outcome:
            return (
                f"The partner writes a JSON file for each title: {code(outcome.file_name)} in "
                f"{code(folder_of(annex, outcome.folder))}, the state under {code(outcome.state_key)}, an error's "
                f"code under {codes(outcome.error_code_keys)}, its text under {codes(outcome.error_message_keys)}."
            )
        case LogFile() as outcome:
            return (
                f"The partner writes a line for each title into {code(outcome.file_name)} in "
                f"{code(folder_of(annex, outcome.folder))}: {codes(outcome.fields)}, separated by "
                f"{code(outcome.separator)}. The last line of a title counts."
            )


def _states(annex: Annex, channel: FtpChannel) -> Iterator[tuple[str, str]]:
    outcome = channel.outcome
    yield "the metadata file is still in its folder", IngestState.RECEIVED
    state_if_gone = IngestState.COMPLETED if isinstance(outcome, PickupOutcome) else IngestState.PROCESSING
    yield "it is gone, and nothing else is reported", state_if_gone
    if isinstance(outcome, MovedOutcome):
        yield f"it is in {code(folder_of(annex, outcome.accepted_folder))}", IngestState.COMPLETED
        yield f"it is in {code(folder_of(annex, outcome.refused_folder))}", IngestState.ERROR
    elif isinstance(outcome, OutcomeFile | LogFile):
        yield from _words(outcome.states)


def _words(states: Mapping[str, IngestState]) -> Iterator[tuple[str, str]]:
    for word, state in states.items():
        yield f"the partner says {code(word)}", state
