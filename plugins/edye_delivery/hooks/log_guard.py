"""Logs of this process: hides known secrets and makes foreign text printable, for every logger and level.

Libraries print headers, addresses and answers at DEBUG, some at INFO and WARNING. So does Airflow itself: run in one
process, it prints the secrets that it should mask. Every record of Python's logging is cleaned where it is made; every
event of structlog, which Airflow uses, is cleaned by the first processor.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any

import structlog

from edye_delivery.catalog.printable import printable
from edye_delivery.clients.secret_mask import SecretMask

LINE_MAX_CHARS = 8000
MESSAGE_OF_SECRETS = "MaskSecret"
"""The message by which Airflow's processes pass on a secret to mask; only its name is shown."""
SPEAKERS_OF_FOREIGN_TEXT = frozenset(
    {"edye_delivery", "apprise", "aiobotocore", "asyncio", "boto3", "botocore", "elastic_transport", "elasticsearch",
     "fsspec", "h11", "httpcore", "httpx", "PIL", "requests", "s3fs", "s3transfer", "urllib3"}
)  # fmt: skip


class _Guard:
    """The one guard of the process; it learns more secrets as connections are opened."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._mask, self._make_record = SecretMask.of(), logging.getLogRecordFactory()

    def know(self, secrets: frozenset[str]) -> None:
        if not secrets <= self._secrets:
            self._secrets |= secrets
            self._mask = SecretMask.of(*self._secrets)

    def record(self, *arguments: Any, **named: Any) -> logging.LogRecord:
        """A record of the factory before, cleaned."""
        record = self._make_record(*arguments, **named)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a call that cannot be formatted; logging says so itself
            return record
        masked = self._mask.mask(message)
        is_foreign = (record.name or "").partition(".")[0] in SPEAKERS_OF_FOREIGN_TEXT
        if is_foreign:
            masked = printable(masked, LINE_MAX_CHARS)
        if masked != message:
            record.msg, record.args = masked, None
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and (is_foreign or self._is_told_by(error)):
            self._mask.clean(error)
        return record

    def event(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """An event of structlog, cleaned: first of its processors."""
        for name, value in event.items():
            event[name] = self._mask_value(value)
        if event.get("exc_info") is True:
            self._mask_value(sys.exc_info()[1])
        return event

    def _mask_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._mask.mask(value)
        if isinstance(value, BaseException) and self._is_told_by(value):
            self._mask.clean(value)
        if value is None or isinstance(value, int | float | BaseException | logging.LogRecord | type | TracebackType):
            return value
        if type(value).__name__ == MESSAGE_OF_SECRETS:
            return MESSAGE_OF_SECRETS
        if isinstance(value, tuple):
            return tuple(self._mask_value(part) for part in value)
        return self._mask.mask(repr(value)) if self._mask.holds(repr(value)) else value

    def _is_told_by(self, error: BaseException) -> bool:
        return self._mask.holds("".join(traceback.format_exception(error)))


_GUARD = _Guard()


def guard_logs(secrets: Iterable[str]) -> None:
    """Hides these secrets in every record of this process from now on, and makes foreign text printable."""
    _GUARD.know(frozenset(secrets))
    logging.setLogRecordFactory(_GUARD.record)
    processors = structlog.get_config()["processors"]
    if isinstance(processors, list) and _GUARD.event not in processors:  # Airflow configures structlog anew at times
        processors.insert(0, _GUARD.event)
