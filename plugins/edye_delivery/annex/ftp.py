"""The annex's parts that describe a partner's FTP channel: tree, names, temporary suffix, outcome, retries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.api import (
    LEASE_S,
    LEAST_RATE_BYTES_S,
    LeaseLength,
    PollingPolicy,
    Rate,
    RetryPolicy,
    StateWords,
    check_lease,
)
from edye_delivery.annex.part import Part
from edye_delivery.annex.template import (
    IMAGE_FILE_NAME,
    ImageFileName,
    is_plain_name,
    plain_template,
    template_validator,
)


def _check_folder(folder: str) -> str:
    template_validator(frozenset({"client_id"}))(folder)
    example = folder.replace("{client_id}", "client")
    if not example.startswith("/") or not all(map(is_plain_name, example[1:].split("/"))):
        raise ValueError("a folder is an absolute path of plain names, such as /incoming/{client_id}/video")
    return folder


def _check_metadata_name(template: str) -> str:
    if "{external_id}" not in template or "{delivery}" not in template:
        raise ValueError(
            "metadata_file_name needs {external_id} and {delivery}: without {delivery} the outcome of an earlier "
            "delivery of the title would be taken for this one's"
        )
    return plain_template("external_id", "delivery")(template)


Folder = Annotated[str, AfterValidator(_check_folder)]
Keys = tuple[str, ...]


class FtpFolders(Part):
    """Where the partner takes files, by kind."""

    video: Folder
    """Where media files go."""
    images: Folder
    """Where pictures go."""
    metadata: Folder
    """Where metadata files go."""


class PickupOutcome(Part):
    """The metadata file vanishes from its folder: the partner says no more than that."""

    by: Literal["pickup"]
    """How the partner tells the outcome."""


class MovedOutcome(Part):
    """The metadata file is moved into one of two folders; beside a refused one may lie a file with the reason."""

    by: Literal["moved"]
    """How the partner tells the outcome."""
    accepted_folder: Folder
    """Where the metadata file of an accepted title goes."""
    refused_folder: Folder
    """Where the metadata file of a refused title goes."""
    reason_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9.]{1,20}$")] | None = None
    """The ending of the file beside a refused one that has the reason; none where there is no such file."""


class OutcomeFile(Part):
    """A JSON file for each title, named after the metadata file."""

    by: Literal["outcome_file"]
    """How the partner tells the outcome."""
    folder: Folder
    """Where the outcome files are."""
    file_name: Annotated[str, AfterValidator(plain_template("metadata_file"))] = "{metadata_file}"
    """How the outcome file of a metadata file is called."""
    state_key: str
    """Where the file has the state, as a dotted key."""
    states: StateWords
    """The partner's words for the states, upper or lower case, and what they mean."""
    error_code_keys: Keys
    """Where the file has an error's code: dotted keys, the first that is there counts."""
    error_message_keys: Keys
    """Where the file has an error's message: dotted keys, the first that is there counts."""


class LogFile(Part):
    """One file with a line a title, its fields between separators; of several lines on a title the last counts."""

    by: Literal["log_file"]
    """How the partner tells the outcome."""
    folder: Folder
    """Where the log file is."""
    file_name: Annotated[str, AfterValidator(plain_template())]
    """How the log file is called."""
    separator: str = Field(min_length=1, max_length=5)
    """What stands between two fields of a line."""
    fields: tuple[Literal["metadata_file", "state", "code", "text", "ignored"], ...]
    """What the fields of a line are, in their order."""
    states: StateWords
    """The partner's words for the states, upper or lower case, and what they mean."""

    @model_validator(mode="after")
    def _names_title_and_state(self) -> LogFile:
        if not {"metadata_file", "state"} <= set(self.fields):
            raise ValueError("a log file's line needs the fields metadata_file and state")
        return self


class FtpChannel(Part):
    """A partner's FTP channel; the metadata file is the commit, so it goes up last (decisions, Waiting)."""

    conn_id: str
    """The connection with the server's address and login."""
    deprecated_since: str = Field(min_length=1)
    """Since when the channel is deprecated, in words; every run says so."""
    folders: FtpFolders
    """Where the partner takes files."""
    metadata_file_name: Annotated[str, AfterValidator(_check_metadata_name)] = "{external_id}.{delivery}.json"
    """How a title's metadata file is called, of external_id and delivery."""
    image_file_name: ImageFileName = IMAGE_FILE_NAME
    """How a title's pictures are called, of external_id, thumbnail and extension."""
    thumbnails: tuple[str, ...] = ()
    """The names of the thumbnails that are sent."""
    temporary_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9]{1,16}$")] = ".part"
    """The ending that a file has until it is there as a whole."""
    connections_at_once: int = Field(2, ge=1, le=16)
    """How many connections are open at once."""
    answer_timeout_s: float = Field(60, gt=0)
    """How long an answer may take."""
    lease_s: LeaseLength = LEASE_S
    """How long a title stays with the run that sends it where that run falls silent."""
    least_rate_bytes_s: Rate = LEAST_RATE_BYTES_S
    """What an upload moves at least; a slower one is broken off."""
    retry: RetryPolicy = RetryPolicy()
    """How often and how long a title's files are tried."""
    polling: PollingPolicy
    """How the wait looks for outcomes."""
    outcome: PickupOutcome | MovedOutcome | OutcomeFile | LogFile = Field(discriminator="by")
    """How the partner tells what became of a title."""

    @model_validator(mode="after")
    def _lease_outlasts_a_silence(self) -> FtpChannel:
        check_lease(self.lease_s, self.answer_timeout_s)
        return self
