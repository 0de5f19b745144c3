"""Logs of this process: known secrets hidden, foreign text printable, whoever speaks and at whatever level.

Libraries print headers, addresses and answers at DEBUG, some of them at INFO and WARNING. Every record of Python's
logging is cleaned where it is made, so no handler, formatter or level of Airflow lets one pass.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from typing import Any

from edye_delivery.catalog.printable import printable
from edye_delivery.clients.secret_mask import SecretMask

LINE_MAX_CHARS = 8000
SPEAKERS_OF_FOREIGN_TEXT = frozenset(
    {"edye_delivery", "apprise", "aiobotocore", "asyncio", "boto3", "botocore", "elastic_transport", "elasticsearch",
     "fsspec", "h11", "httpcore", "httpx", "PIL", "requests", "s3fs", "s3transfer", "urllib3"}
)  # fmt: skip


class _Guard:
    """The one guard of the process: what it knows only grows, as connections are opened."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._mask, self._make_record = SecretMask.of(), logging.getLogRecordFactory()

    def know(self, secrets: frozenset[str]) -> None:
        if not secrets <= self._secrets:
            self._secrets |= secrets
            self._mask = SecretMask.of(*self._secrets)

    def record(self, *arguments: Any, **named: Any) -> logging.LogRecord:
        """A record as the factory before would make it, cleaned."""
        record = self._make_record(*arguments, **named)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a call that cannot be formatted; logging says so itself
            return record
        masked = self._mask.mask(message)
        is_foreign = record.name.partition(".")[0] in SPEAKERS_OF_FOREIGN_TEXT
        if is_foreign:
            masked = printable(masked, LINE_MAX_CHARS)
        if masked != message:
            record.msg, record.args = masked, None
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and (is_foreign or self._mask.holds("".join(traceback.format_exception(error)))):
            self._mask.clean(error)
        return record


_GUARD = _Guard()


def guard_logs(secrets: Iterable[str]) -> None:
    """From now on no record of this process repeats these secrets, and foreign text in it is printable."""
    _GUARD.know(frozenset(secrets))
    logging.setLogRecordFactory(_GUARD.record)
