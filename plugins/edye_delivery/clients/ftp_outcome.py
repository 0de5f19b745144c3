"""What a partner did with the metadata files of a batch: one look at its FTP server, in the way that the annex says.

The name of a title's metadata file is its tracking id; every delivery has another one.
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
"""The same limit as for a status answer (clients/watch.py): to parse more would block the interpreter for too long."""
LOG_END_MAX_BYTES = 16 * 1024 * 1024
LOG_END_MAX_LINES = 50_000
LINE_MAX_BYTES = 4000


WAITING_FOR_PICKUP = IngestOutcome(state=IngestState.RECEIVED)
PICKED_UP = IngestOutcome(state=IngestState.PROCESSING)
ENDED = frozenset({IngestState.COMPLETED, IngestState.ERROR})
COMPLETED = IngestOutcome(state=IngestState.COMPLETED)


class OutcomeLook:
    """Looks for a batch's outcomes; each look uses one session and asks for what has not ended yet.

    A title whose own file cannot be read comes last in the next look, so that it does not keep others from theirs.
    """

    def __init__(self, annex: Annex) -> None:
        self._annex, self._channel = annex, ftp_channel_of(annex)
        self._incoming = folder_of(annex, self._channel.folders.metadata)
        self._unreadable: set[str] = set()

    def look(self, session: FtpSession, metadata_files: Iterable[str], outcomes: dict[str, IngestOutcome]) -> None:
        """Adds each file's outcome so far to `outcomes`, one after the other; after an error some may be missing."""
        names = sorted(metadata_files, key=lambda name: (name in self._unreadable, name))
        incoming = session.names(self._incoming, names)
        outcomes |= {name: WAITING_FOR_PICKUP if name in incoming else PICKED_UP for name in names}
        match self._channel.outcome:
            case PickupOutcome():
                for name in names:
                    if name not in incoming and session.size(RemotePath(self._incoming, name)) is None:
                        outcomes[name] = COMPLETED
            case MovedOutcome() as outcome:
                self._look_in_folders(session, outcome, names, outcomes)
            case OutcomeFile() as outcome:
                self._look_in_files(session, outcome, names, outcomes)
            case LogFile() as outcome:
                self._look_in_log(session, outcome, set(names), outcomes)

    def _look_in_folders(
        self, session: FtpSession, outcome: MovedOutcome, names: list[str], outcomes: dict[str, IngestOutcome]
    ) -> None:
        accepted = _names_or_none(session, folder_of(self._annex, outcome.accepted_folder), names)
        outcomes |= dict.fromkeys(accepted, COMPLETED)
        refused_folder = folder_of(self._annex, outcome.refused_folder)
        reasons = {name: f"{name}{outcome.reason_suffix}" for name in names if outcome.reason_suffix}
        refused = _names_or_none(session, refused_folder, [*names, *reasons.values()])
        for name in names:
            if name in refused and name not in accepted:
                reason = reasons.get(name, "")
                text = self._content(session, name, RemotePath(refused_folder, reason)) if reason in refused else b""
                outcomes[name] = self._refusal(
                    "", session.mask.words((text or b"").decode("utf-8", "replace"), TEXT_MAX_CHARS)
                )

    def _look_in_files(
        self, session: FtpSession, outcome: OutcomeFile, names: list[str], outcomes: dict[str, IngestOutcome]
    ) -> None:
        folder = folder_of(self._annex, outcome.folder)
        file_names = {name: fill(outcome.file_name, {"metadata_file": name}) for name in names}
        present = _names_or_none(session, folder, file_names.values())
        for name, file_name in file_names.items():
            content = self._content(session, name, RemotePath(folder, file_name)) if file_name in present else None
            if content is None:
                continue
            try:
                answer: Any = parse_json(content)
            except ValueError:
                log.warning("the outcome file %s is not JSON yet: it may be half written", file_name)
                continue
            code = first_text(answer, outcome.error_code_keys, session.mask.words, max_chars=100) or ""
            text = first_text(answer, outcome.error_message_keys, session.mask.words) or ""
            word = value_at(answer, outcome.state_key)
            outcomes |= self._outcome_of(session, name, outcome.states, word, code, text)

    def _content(self, session: FtpSession, name: str, path: RemotePath) -> bytes | None:
        """The content of a file about the title; None where it is refused or too large."""
        self._unreadable.add(name)
        try:
            content = session.read(path, OUTCOME_MAX_BYTES)
        except (FileTooLarge, FtpRefused) as error:
            log.warning("%s: its outcome cannot be read: %s", name, error)
            return None
        self._unreadable.discard(name)
        return content

    def _look_in_log(
        self, session: FtpSession, outcome: LogFile, names: set[str], outcomes: dict[str, IngestOutcome]
    ) -> None:
        folder = folder_of(self._annex, outcome.folder)
        if not _names_or_none(session, folder, [outcome.file_name]):
            return
        content = session.read_end(RemotePath(folder, outcome.file_name), LOG_END_MAX_BYTES)
        whole = content.rsplit(b"\n", LOG_END_MAX_LINES + 1)[:-1]  # a line without a line break is half written
        fields: tuple[str, ...] = outcome.fields
        last: dict[str, dict[str, str]] = {}
        unlisted: dict[str, dict[str, str]] = {}
        for line in whole[-LOG_END_MAX_LINES:]:
            text = line[:LINE_MAX_BYTES].decode("utf-8", "replace").rstrip("\r")
            parts = text.split(outcome.separator, len(fields) - 1)
            entry = dict(zip(fields, (part.strip() for part in parts), strict=False))
            name = entry.get("metadata_file", "")
            if name not in names:
                continue
            if state_named(outcome.states, entry.get("state")):
                last[name] = entry
                unlisted.pop(name, None)
            elif state_named(outcome.states, last.get(name, {}).get("state")) not in ENDED:
                unlisted[name] = entry
        for name, entry in (last | unlisted).items():
            code, text = (session.mask.words(entry.get(field, ""), TEXT_MAX_CHARS) for field in ("code", "text"))
            outcomes |= self._outcome_of(session, name, outcome.states, entry.get("state"), code, text)

    def _outcome_of(
        self, session: FtpSession, name: str, states: dict[str, IngestState], word: Any, code: str, text: str
    ) -> dict[str, IngestOutcome]:
        state = state_named(states, word)
        if state is None:
            sentence = f"the partner's outcome of {name} {unlisted_state_clause(states, word, session.mask.words)}"
            log.warning("%s", sentence)
            return {name: IngestOutcome(state=IngestState.PROCESSING, sentence=sentence)}
        return {name: self._refusal(code, text) if state is IngestState.ERROR else IngestOutcome(state=state)}

    def _refusal(self, code: str, text: str) -> IngestOutcome:
        cause = cause_of(self._annex, http_status=None, code=code, text=text)
        sentence = f"the partner refused it: {code or '(no code)'}: {text or '(no text)'}"
        return IngestOutcome(state=IngestState.ERROR, cause=cause, sentence=sentence)


