"""A partner that pulls: reads the delivery API by include/contracts/edye-delivery-api.yaml, well behaved or badly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from sandbox.pulled_items import PulledItems

LISTS = {"shows": "items", "episodes": "items", "feed": "playlist"}
_BODY_MAX_BYTES = 64 * 1024 * 1024
_PAGES_MAX = 100_000
_TRIES_MAX = 20
_SERVER_PAUSE_S = 0.2
Query = dict[str, str]


class Manner(StrEnum):
    """How the partner reads."""

    FULL = "full"
    INCREMENTAL = "incremental"
    SINCE = "since"
    OLD_CHECKPOINT = "old-checkpoint"
    RUDE = "rude"
    WRONG_TOKEN = "wrong-token"
    URL_TOKEN = "url-token"


class PullFailed(Exception):
    """The API did not give what the partner asked for; the text says what it answered."""


@dataclass
class Page:
    """One answer: its status, and of 200 the page."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    call: int = 0
    etag: str = ""


@dataclass
class PullingPartner:
    """Keeps its copy of the lists in `state_dir`; `tries` calls that were answered with 429 or 5xx are made again."""

    url: str
    token: str
    state_dir: Path
    page_size: int = 100
    timeout_s: float = 10.0
    retry_after_max_s: float = 60.0
    tries: int = 5
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self.kept = PulledItems(self.state_dir)
        self._web = httpx.Client(timeout=self.timeout_s, trust_env=False, follow_redirects=False)
        self._is_rude, self._is_strange, self._sync = False, False, 0

    def close(self) -> None:
        """Close connections and file."""
        self._web.close()
        self.kept.close()

    def read(self, name: str, manner: Manner = Manner.INCREMENTAL) -> dict[str, Any]:
        """Read one list once in this manner; return what came of it. PullFailed where the API refuses."""
        self._sync, self._is_rude = self.kept.begin_sync(), manner is Manner.RUDE
        self._is_strange = manner in (Manner.WRONG_TOKEN, Manner.URL_TOKEN)
        newest = self.kept.checkpoint(name, oldest=manner is Manner.OLD_CHECKPOINT)
        if manner is Manner.RUDE:
            return self._full(name, self._numbered(name))
        if manner is Manner.WRONG_TOKEN:
            return self._single(name, {"Authorization": "Bearer a-token-of-nobody"}, {})
        if manner is Manner.URL_TOKEN:
            return self._single(name, {}, {"access_token": self.token})
        if manner is Manner.FULL or newest is None:
            return self._full(name, self._linked(name, {"page_size": str(self.page_size)}))
        checkpoint, as_of = newest
        since = {"updated_since": as_of, "page_size": str(self.page_size)}
        delta = self._delta(name, since if manner is Manner.SINCE else {"cursor": checkpoint})
        if delta is not None:
            return delta
        self.kept.forget_checkpoint(checkpoint)
        return {**self._full(name, self._linked(name, {"page_size": str(self.page_size)})), "expired": True}

    def _full(self, name: str, pages: Iterator[Page]) -> dict[str, Any]:
        """Read the whole list; what it did not have is dropped at its end, not before."""
        known: set[str] = set()
        last_key, total, result = ("", ""), None, self._empty()
        for page in pages:
            total = page.body.get("total", total)
            for item in page.items:
                key = (str(item.get("updated_at", "")), str(item["id"]))
                if "deleted" in item:
                    self._complain(name, f"the full list has the tombstone {key[1]}")
                if key[1] in known and not self._is_rude:
                    self._complain(name, f"{key[1]} is twice in one walk")
                if key <= last_key and not self._is_rude:
                    self._complain(name, f"{key[1]} is not in the order (updated_at, id)")
                known.add(key[1])
                last_key = key
            self._keep(name, page, result)
        if total is not None and total != len(known) and not self._is_rude:
            self._complain(name, f"total is {total}, the walk had {len(known)} items")
        self.kept.drop_others(self._sync, name)
        return result

    def _delta(self, name: str, query: Query) -> dict[str, Any] | None:
        """Read what changed; None where the checkpoint is too old (410).

        The first answer's ETag is kept at the end: a partner that ends before has to get the same answer again.
        """
        result, etag = self._empty(), ""
        for page in self._linked(name, query, use_etag=True):
            if page.status == 410:
                return None
            if page.status == 304:
                return result | {"unchanged": True}
            etag = etag or page.etag
            self._keep(name, page, result)
        self.kept.keep_etag(name, urlencode(query), etag)
        return result

    def _single(self, name: str, headers: Query, query: Query) -> dict[str, Any]:
        page = self._call(name, f"{self.url}/v1/{name}", query, headers)
        return self._empty() | {"status": page.status, "items": len(page.items)}

    def _linked(self, name: str, query: Query, *, use_etag: bool = False) -> Iterator[Page]:
        """Follow the links of a list, on the same host and path only."""
        address, known = f"{self.url}/v1/{name}", set[str]()
        for number in range(_PAGES_MAX):
            asked = urlencode(query)
            etag = self.kept.etag(name, asked) if use_etag and number == 0 else ""
            page = self._call(name, address, query, {"If-None-Match": etag} if etag else {})
            yield page
            following = page.body.get("next")
            if not following:
                return
            target = urljoin(address, str(following))
            if urlsplit(target)[:3] != urlsplit(f"{self.url}/v1/{name}")[:3] or target in known:
                raise PullFailed(f"{name}: next leads elsewhere or back, to {target[:200]}")
            known.add(target)
            address, query = target, {}
        raise PullFailed(f"{name}: no end after {_PAGES_MAX} pages")

    def _numbered(self, name: str) -> Iterator[Page]:
        """Every page by its number, up to the first without items, as if nothing was ever read before."""
        for number in range(1, _PAGES_MAX):
            query = {"page": str(number), "page_size": str(self.page_size)}
            page = self._call(name, f"{self.url}/v1/{name}", query)
            yield page
            if len(page.items) < self.page_size and not page.body.get("next"):
                return

    def _call(self, name: str, address: str, query: Query, headers: Query | None = None) -> Page:
        """One call, made again after 429 and 5xx; PullFailed where that does not help, or for another refusal."""
        sent = {"Authorization": f"Bearer {self.token}", "User-Agent": "sandbox-pulling-partner", **(headers or {})}
        if "access_token" in query:
            del sent["Authorization"]
        for attempt in range(min(self.tries, _TRIES_MAX)):
            page, head = self._exchange(name, address, query, sent)
            if page.status not in (429, 500, 502, 503, 504):
                break
            if attempt + 1 < self.tries:
                self._wait(name, page.status, head.get("retry-after", ""))
        expected = (200, 204, 304, 410) if "cursor" in query or "updated_since" in query else (200, 204)
        if page.status in (400, 401, 403) and self._is_strange:
            return page
        if page.status not in expected:
            raise PullFailed(f"{name}: the API answered {page.status}: {str(page.body.get('title', ''))[:200]}")
        return page

    def _exchange(self, name: str, address: str, query: Query, headers: Query) -> tuple[Page, httpx.Headers]:
        body = bytearray()
        try:
            with self._web.stream("GET", address, params=query or None, headers=headers) as answer:
                for block in answer.iter_bytes():
                    body += block
                    if len(body) > _BODY_MAX_BYTES:
                        raise PullFailed(f"{name}: an answer is larger than {_BODY_MAX_BYTES} bytes")
                read = _read(name, answer, bytes(body))
        except httpx.HTTPError as exc:
            self.kept.note_call(self._sync, name, _shown(address, query), 0, {}, len(body))
            raise PullFailed(f"{name}: the call failed: {type(exc).__name__}") from exc
        items = read.get(LISTS[name], []) if answer.status_code == 200 else []
        facts = {"generation": read.get("generation"), "count": len(items)}
        facts["request_id"] = answer.headers.get("x-request-id")
        shown = _shown(address, query)
        call = self.kept.note_call(self._sync, name, shown, answer.status_code, facts, len(body))
        etag = answer.headers.get("etag", "")
        return Page(answer.status_code, read, items, call, etag), answer.headers

    def _wait(self, name: str, status: int, retry_after: str) -> None:
        asked_s = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else math.nan
        if status == 429 and math.isnan(asked_s):
            self._complain(name, "429 without Retry-After in seconds")
        if self._is_rude:
            return
        if asked_s > self.retry_after_max_s:
            raise PullFailed(f"{name}: {status} asks to wait {asked_s:.0f} s, more than {self.retry_after_max_s:.0f} s")
        self.sleep(_SERVER_PAUSE_S if math.isnan(asked_s) else asked_s)

    def _keep(self, name: str, page: Page, result: dict[str, Any]) -> None:
        self.kept.keep_page(self._sync, page.call, name, page.items)
        deleted = sum("deleted" in item for item in page.items)
        result["items"] += len(page.items) - deleted
        result["deleted"] += deleted
        result["generation"] = page.body.get("generation", result["generation"])
        if checkpoint := page.body.get("checkpoint"):
            as_of = str(page.body.get("as_of", ""))
            self.kept.keep_checkpoint(name, str(checkpoint), page.body.get("generation"), as_of)

    def _complain(self, name: str, problem: str) -> None:
        self.kept.note_problem(self._sync, name, problem)

    def _empty(self) -> dict[str, Any]:
        return {"sync": self._sync, "items": 0, "deleted": 0, "generation": None}


def _read(name: str, answer: httpx.Response, body: bytes) -> dict[str, Any]:
    if answer.status_code in (204, 304) or not body:
        return {}
    try:
        read = httpx.Response(200, content=body).json()
    except ValueError as exc:
        if answer.status_code != 200:
            return {}
        raise PullFailed(f"{name}: the API answered {answer.status_code} with no JSON") from exc
    items = read.get(LISTS[name], []) if isinstance(read, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and "id" in item for item in items):
        raise PullFailed(f"{name}: the API answered {answer.status_code} with no page")
    return dict(read)


def _shown(address: str, query: Query) -> str:
    """The query as it is kept: without a token."""
    known = {key: value for key, value in query.items() if key != "access_token"}
    return urlencode(known) or urlsplit(address).query
