"""What a partner did with the metadata files of a batch: one look at its FTP server, in the way that the annex names.

A title is known by its metadata file's name, which is its tracking id; that name is of one delivery only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edye_delivery.annex.channels import folder_of, ftp_channel_of
from edye_delivery.annex.ftp import LogFile, MovedOutcome, OutcomeFile, PickupOutcome
from edye_delivery.annex.model import Annex
from edye_delivery.annex.outcome import TEXT_MAX_CHARS, cause_of, first_text, found_at
from edye_delivery.annex.template import filled
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.http import parse_json
from edye_delivery.errors import FtpRefused

log = logging.getLogger(__name__)
OUTCOME_MAX_BYTES = 1024 * 1024
LOG_END_MAX_BYTES = 16 * 1024 * 1024
LINE_MAX_CHARS = 4000
WORD_MAX_CHARS = 80


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one title stands: received (its file still lies there), processing (picked up), completed or error."""

    state: IngestState
    cause: Cause | None = None
    sentence: str = ""


LYING = Sighting(IngestState.RECEIVED)
PICKED_UP = Sighting(IngestState.PROCESSING)
COMPLETED = Sighting(IngestState.COMPLETED)


class OutcomeLook:
    """Looks for a batch's outcomes; each look takes one session and asks for what has not ended yet."""

    def __init__(self, annex: Annex) -> None:
        self._annex, self._channel = annex, ftp_channel_of(annex)
        self._incoming = folder_of(annex, self._channel.folders.metadata)

    def look(self, session: FtpSession, metadata_files: Iterable[str]) -> dict[str, Sighting]:
        """What is seen of each of these files."""
        wanted = sorted(metadata_files)
        lying = session.names(self._incoming)
        seen = {name: LYING if name in lying else PICKED_UP for name in wanted}
        match self._channel.outcome:
            case PickupOutcome():
                gone = [name for name in wanted if name not in lying]
                seen |= {name: COMPLETED for name in gone if session.size(RemotePath(self._incoming, name)) is None}
            case MovedOutcome() as outcome:
                seen |= self._moved(session, outcome, wanted)
            case OutcomeFile() as outcome:
                seen |= self._told_in_files(session, outcome, wanted)
            case LogFile() as outcome:
                seen |= self._told_in_log(session, outcome, wanted)
        return seen

    def _moved(self, session: FtpSession, outcome: MovedOutcome, wanted: list[str]) -> dict[str, Sighting]:
        accepted = _names_or_none(session, folder_of(self._annex, outcome.accepted_folder))
        refused_folder = folder_of(self._annex, outcome.refused_folder)
        beside = _names_or_none(session, refused_folder)
        seen = {name: COMPLETED for name in wanted if name in accepted}
        for name in wanted:
            if name not in beside or name in accepted:
                continue
            reason = f"{name}{outcome.reason_suffix}" if outcome.reason_suffix else ""
            text = session.read(RemotePath(refused_folder, reason), OUTCOME_MAX_BYTES) if reason in beside else b""
            seen[name] = self._refused("", session.mask.words(text.decode("utf-8", "replace"), TEXT_MAX_CHARS))
        return seen

    def _told_in_files(self, session: FtpSession, outcome: OutcomeFile, wanted: list[str]) -> dict[str, Sighting]:
        folder = folder_of(self._annex, outcome.folder)
        there = _names_or_none(session, folder)
        seen: dict[str, Sighting] = {}
        for name in wanted:
            file_name = filled(outcome.file_name, {"metadata_file": name})
            if file_name not in there:
                continue
            content = session.read(RemotePath(folder, file_name), OUTCOME_MAX_BYTES)
            try:
                told: Any = parse_json(content)
            except ValueError:
                log.warning("the outcome file %s is not JSON yet: it may be half written", file_name)
                continue
            code = first_text(told, outcome.error_code_keys, session.mask.words, max_chars=100) or ""
            text = first_text(told, outcome.error_message_keys, session.mask.words) or ""
            seen |= self._sighted(session, name, outcome.states, found_at(told, outcome.state_key), code, text)
        return seen

    def _told_in_log(self, session: FtpSession, outcome: LogFile, wanted: list[str]) -> dict[str, Sighting]:
        folder = folder_of(self._annex, outcome.folder)
        if outcome.file_name not in _names_or_none(session, folder):
            return {}
        content = session.read_end(RemotePath(folder, outcome.file_name), LOG_END_MAX_BYTES)
        seen: dict[str, Sighting] = {}
        for line in content.decode("utf-8", "replace").split("\n")[:-1]:  # what has no line break yet is half written
            parts = line[:LINE_MAX_CHARS].rstrip("\r").split(outcome.separator, len(outcome.fields) - 1)
            told = dict(zip(outcome.fields, (part.strip() for part in parts), strict=False))
            if told.get("metadata_file") in wanted:
                code, text = (session.mask.words(told.get(name, ""), TEXT_MAX_CHARS) for name in ("code", "text"))
                seen |= self._sighted(session, told["metadata_file"], outcome.states, told.get("state"), code, text)
        return seen

    def _sighted(
        self, session: FtpSession, name: str, states: dict[str, IngestState], word: Any, code: str, text: str
    ) -> dict[str, Sighting]:
        state = states.get(word) if isinstance(word, str) else None
        if state is None:
            shown = session.mask.words(repr(word), WORD_MAX_CHARS)
            log.warning("%s: the partner's word %s is none of the states that the annex lists", name, shown)
            return {}
        return {name: self._refused(code, text) if state is IngestState.ERROR else Sighting(state)}

    def _refused(self, code: str, text: str) -> Sighting:
        cause = cause_of(self._annex, http_status=None, code=code, text=text)
        return Sighting(
            IngestState.ERROR, cause, f"the partner refused it: {code or '(no code)'}: {text or '(no text)'}"
        )


def _names_or_none(session: FtpSession, folder: str) -> frozenset[str]:
    """The names in a folder of outcomes, which the partner may make only when it has one to tell."""
    try:
        return session.names(folder)
    except FtpRefused as error:
        log.info("%s is not to be seen yet: %s", folder, error)
        return frozenset()


def unended(sighting: Sighting | None, metadata_file: str, incoming: str, waited: str) -> Sighting:
    """What becomes of a title that did not end within the limit: never picked up, or picked up and stuck."""
    if sighting is None:
        return Sighting(
            IngestState.RECEIVED, Cause.STUCK, f"nobody could look for the outcome of {metadata_file} {waited}"
        )
    if sighting.state is IngestState.RECEIVED:
        told = f"never picked up: {metadata_file} still lies in {incoming} {waited}"
        return Sighting(IngestState.RECEIVED, Cause.NOT_PICKED_UP, told)
    told = f"picked up, but the partner did not say how {metadata_file} ended {waited}"
    return Sighting(sighting.state, Cause.STUCK, told)
