"""The workers of the delivery API: started, replaced where they end by themselves, stopped once they have answered.

They answer, and this process, which has nothing else to do, writes their log to the ledger.
"""

from __future__ import annotations

import logging
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL
from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Multiprocess

from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_log_writer import CallLogWriter
from edye_delivery.delivery_api.connection_limits import ConnectionLimits
from edye_delivery.delivery_api.connections import LimitedProtocol
from edye_delivery.delivery_api.private_files import cursor_key
from edye_delivery.delivery_api.rate_limit import make_counters
from edye_delivery.delivery_api.worker import WorkerFactory, WorkerSettings
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.ledger.api_call_writer import LedgerCalls

BACKLOG = 2048
START_MAX_S = 60
OPEN_FILES_BESIDE = 512
"""How many files a worker has open besides its connections: segments of generations, two each, its spool, its log."""
STOP_MAX_S = 15
"""How long a worker that is told to stop has to finish its answers."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens, from what it serves, and with how many workers."""

    root: Path
    annexes: Path
    ledger: URL
    spool: Path
    host: str
    port: int
    workers: int
    limits: ConnectionLimits = ConnectionLimits()  # noqa: RUF009
    country_header: str | None = None
    signing_secret: str = field(default="", repr=False)


def serve(settings: ServerSettings, clock: Clock, tell: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; `tell` gets the address once all workers serve, and each replaced worker.

    ConfigurationInvalid where the folder cannot be used, the port is taken, or no worker can start.
    """
    _raise_open_files(settings.limits.connections)
    try:
        settings.root.mkdir(parents=True, exist_ok=True)
        cursor_key(settings.root)
    except OSError as error:
        raise ConfigurationInvalid(f"the folder {settings.root} cannot be used: {error.strerror or error}") from error
    with tempfile.TemporaryDirectory(prefix="edye-delivery-api-") as folder:
        counters = Path(folder) / "counters"
        make_counters(counters)
        worker = WorkerSettings(
            settings.root,
            settings.annexes,
            settings.ledger,
            settings.spool,
            counters,
            clock,
            settings.limits,
            settings.country_header,
            settings.signing_secret,
        )
        config = _config(settings, WorkerFactory(worker))
        try:
            listener = config.bind_socket()
        except SystemExit:
            where = f"{settings.host}:{settings.port}"
            raise ConfigurationInvalid(f"the address {where} cannot be used: is another program there?") from None
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        with listener, _call_log_written(settings, clock):
            workers = Workers(config, [listener], address, tell)
            workers.run()
        if workers.is_failed:
            raise ConfigurationInvalid("no worker could start; the lines above say why")


def _raise_open_files(connections: int) -> None:
    """Lets this process and its workers open as many files as they may; a warning where those are too few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # where the system has a bound of its own, the soft limit stays as it is
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    may, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + OPEN_FILES_BESIDE
    if may != resource.RLIM_INFINITY and may < needed:
        log.warning(
            "a worker may open %s files, too few for %s connections: raise the hard limit of open files (ulimit -Hn) "
            "to %s or more, or give fewer --connections",
            may,
            connections,
            needed,
        )


@contextmanager
def _call_log_written(settings: ServerSettings, clock: Clock) -> Iterator[None]:
    """Writes the workers' log to the ledger until they have ended."""
    calls = LedgerCalls(settings.ledger, clock.now)
    writer = CallLogWriter(settings.spool, calls.write, clock)
    writer.start()
    try:
        yield
    finally:
        writer.stop()
        calls.close()


def _config(settings: ServerSettings, factory: WorkerFactory) -> Config:
    return Config(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=LimitedProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=int(settings.limits.idle_s),
        timeout_graceful_shutdown=STOP_MAX_S,
        timeout_worker_healthcheck=START_MAX_S,
    )


class Workers(Multiprocess):
    """The processes that serve one address."""

    def __init__(self, config: Config, sockets: list, address: str, tell: Callable[[str], None]) -> None:  # type: ignore[type-arg]
        super().__init__(config, sockets)
        self._address, self._tell = address, tell
        self.is_failed = False

    def init_processes(self) -> None:
        """Starts all, and tells the address when they serve."""
        super().init_processes()
        if all(process.wait_until_ready(START_MAX_S, self.should_exit) for process in self.processes):
            self._tell(self._address)

    def keep_subprocess_alive(self) -> None:
        """Replaces a worker that has ended or does not answer, and tells it.

        Ctrl-C and a service manager tell all processes to end: workers that have ended by then have not failed.
        """
        if self.should_exit.is_set():
            return
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for process in self.processes:
            if process.pid not in before:
                self._tell(f"a worker ended by itself; {process.pid} is in its place")
        self.is_failed = self.should_exit.is_set()
