"""The annex's parts that describe a partner's FTP channel: tree, names, temporary suffix, outcome, patience."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.annex.template import IMAGE_FILE_NAME, ImageFileName, checked_template, is_plain_name, plain_template
from edye_delivery.annex.wire import (
    LEASE_S,
    LEAST_RATE_BYTES_S,
    LeaseLength,
    Pace,
    Patience,
    Rate,
    StateWords,
    check_lease,
)


def _checked_folder(folder: str) -> str:
    checked_template(frozenset({"client_id"}))(folder)
    example = folder.replace("{client_id}", "client")
    if not example.startswith("/") or not all(map(is_plain_name, example[1:].split("/"))):
        raise ValueError("a folder is an absolute path of plain names, such as /incoming/{client_id}/video")
    return folder


def _checked_metadata_name(template: str) -> str:
    if "{external_id}" not in template or "{delivery}" not in template:
        raise ValueError(
            "metadata_file_name needs {external_id} and {delivery}: without {delivery} the outcome of an earlier "
            "delivery of the title would be taken for this one's"
        )
    return plain_template("external_id", "delivery")(template)


Folder = Annotated[str, AfterValidator(_checked_folder)]
Keys = tuple[str, ...]


class FtpFolders(Part):
    """Where the partner takes files, by kind."""

    video: Folder
    images: Folder
    metadata: Folder


class PickupOutcome(Part):
    """The metadata file vanishes from its folder: the partner says no more than that."""

    by: Literal["pickup"]


class MovedOutcome(Part):
    """The metadata file is moved into one of two folders; beside a refused one may lie a file with the reason."""

    by: Literal["moved"]
    accepted_folder: Folder
    refused_folder: Folder
    reason_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9.]{1,20}$")] | None = None


class OutcomeFile(Part):
    """A JSON file for each title, named after the metadata file."""

    by: Literal["outcome_file"]
    folder: Folder
    file_name: Annotated[str, AfterValidator(plain_template("metadata_file"))] = "{metadata_file}"
    state_key: str
    states: StateWords
    error_code_keys: Keys
    error_message_keys: Keys


class LogFile(Part):
    """One file with a line a title, its fields between separators; of several lines on a title the last counts."""

    by: Literal["log_file"]
    folder: Folder
    file_name: Annotated[str, AfterValidator(plain_template())]
    separator: str = Field(min_length=1, max_length=5)
    fields: tuple[Literal["metadata_file", "state", "code", "text", "ignored"], ...]
    states: StateWords

    @model_validator(mode="after")
    def _names_title_and_state(self) -> LogFile:
        if not {"metadata_file", "state"} <= set(self.fields):
            raise ValueError("a log file's line needs the fields metadata_file and state")
        return self


class FtpChannel(Part):
    """A partner's FTP channel; the metadata file is the commit, so it goes up last (decisions, Waiting)."""

    conn_id: str
    deprecated_since: str = Field(min_length=1)
    folders: FtpFolders
    metadata_file_name: Annotated[str, AfterValidator(_checked_metadata_name)] = "{external_id}.{delivery}.json"
    image_file_name: ImageFileName = IMAGE_FILE_NAME
    thumbnails: tuple[str, ...] = ()
    temporary_suffix: Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9]{1,16}$")] = ".part"
    connections_at_once: int = Field(2, ge=1, le=16)
    answer_timeout_s: float = Field(60, gt=0)
    lease_s: LeaseLength = LEASE_S
    least_rate_bytes_s: Rate = LEAST_RATE_BYTES_S
    patience: Patience = Patience()
    polling: Pace
    outcome: PickupOutcome | MovedOutcome | OutcomeFile | LogFile = Field(discriminator="by")

    @model_validator(mode="after")
    def _lease_outlasts_a_silence(self) -> FtpChannel:
        check_lease(self.lease_s, self.answer_timeout_s)
        return self
