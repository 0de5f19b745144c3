"""Reads the delivery API as a partner does (contracts/edye-delivery-api.yaml): lists by links or page, items, heads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.exposure_seen import SeenAnswer, SeenItem, SeenPage
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.catalog.window import rfc3339
from edye_delivery.clients.bounds import CallBounds, over
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.contract import defect_of
from edye_delivery.clients.delivery_api.items import moment, seen_item
from edye_delivery.clients.delivery_api.links import VisitedLinks, next_url
from edye_delivery.clients.http import HttpAnswer, bounds_of, exchange, is_transient_status, raise_for_transient_or_auth
from edye_delivery.clients.retry import retry
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, ListRefused
from edye_delivery.version import VERSION

Answer = TypeVar("Answer")
PATHS = {ListName.SHOWS: "/v1/shows", ListName.EPISODES: "/v1/episodes", ListName.ENTRIES: "/v1/feed"}
ITEM_PATHS = {ListName.SHOWS: "/v1/shows", ListName.EPISODES: "/v1/episodes", ListName.ENTRIES: "/v1/media"}
ITEM_KEYS = {ListName.SHOWS: "items", ListName.EPISODES: "items", ListName.ENTRIES: "playlist"}
SCHEMAS = {ListName.SHOWS: "Page", ListName.EPISODES: "Page", ListName.ENTRIES: "Feed"}
USER_AGENT = f"edye-delivery/{VERSION} (exposure check)"
PAGES_MAX, ITEMS_MAX = 20_000, 20_000_000
PAGE_ITEMS_MAX = 2_000
"""The most items that we accept in one page, whatever page size we asked for; the contract allows 1,000."""
PAGE_BYTES, ITEM_BYTES = 1024 * 1024, 16 * 1024
"""A page may have PAGE_BYTES, and ITEM_BYTES more for each item that we asked for; an item has some 2,000 bytes."""
REASON_MAX_CHARS = 300
NUMBER_MAX, HEADER_MAX_CHARS, CURSOR_MAX_CHARS = 2**53, 500, 512
LOCATION_MAX_CHARS, TOO_MANY_CALLS = 2000, 429
NO_TOKEN = ""
NO_QUERY: Mapping[str, str] = {}


class DeliveryApi:
    """The delivery API in the name of one user; the httpx client has the base URL and the user's token.

    Every call may be tried again by the policy, which also limits the wait that a 429 asks for. No call and no wait
    goes on after `ends_at_s` on the clock's monotonic time: TooSlow. `mask` hides the token.
    """

    def __init__(
        self,
        client: httpx.Client,
        retry_policy: RetryPolicy,
        clock: Clock,
        page_size: int,
        mask: SecretMask = NO_SECRETS,
        ends_at_s: float = math.inf,
    ) -> None:
        self._client, self._retry_policy, self._clock, self._page_size = client, retry_policy, clock, page_size
        self._mask, self._ends_at_s = mask, ends_at_s

    @property
    def is_https(self) -> bool:
        """Whether the API itself is called over https."""
        return self._client.base_url.scheme == "https"

    def walk(
        self, list_name: ListName, *, checkpoint: str = "", updated_since: datetime | None = None
    ) -> Iterator[SeenPage]:
        """The pages of a list by its links: the whole list, or what changed since a checkpoint or a moment.

        Transient where a page does not come, ListRefused or AuthRefused where it is refused (410: the checkpoint is too
        old), UrlRefused where a link leads elsewhere or back.
        """
        query = {"cursor": checkpoint} if checkpoint else {"page_size": str(self._page_size)}
        if updated_since is not None:
            query["updated_since"] = rfc3339(updated_since)
        page = self._page(list_name, PATHS[list_name], query)
        visited = VisitedLinks(self._what(PATHS[list_name]))
        for _ in range(PAGES_MAX):
            yield page
            if not page.next_url:
                return
            visited.add(page.next_url)
            page = self._page(list_name, page.next_url)
        raise AnswerMalformed(f"{self._what(PATHS[list_name])} does not end after {PAGES_MAX:,} pages")

    def page(self, list_name: ListName, number: int, page_size: int | None = None) -> SeenPage:
        """One page of a list by its number, from 1."""
        query = {"page": str(number), "page_size": str(page_size or self._page_size)}
        return self._page(list_name, PATHS[list_name], query)

    def probe(self, list_name: ListName) -> SeenPage:
        """The first page of a list; a longer list's last page is read too.

        The API limits how many whole lists a user may read at once, and a list counts until its last page was read.
        """
        page = self.page(list_name, 1)
        if page.total is not None and page.total > self._page_size:
            self.page(list_name, -(-min(page.total, ITEMS_MAX) // self._page_size))
        return page

    def item(self, list_name: ListName, item_id: str) -> tuple[SeenAnswer, SeenItem | None]:
        """The head of the answer to a call for one item, and the item where the status is 200."""
        path = item_path(list_name, item_id)
        what = self._what(path)

        def read() -> tuple[SeenAnswer, SeenItem | None]:
            answer = self._exchange(self._request(path), what)
            item = answer.json(what) if answer.status == 200 else None
            return _head(answer), None if item is None else seen_item(list_name, item)

        return self._retried(read)

    def ask(self, path: str, *, token: str | None = None, etag: str = "") -> SeenAnswer:
        """The head of the answer to one call; another token replaces ours, NO_TOKEN leaves it out.

        `path` may have a query, or be a page's whole address.
        """

        def read() -> SeenAnswer:
            request = self._request(path, {"If-None-Match": etag} if etag else {})
            if token is not None:
                request.headers.pop("Authorization", None)
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            return _head(self._exchange(request, self._what(path)))

        return self._retried(read)

    def is_at(self, base_url: str) -> bool:
        """Whether an address that begins with this one, without a path, is one of this API."""
        ours, asked = self._client.base_url, httpx.URL(base_url)
        return (ours.scheme, ours.host, ours.port) == (asked.scheme, asked.host, asked.port)

    def redirect(self, url: str) -> SeenAnswer:
        """The head of the answer to a call for a media file; only a 429 is tried again."""
        what = "the delivery API (a media file)"

        def read() -> SeenAnswer:
            answer = exchange(self._client, self._request(url), what, self._bounds, self._mask)
            if answer.status == TOO_MANY_CALLS:
                raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
            location: str = answer.headers.get("location", "")
            told = location if len(location) <= LOCATION_MAX_CHARS else ""
            return replace(_head(answer), location=told, cache_control=_header(answer, "cache-control"))

        return self._retried(read)

    def _page(self, list_name: ListName, url: str, query: Mapping[str, str] = NO_QUERY) -> SeenPage:
        what = self._what(url)

        def read() -> SeenPage:
            request = self._request(url, query=query)
            answer = self._exchange(request, what)
            raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
            return _read_page(list_name, answer, str(request.url), what)

        return self._retried(read)

    def _request(
        self, url: str, headers: Mapping[str, str] = NO_QUERY, query: Mapping[str, str] = NO_QUERY
    ) -> httpx.Request:
        named = {"User-Agent": USER_AGENT, **headers}
        return self._client.build_request("GET", url, params=dict(query) or None, headers=named)

    def _exchange(self, request: httpx.Request, what: str) -> HttpAnswer:
        """The answer to a request; Transient for a status that asks to come again."""
        answer = exchange(self._client, request, what, self._bounds, self._mask)
        if is_transient_status(answer.status):
            raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        return answer

    @property
    def _bounds(self) -> CallBounds:
        bounds = bounds_of(self._client, PAGE_BYTES + self._page_size * ITEM_BYTES)
        return replace(bounds, ends_at_s=self._ends_at_s)

    def _retried(self, call: Callable[[], Answer]) -> Answer:
        return retry(call, self._retry_policy, self._clock, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        if self._clock.monotonic() + seconds > self._ends_at_s:
            raise over("the delivery API")
        self._clock.sleep(seconds)

    def _what(self, url: str) -> str:
        return f"the delivery API ({printable(httpx.URL(url).path)})"


def item_path(list_name: ListName, item_id: str) -> str:
    """The path of one item; whatever its id is, it stays one part of the path."""
    return f"{ITEM_PATHS[list_name]}/{quote(item_id, safe='')}"


def _read_page(list_name: ListName, answer: HttpAnswer, url: str, what: str) -> SeenPage:
    etag = _header(answer, "etag")
    if answer.status == 204:
        return SeenPage(list_name, url, etag, is_empty=True)
    if answer.status != 200:
        reason = answer.mask.words(answer.content.decode("utf-8", "replace"), REASON_MAX_CHARS) or "no reason given"
        raise ListRefused(f"{what} answered {answer.status}: {reason}").with_answer(answer.status)
    body = answer.json(what)
    items = body.get(ITEM_KEYS[list_name]) if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise AnswerMalformed(f"{what} answered 200 without a list of items").with_answer(200)
    if len(items) > PAGE_ITEMS_MAX:
        raise AnswerMalformed(f"{what} answered 200 with {len(items):,} items in one page").with_answer(200)
    link = body.get("next")
    return SeenPage(
        list_name,
        url,
        etag,
        generation=_count(body.get("generation")),
        as_of=moment(body.get("as_of")),
        total=_count(body.get("total")),
        next_url=next_url(httpx.URL(url), link, what) if isinstance(link, str) else "",
        checkpoint=_checkpoint(body.get("checkpoint")),
        items=tuple(seen_item(list_name, item) for item in items),
        defect=defect_of(SCHEMAS[list_name], body),
    )


def _head(answer: HttpAnswer) -> SeenAnswer:
    return SeenAnswer(answer.status, len(answer.content), _header(answer, "etag"), _header(answer, "content-type"))


def _header(answer: HttpAnswer, name: str) -> str:
    value: str = answer.headers.get(name, "")
    return value if len(value) <= HEADER_MAX_CHARS else ""


def _checkpoint(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= CURSOR_MAX_CHARS else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= NUMBER_MAX else None