def _names_or_none(session: FtpSession, folder: str, candidates: Iterable[str]) -> frozenset[str]:
    """Those of the candidates that are in a folder of outcomes; the partner may make the folder with the first one."""
    try:
        return session.names(folder, candidates)
    except FtpRefused as error:
        log.info("the folder %s cannot be read yet: %s", folder, error)
        return frozenset()


def outcome_at_deadline(outcome: IngestOutcome | None, metadata_file: str, incoming: str, when: str) -> IngestOutcome:
    """The outcome of a title that did not end before the deadline: never picked up, or picked up and stuck."""
    if outcome is None:
        sentence = f"the outcome of {metadata_file} is unknown {when}: every look at the FTP server failed"
        return IngestOutcome(state=IngestState.RECEIVED, cause=Cause.STUCK, sentence=sentence)
    if outcome.state is IngestState.RECEIVED:
        sentence = f"never picked up: {metadata_file} is still in {incoming} {when}"
        return IngestOutcome(state=IngestState.RECEIVED, cause=Cause.NOT_PICKED_UP, sentence=sentence)
    sentence = f"picked up, but the partner did not say how {metadata_file} ended {when}"
    if outcome.sentence:
        sentence = f"{outcome.sentence}, {when}: add what it means to `states` in the annex"
    return IngestOutcome(state=outcome.state, cause=Cause.STUCK, sentence=sentence)
