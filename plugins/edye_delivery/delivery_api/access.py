"""Who may call what: the tokens of the ledger and the users of the annexes, as they are now, without asking either."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.load import read_annexes
from edye_delivery.annex.model import PULL_SUFFIX
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.printable import printable
from edye_delivery.delivery_api.endpoints import PERMISSIONS
from edye_delivery.delivery_api.problems import Problem, ProblemType
from edye_delivery.delivery_api.tokens import Identity, TokenFile, TokenSet

REFRESH_S = 2.0
"""How long a revocation takes to be in force, at most, while the ledger answers."""
FIRST_WAIT_S = 3.0
Headers = tuple[tuple[bytes, bytes], ...]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the annex of one partner says, with the headers that every answer to it has.

    `partner` is the name under which its generations, calls and counts are kept.
    """

    partner: str
    channel: PullChannel
    headers: Headers
    policy: bytes
    identities: Mapping[str, Identity]


def terms_of(partner: str, channel: PullChannel) -> Terms:
    """The terms of a pull channel (RFC 9745, RFC 8594, draft-ietf-httpapi-ratelimit-headers-11)."""
    headers = []
    if channel.deprecated_at is not None:
        headers.append((b"deprecation", f"@{int(channel.deprecated_at.timestamp())}".encode()))
    if channel.sunset_at is not None:
        headers.append((b"sunset", _http_date(channel.sunset_at)))
    limit = channel.rate_limit
    policy = f'"partner";q={limit.calls};w={limit.window_s}'.encode()
    return Terms(partner, channel, tuple(headers), policy, {user: Identity(partner, user) for user in channel.users})


def _http_date(moment: datetime) -> bytes:
    return format_datetime(moment.astimezone(UTC), usegmt=True).encode()


@dataclass(frozen=True, slots=True)
class Access:
    """Tokens and terms as they were at one moment."""

    tokens: TokenSet
    terms: Mapping[str, Terms]

    def caller(self, authorization: list[bytes], now_s: float) -> Identity:
        """Who sent these headers Authorization, under the partner's own name; Problem (401) where nobody did."""
        who = self.tokens.identity(authorization, now_s)
        terms = self.terms.get(who.partner)
        return who if terms is None else terms.identities.get(who.user) or Identity(terms.partner, who.user)

    def permitted(self, who: Identity, endpoint: Endpoint) -> Terms:
        """The partner's terms; Problem (403) where its annex does not let the user call the endpoint."""
        terms = self.terms.get(who.partner)
        user = terms.channel.users.get(who.user) if terms else None
        if terms is None or user is None or PERMISSIONS.get(endpoint) not in user.endpoints:
            raise Problem(ProblemType.NOT_PERMITTED, "your user may not call this endpoint; ask EDYE for it")
        return terms


class AccessSource:
    """Keeps an `Access` up to date from the ledger and a folder of annexes, in a thread of its own.

    `read_tokens` returns the valid tokens, or raises one of `errors`; then the last known ones stay in force. They are
    also in a file, for a start without the ledger. An annex that is not valid any more leaves its last terms in force.
    """

    def __init__(
        self,
        read_tokens: Callable[[], TokenSet],
        errors: tuple[type[Exception], ...],
        file: TokenFile,
        annexes: Path,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._read_tokens, self._errors, self._file = read_tokens, errors, file
        self._annexes, self._refresh_s = annexes, refresh_s
        self._stopping, self._refreshed = threading.Event(), threading.Event()
        self._is_away = False
        self._seen: object = None
        self.access = Access(file.read(), {})
        self._refresh_terms()

    def start(self) -> None:
        """Begins to refresh; waits for the first answer of the ledger, three seconds at most."""
        threading.Thread(target=self._run, name="access", daemon=True).start()
        self._refreshed.wait(FIRST_WAIT_S)

    def stop(self) -> None:
        """Ends the thread at its next turn."""
        self._stopping.set()

    def refresh(self) -> None:
        """Asks the ledger and looks at the annexes, once."""
        self._refresh_tokens()
        self._refresh_terms()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.refresh()
            self._refreshed.set()
            self._stopping.wait(self._refresh_s)

    def _refresh_tokens(self) -> None:
        try:
            tokens = self._read_tokens()
        except self._errors as error:
            if not self._is_away:
                shown = printable(str(error).partition("\n")[0])
                log.warning("the ledger does not say which tokens are valid, so the last known ones are: %s", shown)
            self._is_away = True
            return
        if self._is_away:
            log.warning("the ledger says again which tokens are valid")
            self._is_away = False
        if tokens != self.access.tokens:
            self.access = Access(tokens, self.access.terms)
        if tokens != self._file.last:
            self._file.write(tokens)

    def _refresh_terms(self) -> None:
        found = self._stamp()
        if found == self._seen:
            return
        folder = read_annexes(self._annexes)
        terms: dict[str, Terms] = {}
        for name, annex in folder.annexes.items():
            if annex.pull is not None:  # the ledger has another name where titles are sent too; a token may have either
                terms[name] = terms[pull_annex_of(annex).partner] = terms_of(name, annex.pull)
        is_unreadable = str(self._annexes) in folder.refused
        refused = {Path(name).stem for name in folder.refused}
        refused |= {f"{name}{PULL_SUFFIX}" for name in refused}
        terms |= {name: old for name, old in self.access.terms.items() if is_unreadable or name in refused}
        if folder.refused:
            log.warning("an annex is not valid, so its last valid state stays in force: %s", folder.complaint)
        self.access = Access(self.access.tokens, terms)
        self._seen = found

    def _stamp(self) -> object:
        """What changes when a file of the folder does."""
        try:
            return sorted((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in self._annexes.iterdir())
        except OSError as error:
            return str(error)
