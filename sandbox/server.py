"""The sandbox as one object: every service started, asked and stopped together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.admin_api import AdminApi
from sandbox.board import Board
from sandbox.catalogue import Catalogue, load_catalogue, stock
from sandbox.clock import Clock
from sandbox.connection import JournalledApp
from sandbox.edye_api import EdyeApi
from sandbox.faults import FaultPlan, parse_faults
from sandbox.ftp_poller import FtpPoller
from sandbox.ftp_server import FtpHost
from sandbox.hosting import Hosting, open_listener
from sandbox.ingests import IngestBook
from sandbox.journal import Journal
from sandbox.jw_catalogue import library_of, read_plan
from sandbox.jw_player import CALLS_A_MINUTE, JwPlayer
from sandbox.media_host import MediaHost
from sandbox.partner_api import PartnerApi
from sandbox.s3 import S3Host
from sandbox.store import Store

SERVICES = ("edye", "media", "partner", "admin", "jw")


class Sandbox:
    """Stand-ins for the EDYE API, its media host, JW Player, the partner, its FTP server and S3, for one state folder.

    `faults` is a list of JSON-like objects (see `sandbox.faults`); `catalogue` is `sample`, `generated:N`, the path of
    a YAML file, or a Catalogue. `media_dir` may be shared by many sandboxes. S3 starts when `s3_url` is first read.
    `free_if_taken`: a service whose port somebody else has takes a free one.
    `clock_offset_s` is how far the partner's clock is ahead of this machine's.
    `jw_calls_a_minute` 0 lifts JW Player's limit; with a `jw_signing_secret` it delivers to signed addresses only.
    FTP is plain, or FTPS (AUTH TLS required) with a certificate and its key.
    """

    def __init__(
        self,
        state_dir: Path | str,
        *,
        processing_s: float = 1.0,
        faults: Iterable[dict[str, Any]] = (),
        catalogue: str | Catalogue = "sample",
        media_dir: Path | str | None = None,
        host: str = "127.0.0.1",
        public_host: str | None = None,
        ports: dict[str, int] | None = None,
        free_if_taken: bool = False,
        ignore_idempotency: bool = False,
        keep_files: bool = False,
        ftp_certificate_file: Path | None = None,
        ftp_key_file: Path | None = None,
        clock_offset_s: float = 0.0,
        jw_calls_a_minute: int = CALLS_A_MINUTE,
        jw_signing_secret: str = "",
    ) -> None:
        self.state_dir = Path(state_dir)
        self.media_dir = Path(media_dir) if media_dir else self.state_dir / "media"
        self._host, self._ports, self._free_if_taken = host, ports or {}, free_if_taken
        self._public_host = public_host or ("127.0.0.1" if host == "0.0.0.0" else host)  # noqa: S104 - compared, not bound
        self._processing_s = processing_s
        self._ignore_idempotency, self._keep_files = ignore_idempotency, keep_files
        self._ftp_certificate_file, self._ftp_key_file = ftp_certificate_file, ftp_key_file
        self._clock = Clock(clock_offset_s)
        self._plan = FaultPlan(parse_faults(list(faults)))
        self._catalogue = load_catalogue(catalogue)
        self._jw_plan = read_plan() if catalogue == "sample" else {}
        self._jw_calls_a_minute, self._jw_signing_secret = jw_calls_a_minute, jw_signing_secret
        self._s3 = S3Host()
        self._s3_lock = threading.Lock()
        self._urls: dict[str, str] = {}

    def start(self) -> Self:
        """Make missing media and return once every service but S3 answers."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        listeners = self._open_listeners()
        try:
            stocked = stock(self._catalogue, self.media_dir)
        except BaseException:
            for listener in listeners.values():
                listener.close()
            raise
        self._store = Store(self.state_dir / "partner.sqlite")
        self._journal = Journal(self._store)
        self._book = IngestBook(
            self._store,
            self.state_dir,
            processing_s=self._processing_s,
            ignore_idempotency=self._ignore_idempotency,
            keep_files=self._keep_files,
            clock=self._clock.now,
        )
        self._board = Board(self.media_url)
        self._board.replace(stocked.shows, stocked.episodes)
        self.jw = self._jw_player()
        apps = {
            "jw": self.jw.app(),
            "edye": EdyeApi(self._board).app(),
            "media": MediaHost(stocked.files).app(),
            "partner": PartnerApi(self._book, self._clock).app(),
        }
        journalled = {name: JournalledApp(name, app, self._journal, self._plan) for name, app in apps.items()}
        self._start_ftp(listeners["ftp"])
        admin = AdminApi(
            self._journal, self._plan, self._book, self._board, self._ftp_poller, self._clock, self.jw
        ).app()
        self._hosting = Hosting({**journalled, "admin": admin}, listeners)
        self._hosting.start()
        return self

    def _jw_player(self) -> JwPlayer:
        """JW Player with the media of the catalogue as it is at the start."""
        items = [*self._board.listing("shows"), *self._board.listing("episodes")]
        return JwPlayer(
            library_of(items, self._jw_plan),
            self.jw_url,
            calls_a_minute=self._jw_calls_a_minute,
            signing_secret=self._jw_signing_secret,
        )

    def _start_ftp(self, listener: socket.socket) -> None:
        self._ftp_poller = FtpPoller(
            self.ftp_root,
            self.state_dir,
            self._store,
            self._plan,
            processing_s=self._processing_s,
            keep_files=self._keep_files,
            clock=self._clock.now,
        )
        self._ftp = FtpHost(
            self.ftp_root,
            self._journal,
            self._plan,
            host=self._host,
            public_host=self._public_host,
            certificate_file=self._ftp_certificate_file,
            key_file=self._ftp_key_file,
        )
        self._ftp_port = self._ftp.start(listener)
        self._ftp_poller.start()

    def stop(self) -> None:
        """Stop every service; what the partner took stays in the state folder."""
        stopping = threading.Thread(target=self._s3.stop, name="sandbox-s3-stop")
        stopping.start()
        self._ftp.stop()
        self._ftp_poller.stop()
        self._hosting.stop()
        stopping.join()
        self._book.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _open_listeners(self) -> dict[str, socket.socket]:
        listeners: dict[str, socket.socket] = {}
        try:
            for name in (*SERVICES, "ftp"):
                listeners[name] = self._open_listener(name)
        except OSError:
            for listener in listeners.values():
                listener.close()
            raise
        return listeners

    def _open_listener(self, name: str) -> socket.socket:
        listener = open_listener(name, self._host, self._ports.get(name, 0), free_if_taken=self._free_if_taken)
        scheme = "ftp" if name == "ftp" else "http"
        self._urls[name] = f"{scheme}://{self._public_host}:{listener.getsockname()[1]}"
        return listener

    @property
    def edye_url(self) -> str:
        """Base URL of the EDYE API."""
        return self._urls["edye"]

    @property
    def media_url(self) -> str:
        """Base URL of the media host."""
        return self._urls["media"]

    @property
    def partner_url(self) -> str:
        """Base URL of the partner's API."""
        return self._urls["partner"]

    @property
    def jw_url(self) -> str:
        """Base URL of JW Player: of its Management API and of its Delivery API."""
        return self._urls["jw"]

    @property
    def admin_url(self) -> str:
        """Base URL of the admin service."""
        return self._urls["admin"]

    @property
    def s3_url(self) -> str:
        """Base URL of S3, which starts now if it did not run yet."""
        with self._s3_lock:
            if "s3" not in self._urls:
                self._s3.start(self._open_listener("s3"))
        return self._urls["s3"]

    @property
    def ftp_url(self) -> str:
        """Base URL of the partner's FTP server, without its login."""
        return self._urls["ftp"]

    @property
    def ftp_port(self) -> int:
        """Port of the partner's FTP server."""
        return self._ftp_port

    @property
    def ftp_root(self) -> Path:
        """The FTP server's root folder on disk."""
        return self.state_dir / "ftp"

    def journal(
        self, service: str | None = None, external_id: str | None = None, operation: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the calls that fit, oldest first."""
        return self._journal.entries(service=service, external_id=external_id, operation=operation)

    def plan(self, faults: Iterable[dict[str, Any]]) -> None:
        """Put these faults in the place of all others."""
        self._plan.replace(parse_faults(list(faults)))

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force, with how many calls each saw and hit."""
        return self._plan.listing()

    def clear_faults(self) -> None:
        """Let everything go well again."""
        self._plan.replace([])

    def reset(self) -> None:
        """Forget what the partner took and the journal, and empty the FTP folders; faults and catalogue stay."""
        self._book.clear()
        self._ftp_poller.clear()
        self._journal.clear()

    def contents(self) -> list[dict[str, Any]]:
        """Return what the partner took, oldest first."""
        return self._book.contents()

    def withdrawals(self) -> dict[str, str | None]:
        """Return the titles that the partner was told to take down, each with its end date."""
        return self._book.withdrawals()

    def ftp_contents(self) -> list[dict[str, Any]]:
        """Return what the partner picked up from its FTP server, oldest first."""
        return self._ftp_poller.contents()

    def catalogue(self) -> dict[str, list[dict[str, Any]]]:
        """Return the served items as {"shows": [...], "episodes": [...]}."""
        return {key: list(self._board.listing(key)) for key in ("shows", "episodes")}

    def patch_item(self, item_id: str, **changes: Any) -> dict[str, Any]:
        """Merge fields into one served item and return it."""
        merged = self._board.merge(item_id, changes)
        if merged is None:
            raise KeyError(item_id)
        return merged
