"""One worker of the delivery API: its application with everything that it needs, made inside its own process."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sqlalchemy import URL

from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.access import AccessSource
from edye_delivery.delivery_api.answers import BodyCache
from edye_delivery.delivery_api.application import Application
from edye_delivery.delivery_api.call_log import CallLog
from edye_delivery.delivery_api.connection_limits import ConnectionLimits
from edye_delivery.delivery_api.cursors import CursorCodec
from edye_delivery.delivery_api.generations.chosen import ChosenCache
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.health import Health
from edye_delivery.delivery_api.ledger_tokens import LEDGER_ERRORS, LedgerTokens
from edye_delivery.delivery_api.media_sources import MediaRedirects
from edye_delivery.delivery_api.pages import PageReader
from edye_delivery.delivery_api.private_files import cursor_key
from edye_delivery.delivery_api.rate_limit import SharedCounters
from edye_delivery.delivery_api.service import Service
from edye_delivery.delivery_api.tokens import TokenFile

TOKENS = "tokens.json"
SWITCH_S = 0.0002
"""How long a call waits at most for another thread, each time that it has let go of the interpreter."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the workers of one server have in common.

    `root` is the folder with the generations, `counters` the file of `make_counters`, `country_header` the header in
    which a proxy tells the client's country, if one does, `signing_secret` what JW Player's signatures are made of.
    """

    root: Path
    annexes: Path
    ledger: URL
    spool: Path
    counters: Path
    clock: Clock
    limits: ConnectionLimits = ConnectionLimits()  # noqa: RUF009
    country_header: str | None = None
    signing_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WorkerFactory:
    """Makes the application of a worker; a value, so that it reaches the worker's process."""

    settings: WorkerSettings

    def __call__(self) -> Application:
        """The application; ConfigurationInvalid where the key of the cursors is broken."""
        settings = self.settings
        sys.setswitchinterval(SWITCH_S)
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
        access = AccessSource(
            LedgerTokens(settings.ledger, settings.clock.now).read,
            LEDGER_ERRORS,
            TokenFile(settings.root / TOKENS),
            settings.annexes,
        )
        store, chosen = FolderStore(settings.root), ChosenCache()

        @cache
        def partner_of(name: str) -> Partner:
            return Partner(store, name, settings.clock.monotonic, chosen)

        calls = CallLog(settings.spool, settings.clock)
        counters = SharedCounters(settings.counters)
        pages = PageReader(CursorCodec(cursor_key(settings.root)))
        redirects = MediaRedirects(settings.signing_secret, settings.clock)
        service = Service(lambda: access.access, partner_of, pages, counters, BodyCache(), redirects)
        health = Health(store, partner_of)

        def start() -> None:
            _end_with_parent()
            access.start()
            calls.start()

        def stop() -> None:
            access.stop()
            calls.stop()

        return Application(
            service,
            lambda: health.report(access.access.terms, settings.clock.now().timestamp()),
            calls,
            settings.clock,
            limits=settings.limits,
            country_header=settings.country_header,
            start=start,
            stop=stop,
        )


def _end_with_parent() -> None:
    """Ends this worker as SIGTERM does when the process that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
