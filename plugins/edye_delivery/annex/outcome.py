"""What a partner's answer means, by the annex: its error table, its states, its tracking-id keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from edye_delivery.annex.api import ApiChannel, comparison_key
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Cause, IngestState

TEXT_MAX_CHARS = 500
WORD_MAX_CHARS = 80
Words = Callable[[str, int], str]
"""Makes a partner's text fit for a sentence, in so many characters at most: `printable`, or a client's secret mask."""


def cause_of(annex: Annex, *, http_status: int | None, code: str, text: str) -> Cause:
    """The cause by the first line of the annex's error table that is true, else `unknown` (decisions, ingest API)."""
    lower_text = text.casefold()
    for rule in annex.errors:
        if rule.http_status and http_status not in rule.http_status:
            continue
        if rule.codes and comparison_key(code) not in map(comparison_key, rule.codes):
            continue
        if rule.text_contains and not any(part.casefold() in lower_text for part in rule.text_contains):
            continue
        return rule.cause
    return Cause.UNKNOWN


def tracking_id_of(channel: ApiChannel, answer: Any) -> str | None:
    """The partner's name for one ingest, under the first of the annex's keys that holds one."""
    return first_text(answer, channel.tracking_id_keys, printable, max_chars=200)


def state_of(channel: ApiChannel, answer: Any) -> IngestState | None:
    """The ingest's state in our words; None where the partner's word is not in the annex."""
    return state_named(channel.states, value_at(answer, channel.state_key))


def state_named(states: Mapping[str, IngestState], word: Any) -> IngestState | None:
    """The state that the annex gives a partner's word, whatever its case; None where it lists no such word."""
    if not isinstance(word, str):
        return None
    return next((state for listed, state in states.items() if comparison_key(listed) == comparison_key(word)), None)


def unlisted_state_clause(states: Mapping[str, IngestState], word: Any, words: Words) -> str:
    """A clause that names a state word which the annex does not list, and those that it lists."""
    listed = ", ".join(states)
    if word is None:
        return f"names no state; the annex lists {listed}"
    shown = repr(word) if isinstance(word, str) else f"of type {type(word).__name__}"
    return f"has the state {words(shown, WORD_MAX_CHARS)}, which is none of those that the annex lists ({listed})"


def error_of(channel: ApiChannel, answer: Any, words: Words) -> tuple[str, str]:
    """The partner's error code and text, bounded and on one line; empty where there is none."""
    code = first_text(answer, channel.error_code_keys, words, max_chars=100) or ""
    text = first_text(answer, channel.error_message_keys, words) or ""
    return code, text


def value_at(answer: Any, path: str) -> Any:
    """The value under a dotted path of keys; None where there is none."""
    for key in path.split("."):
        if not isinstance(answer, dict):
            return None
        answer = answer.get(key)
    return answer


def first_text(answer: Any, paths: Iterable[str], words: Words, max_chars: int = TEXT_MAX_CHARS) -> str | None:
    """The text or number under the first of the paths that has one, as `words` makes it; None where none has."""
    for path in paths:
        value = value_at(answer, path)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return words(str(value).strip(), max_chars)
    return None
