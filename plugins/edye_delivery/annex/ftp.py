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
        raise ValueError("a folder has to be an absolute path of plain names, such as /incoming/{client_id}/video")
    return folder


def _check_metadata_name(template: str) -> str:
    if "{external_id}" not in template or "{delivery}" not in template:
        raise ValueError(
            "metadata_file_name needs {external_id} and {delivery}: without {delivery} an outcome could be of an "
            "earlier delivery of the title"
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
    """The partner removes the metadata file from its folder, and says nothing else."""

    by: Literal["pickup"]
    """How the partner makes the outcome known."""


class MovedOutcome(Part):
    """The partner moves the metadata file to one of two folders; a refused one may have a file with the reason."""

    by: Literal["moved"]
    """How the partner makes the outcome known."""
    accepted_folder: Folder
    """Where the metadata file of an accepted title goes."""
    refused_folder: Folder
    """Where the metadata file of a refused title goes."""
    reason_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9.]{1,20}$")] | None = None
    """The ending of the file with the reason, after the metadata file's name; null where there is no such file."""


class OutcomeFile(Part):
    """A JSON file for each title, named after the metadata file."""

    by: Literal["outcome_file"]
    """How the partner makes the outcome known."""
    folder: Folder
    """Where the outcome files are."""
    file_name: Annotated[str, AfterValidator(plain_template("metadata_file"))] = "{metadata_file}"
    """The name of the outcome file, as a template with `{metadata_file}`."""
    state_key: str
    """The dotted key under which the file has the state."""
    states: StateWords
    """The partner's words for the states, in upper or lower case, and our state for each."""
    error_code_keys: Keys
    """The dotted keys under which the file may have an error's code; the first one that it has counts."""
    error_message_keys: Keys
    """The dotted keys under which the file may have an error's message; the first one that it has counts."""


class LogFile(Part):
    """One file with a line for each title, its fields between separators; the last line on a title counts."""

    by: Literal["log_file"]
    """How the partner makes the outcome known."""
    folder: Folder
    """Where the log file is."""
    file_name: Annotated[str, AfterValidator(plain_template())]
    """The name of the log file."""
    separator: str = Field(min_length=1, max_length=5)
    """The text between two fields of a line."""
    fields: tuple[Literal["metadata_file", "state", "code", "text", "ignored"], ...]
    """The fields of a line, in their order."""
    states: StateWords
    """The partner's words for the states, in upper or lower case, and our state for each."""

    @model_validator(mode="after")
    def _names_title_and_state(self) -> LogFile:
        if not {"metadata_file", "state"} <= set(self.fields):
            raise ValueError("a log file's line needs the fields metadata_file and state")
        return self


class FtpChannel(Part):
    """A partner's FTP channel; the metadata file is the commit, so it is uploaded last (decisions, The ingest API)."""

    conn_id: str
    """The connection with the server's address and login."""
    deprecated_since: str = Field(min_length=1)
    """Since when the channel is deprecated, in words; every run repeats it."""
    folders: FtpFolders
    """Where the partner takes files."""
    metadata_file_name: Annotated[str, AfterValidator(_check_metadata_name)] = "{external_id}.{delivery}.json"
    """The name of a title's metadata file, as a template with external_id and delivery."""
    image_file_name: ImageFileName = IMAGE_FILE_NAME
    """The name of a title's picture, as a template with external_id, thumbnail and extension."""
    thumbnails: tuple[str, ...] = ()
    """The names of the thumbnails that are sent."""
    temporary_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9]{1,16}$")] = ".part"
    """The ending of a file's name until the whole file is uploaded."""
    connections_at_once: int = Field(2, ge=1, le=16)
    """How many connections are open at once."""
    answer_timeout_s: float = Field(60, gt=0)
    """How many seconds an answer may take."""
    lease_s: LeaseLength = LEASE_S
    """For how many seconds no other run takes over a title when the run that sends it gives no sign of life."""
    least_rate_bytes_s: Rate = LEAST_RATE_BYTES_S
    """The least rate of an upload in bytes a second; a slower one is stopped."""
    retry: RetryPolicy = RetryPolicy()
    """How often and how long a title's files are tried."""
    polling: PollingPolicy
    """When the wait looks for outcomes."""
    outcome: PickupOutcome | MovedOutcome | OutcomeFile | LogFile = Field(discriminator="by")
    """How the partner makes the outcome of a title known."""

    @model_validator(mode="after")
    def _check_lease(self) -> FtpChannel:
        check_lease(self.lease_s, self.answer_timeout_s)
        return self
