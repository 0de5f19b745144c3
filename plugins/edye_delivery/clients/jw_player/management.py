"""JW Player's Management API v2 (contracts/jw-player.yaml): pages of the media list, one media, playlists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.jw_player import JwMedia, JwPlaylist
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.http import HttpAnswer, bounds_of, exchange, raise_for_transient_or_auth
from edye_delivery.clients.jw_player.fields import media_id_of, text_of
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.parse import Page, list_of, media_of, page_of
from edye_delivery.clients.retry import retry
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, JwPlayerRefused, Transient

PAGE_LENGTH = 1_000
RESULTS_MAX = 10_000
"""JW answers a query with its first 10,000 results at most, whatever the page."""
PAGE_BYTES, ITEM_BYTES = 1024 * 1024, 8 * 1024
"""A page may have PAGE_BYTES, and ITEM_BYTES more for each item that we asked for; a media has some 1,500 bytes."""
ORDER = "created:asc"
"""A media never changes its place in this order, and a new one comes at the end."""
REASON_MAX_CHARS = 300
LIMITED = 429
NO_QUERY: Mapping[str, str] = {}


class JwManagement:
    """Reads one site's library; the httpx client has the base URL and the API secret as bearer token.

    Every call waits for the limiter. `mask` hides the secret; `calls` counts what was sent.
    """

    def __init__(
        self,
        client: httpx.Client,
        site_id: str,
        retry_policy: RetryPolicy,
        clock: Clock,
        limiter: RequestLimiter,
        mask: SecretMask = NO_SECRETS,
    ) -> None:
        self._client, self._retry_policy, self._clock, self._limiter = client, retry_policy, clock, limiter
        self._site, self._mask = f"/v2/sites/{site_id}", mask
        self.calls = 0

    def media_page(self, page: int = 1, length: int = PAGE_LENGTH, q: str = "") -> Page:
        """A page of the media that a query finds, oldest first."""
        query = {"page": str(page), "page_length": str(length), "sort": ORDER} | ({"q": q} if q else {})
        what = f"JW Player (media, page {page}{f' of {q}' if q else ''})"
        bounds_bytes = PAGE_BYTES + length * ITEM_BYTES

        def read() -> Page:
            answer = self._call(f"{self._site}/media/", query, what, bounds_bytes)
            return page_of(answer.json(what), what, page, length, self._mask)

        return retry(read, self._retry_policy, self._clock)

    def media(self, media_id: str) -> JwMedia | None:
        """One media by id, for the few in doubt, as each costs a call; None where JW does not know it."""
        if media_id_of(media_id) is None:
            return None
        what = f"JW Player (media {media_id})"

        def read() -> JwMedia | None:
            answer = self._call(f"{self._site}/media/{media_id}/", NO_QUERY, what, PAGE_BYTES, may_miss=True)
            if answer.status == 404:
                _refuse_page(answer, what)
                return None
            media = media_of(answer.json(what), self._mask)
            if media is None or media.id != media_id:
                raise AnswerMalformed(f"{what} answered 200 with something else").with_answer(200)
            return media

        return retry(read, self._retry_policy, self._clock)

    def playlists(self) -> Iterator[JwPlaylist]:
        """The site's playlists, without their media, which the Delivery API lists; each once."""
        page, read, known = 1, 0, set[str]()
        while True:
            items, total = retry(partial(self._playlists, page), self._retry_policy, self._clock)
            for item in items:
                playlist_id = media_id_of(item.get("id")) if isinstance(item, dict) else None
                if playlist_id is not None and playlist_id not in known:
                    known.add(playlist_id)
                    metadata = item["metadata"] if isinstance(item.get("metadata"), dict) else {}
                    yield JwPlaylist(playlist_id, text_of(metadata.get("title"), self._mask))
            read, page = read + len(items), page + 1
            if not items or read >= min(total, RESULTS_MAX):
                return

    def _playlists(self, page: int) -> tuple[list[Any], int]:
        what = f"JW Player (playlists, page {page})"
        query = {"page": str(page), "page_length": str(PAGE_LENGTH), "sort": ORDER}
        answer = self._call(f"{self._site}/playlists/", query, what, PAGE_BYTES + PAGE_LENGTH * ITEM_BYTES)
        return list_of(answer.json(what), "playlists", what, PAGE_LENGTH)

    def _call(
        self, path: str, query: Mapping[str, str], what: str, max_bytes: int, *, may_miss: bool = False
    ) -> HttpAnswer:
        """The answer, 200 or, where it may miss, 404; every other one is an error with a sentence."""
        self._limiter.wait()
        self.calls += 1
        request = self._client.build_request("GET", path, params=query)
        answer = exchange(self._client, request, what, bounds_of(self._client, max_bytes), self._mask)
        self._limiter.read(answer.headers)
        if answer.status == LIMITED:
            pause_s = self._limiter.close_minute()
            raise Transient(f"{what} answered 429: other programs use the same secret", pause_s).with_answer(LIMITED)
        raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        if answer.status != 200 and not (may_miss and answer.status == 404):
            reason = self._mask.words(answer.content.decode("utf-8", "replace"), REASON_MAX_CHARS) or "no reason given"
            advice = (
                "check the extra site_id of the connection" if answer.status == 404 else "compare with its contract"
            )
            raise JwPlayerRefused(f"{what} answered {answer.status}: {reason}; {advice}").with_answer(answer.status)
        return answer


def _refuse_page(answer: HttpAnswer, what: str) -> None:
    """AnswerMalformed where a 404 is a page for people: then it is another program's, and says nothing of a media."""
    if "html" in answer.headers.get("content-type", "").lower():
        raise AnswerMalformed(f"{what} answered 404 with a page, which is not JW Player's answer").with_answer(404)
