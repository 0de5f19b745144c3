"""What a partner did with the metadata files of a batch: one look at its FTP server, in the way that the annex names.

A title is known by its metadata file's name, which is its tracking id; that name is of one delivery only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from edye_delivery.annex.channels import folder_of, ftp_channel_of
from edye_delivery.annex.ftp import LogFile, MovedOutcome, OutcomeFile, PickupOutcome
from edye_delivery.annex.model import Annex
from edye_delivery.annex.outcome import (
    TEXT_MAX_CHARS,
    cause_of,
    first_text,
    state_named,
    unlisted_state_clause,
    value_at,
)
from edye_delivery.annex.template import fill
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.clients.ftp import FileTooLarge, FtpSession
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.http import parse_json
from edye_delivery.errors import FtpRefused

log = logging.getLogger(__name__)
OUTCOME_MAX_BYTES = 64 * 1024
"""As of a status answer (clients/watch.py): a parser of more holds the interpreter for too long."""
LOG_END_MAX_BYTES = 16 * 1024 * 1024
LOG_END_MAX_LINES = 50_000
LINE_MAX_BYTES = 4000


WAITING_FOR_PICKUP = IngestOutcome(state=IngestState.RECEIVED)
PICKED_UP = IngestOutcome(state=IngestState.PROCESSING)
ENDED = frozenset({IngestState.COMPLETED, IngestState.ERROR})
COMPLETED = IngestOutcome(state=IngestState.COMPLETED)


class OutcomeLook:
    """Looks for a batch's outcomes; each look takes one session and asks for what has not ended yet.

    A title whose own file makes trouble is asked for last by the next look, so that it costs no other its outcome.
    """

    def __init__(self, annex: Annex) -> None:
        self._annex, self._channel = annex, ftp_channel_of(annex)
        self._incoming = folder_of(annex, self._channel.folders.metadata)
        self._troubled: set[str] = set()

    def look(self, session: FtpSession, metadata_files: Iterable[str], seen: dict[str, IngestOutcome]) -> None:
        """Puts into `seen` what is seen of each of these files, one after the other; it may break off in the middle."""
        wanted = sorted(metadata_files, key=lambda name: (name in self._troubled, name))
        lying = session.names(self._incoming, wanted)
        seen |= {name: WAITING_FOR_PICKUP if name in lying else PICKED_UP for name in wanted}
        match self._channel.outcome:
            case PickupOutcome():
                for name in wanted:
                    if name not in lying and session.size(RemotePath(self._incoming, name)) is None:
                        seen[name] = COMPLETED
            case MovedOutcome() as outcome:
                self._look_in_folders(session, outcome, wanted, seen)
            case OutcomeFile() as outcome:
                self._look_in_files(session, outcome, wanted, seen)
            case LogFile() as outcome:
                self._look_in_log(session, outcome, set(wanted), seen)

    def _look_in_folders(
        self, session: FtpSession, outcome: MovedOutcome, wanted: list[str], seen: dict[str, IngestOutcome]
    ) -> None:
        accepted = _names_or_none(session, folder_of(self._annex, outcome.accepted_folder), wanted)
        seen |= dict.fromkeys(accepted, COMPLETED)
        refused_folder = folder_of(self._annex, outcome.refused_folder)
        reasons = {name: f"{name}{outcome.reason_suffix}" for name in wanted if outcome.reason_suffix}
        beside = _names_or_none(session, refused_folder, [*wanted, *reasons.values()])
        for name in wanted:
            if name in beside and name not in accepted:
                reason = reasons.get(name, "")
                text = self._content(session, name, RemotePath(refused_folder, reason)) if reason in beside else b""
                seen[name] = self._refusal(
                    "", session.mask.words((text or b"").decode("utf-8", "replace"), TEXT_MAX_CHARS)
                )

    def _look_in_files(
        self, session: FtpSession, outcome: OutcomeFile, wanted: list[str], seen: dict[str, IngestOutcome]
    ) -> None:
        folder = folder_of(self._annex, outcome.folder)
        file_names = {name: fill(outcome.file_name, {"metadata_file": name}) for name in wanted}
        there = _names_or_none(session, folder, file_names.values())
        for name, file_name in file_names.items():
            content = self._content(session, name, RemotePath(folder, file_name)) if file_name in there else None
            if content is None:
                continue
            try:
                told: Any = parse_json(content)
            except ValueError:
                log.warning("the outcome file %s is not JSON yet: it may be half written", file_name)
                continue
            code = first_text(told, outcome.error_code_keys, session.mask.words, max_chars=100) or ""
            text = first_text(told, outcome.error_message_keys, session.mask.words) or ""
            seen |= self._outcome_of(session, name, outcome.states, value_at(told, outcome.state_key), code, text)

    def _content(self, session: FtpSession, name: str, path: RemotePath) -> bytes | None:
        """What a file says of the title; None where it is refused or too large."""
        self._troubled.add(name)
        try:
            content = session.read(path, OUTCOME_MAX_BYTES)
        except (FileTooLarge, FtpRefused) as error:
            log.warning("%s: its outcome cannot be read: %s", name, error)
            return None
        self._troubled.discard(name)
        return content

    def _look_in_log(
        self, session: FtpSession, outcome: LogFile, wanted: set[str], seen: dict[str, IngestOutcome]
    ) -> None:
        folder = folder_of(self._annex, outcome.folder)
        if not _names_or_none(session, folder, [outcome.file_name]):
            return
        content = session.read_end(RemotePath(folder, outcome.file_name), LOG_END_MAX_BYTES)
        whole = content.rsplit(b"\n", LOG_END_MAX_LINES + 1)[:-1]  # what has no line break yet is half written
        fields: tuple[str, ...] = outcome.fields
        last: dict[str, dict[str, str]] = {}
        unlisted: dict[str, dict[str, str]] = {}
        for line in whole[-LOG_END_MAX_LINES:]:
            text = line[:LINE_MAX_BYTES].decode("utf-8", "replace").rstrip("\r")
            parts = text.split(outcome.separator, len(fields) - 1)
            told = dict(zip(fields, (part.strip() for part in parts), strict=False))
            name = told.get("metadata_file", "")
            if name not in wanted:
                continue
            if state_named(outcome.states, told.get("state")):
                last[name] = told
                unlisted.pop(name, None)
            elif state_named(outcome.states, last.get(name, {}).get("state")) not in ENDED:
                unlisted[name] = told
        for name, told in (last | unlisted).items():
            code, text = (session.mask.words(told.get(field, ""), TEXT_MAX_CHARS) for field in ("code", "text"))
            seen |= self._outcome_of(session, name, outcome.states, told.get("state"), code, text)

    def _outcome_of(
        self, session: FtpSession, name: str, states: dict[str, IngestState], word: Any, code: str, text: str
    ) -> dict[str, IngestOutcome]:
        state = state_named(states, word)
        if state is None:
            told = f"the partner's outcome of {name} {unlisted_state_clause(states, word, session.mask.words)}"
            log.warning("%s", told)
            return {name: IngestOutcome(state=IngestState.PROCESSING, sentence=told)}
        return {name: self._refusal(code, text) if state is IngestState.ERROR else IngestOutcome(state=state)}

    def _refusal(self, code: str, text: str) -> IngestOutcome:
        cause = cause_of(self._annex, http_status=None, code=code, text=text)
        told = f"the partner refused it: {code or '(no code)'}: {text or '(no text)'}"
        return IngestOutcome(state=IngestState.ERROR, cause=cause, sentence=told)


def _names_or_none(session: FtpSession, folder: str, wanted: Iterable[str]) -> frozenset[str]:
    """Which of the names are in a folder of outcomes, which the partner may make only when it has one to tell."""
    try:
        return session.names(folder, wanted)
    except FtpRefused as error:
        log.info("%s is not to be seen yet: %s", folder, error)
        return frozenset()


def outcome_at_deadline(outcome: IngestOutcome | None, metadata_file: str, incoming: str, waited: str) -> IngestOutcome:
    """What becomes of a title that did not end within the limit: never picked up, or picked up and stuck."""
    if outcome is None:
        told = f"nobody could look for the outcome of {metadata_file} {waited}"
        return IngestOutcome(state=IngestState.RECEIVED, cause=Cause.STUCK, sentence=told)
    if outcome.state is IngestState.RECEIVED:
        told = f"never picked up: {metadata_file} still lies in {incoming} {waited}"
        return IngestOutcome(state=IngestState.RECEIVED, cause=Cause.NOT_PICKED_UP, sentence=told)
    told = f"picked up, but the partner did not say how {metadata_file} ended {waited}"
    if outcome.sentence:
        told = f"{outcome.sentence}, {waited}: add what it means to `states` in the annex"
    return IngestOutcome(state=outcome.state, cause=Cause.STUCK, sentence=told)
