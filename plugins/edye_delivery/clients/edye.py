"""The EDYE content API (contracts/edye-api.yaml): reads every item of a window, none missing, none twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.window import Window, rfc3339
from edye_delivery.clients.catalogue_items import Items, ListBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.http import HttpAnswer, bounds_of, exchange, raise_for_transient_or_auth
from edye_delivery.clients.retry import retry
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, CatalogueRefused, Transient

SWEEPS_MAX = 5
PAGES_MAX = 20_000
PAGE_ITEMS_MAX = 2_000
"""The most items that we accept in one page, whatever page size we asked for; the contract allows 1,000."""
PAGE_BYTES, ITEM_BYTES = 1024 * 1024, 16 * 1024
"""A page may have PAGE_BYTES, and ITEM_BYTES more for each item that we asked for; an item has some 3,000 bytes."""
REASON_MAX_CHARS = 300
NO_FILTERS: Mapping[str, str] = {}
USUAL_BOUNDS = ListBounds(items_max=200_000, bytes_max=1_000_000_000)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its items, the number of items in the whole list, the number of items in a full page."""

    items: list[Any]
    total: int
    page_size: int


class EdyeApi:
    """Reads the Show List and the Episode List for one partner; the httpx client has the base URL and the token.

    `mask` hides the token.
    """

    def __init__(
        self,
        client: httpx.Client,
        retry_policy: RetryPolicy,
        clock: Clock,
        page_size: int,
        mask: SecretMask = NO_SECRETS,
        bounds: ListBounds = USUAL_BOUNDS,
    ) -> None:
        self._client, self._retry_policy, self._clock, self._page_size = client, retry_policy, clock, page_size
        self._mask, self._bounds = mask, bounds

    def shows(self, window: Window | None) -> Items:
        """All shows changed in the window (None: the whole list), the latest version of each, once."""
        return self._items_of("/v1/shows", window)

    def episodes(self, window: Window | None) -> Items:
        """All episodes changed in the window (None: the whole list), the latest version of each, once."""
        return self._items_of("/v1/episodes", window)

    def episodes_of(self, show_id: str) -> Items:
        """All episodes of one series, whenever they changed."""
        return self._items_of("/v1/episodes", None, {"show_id": show_id})

    def _items_of(self, path: str, window: Window | None, filters: Mapping[str, str] = NO_FILTERS) -> Items:
        """Reads the list again and again, until as many items have been read as the list says it has.

        The first sweep asks for each page from the last moment read, not by a growing page number. So no item is
        skipped when another one leaves the window between two pages. Further sweeps go by page number, because the list
        may not be sorted. An item that is read twice counts once, in its latest version. Pages are written to disk as
        they arrive; CatalogueTooLarge where the list is larger than its bounds.
        """
        items = Items(f"the EDYE API's list {path} {_span(window)}", self._bounds)
        for sweep in range(SWEEPS_MAX):
            items.begin_sweep()
            total = self._sweep(path, window, filters, items, by_moment=sweep == 0)
            if len(items) >= total:
                return items
        raise Transient(
            f"the EDYE API's list {path} says it holds {total} items, {len(items)} came in {SWEEPS_MAX} sweeps: "
            "it changes faster than it can be read; run again when the import there has ended"
        )

    def _sweep(
        self, path: str, window: Window | None, filters: Mapping[str, str], items: Items, *, by_moment: bool
    ) -> int:
        cursor = rfc3339(window.start_at) if window else None
        page, total = 1, None
        for _ in range(PAGES_MAX):
            answer = self._page(path, window, filters, cursor, page)
            if answer is None:
                return total or 0
            if total is None:
                total = answer.total
                items.refuse_more_than_bound(total)
            items.keep(answer.items)
            if page * answer.page_size >= answer.total or not answer.items:
                return total
            latest = _latest(answer.items) if by_moment else None
            if latest is not None and latest != cursor:
                cursor, page = latest, 1
            else:
                page += 1
        raise AnswerMalformed(f"the EDYE API's list {path} does not end after {PAGES_MAX} pages")

    def _page(
        self, path: str, window: Window | None, filters: Mapping[str, str], cursor: str | None, page: int
    ) -> Page | None:
        query = {**filters, "page": str(page), "page_size": str(self._page_size)}
        if cursor is not None:
            query["updated_since"] = cursor
        if window is not None:
            query["updated_before"] = rfc3339(window.end_at)
        return retry(lambda: self._fetch_page(path, query), self._retry_policy, self._clock)

    def _fetch_page(self, path: str, query: dict[str, str]) -> Page | None:
        what = f"the EDYE API ({path}, page {query['page']})"
        request = self._client.build_request("GET", path, params=query)
        bounds = bounds_of(self._client, PAGE_BYTES + self._page_size * ITEM_BYTES)
        answer = exchange(self._client, request, what, bounds, self._mask)
        raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        if answer.status == 204:
            return None
        if answer.status != 200:
            raise CatalogueRefused(f"{what} answered {answer.status}: {_reason(answer)}; {_advice(answer.status)}")
        body = answer.json(what)
        if not isinstance(body, dict) or not isinstance(body.get("items"), list):
            raise AnswerMalformed(f"{what} answered 200 without a list of items")
        items: list[Any] = body["items"]
        if len(items) > PAGE_ITEMS_MAX:
            raise AnswerMalformed(f"{what} answered 200 with {len(items):,} items, {self._page_size} were asked for")
        return Page(items, _count(body.get("total"), len(items)), _count(body.get("page_size"), self._page_size))


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise


def _span(window: Window | None) -> str:
    return f"from {rfc3339(window.start_at)} to {rfc3339(window.end_at)}" if window else "as a whole"


def _latest(items: list[Any]) -> str | None:
    moments = [item.get("updated_at") for item in items if isinstance(item, dict)]
    readable = [(at, text) for text in moments if isinstance(text, str) and (at := _moment(text)) is not None]
    return rfc3339(max(readable)[0]) if readable else None


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # no moment, or one that is outside the calendar in UTC
        return None


def _reason(answer: HttpAnswer) -> str:
    return answer.mask.words(answer.content.decode("utf-8", "replace"), REASON_MAX_CHARS) or "no reason given"


def _advice(status: int) -> str:
    if status == 404:
        return "the list is unknown or outside this partner's scope; ask EDYE Admin for the permission"
    return "the call itself is refused; compare the annex's catalogue part with the API's contract"
