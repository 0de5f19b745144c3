"""JW Player's Delivery API: files and pictures of a media as a player gets them, many at once, and playlists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.jw_player import JwDelivered, JwLook, JwPlaylist
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.http import bounds_of, exchange, raise_for_transient_or_auth
from edye_delivery.clients.jw_player.fields import LIST_MAX, media_id_of, text_of
from edye_delivery.clients.jw_player.parse import delivered_of
from edye_delivery.clients.jw_player.tokens import hide_tokens_in_logs, token_of
from edye_delivery.clients.retry import retry
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, JwPlayerRefused, Transient

CONNECTIONS = 16
FAILURES_IN_A_ROW_MAX = 20
ANSWER_MAX_BYTES = 1024 * 1024
PLAYLIST_MAX_BYTES = 16 * 1024 * 1024
PLAYLIST_PAGE = LIST_MAX
PLAYLIST_MEDIA_MAX = 100_000
UNKNOWN = frozenset({404, 410})


class JwDelivery:
    """Asks the delivery host, without our API secret; where `signing_secret` is given, every address is signed.

    `mask` hides the secrets. The httpx client may be used by `connections` threads at once.
    """

    def __init__(
        self,
        client: httpx.Client,
        host: str,
        retry_policy: RetryPolicy,
        clock: Clock,
        mask: SecretMask = NO_SECRETS,
        signing_secret: str = "",
        connections: int = CONNECTIONS,
    ) -> None:
        self._client, self._host, self._retry_policy, self._clock = client, host.rstrip("/"), retry_policy, clock
        self._mask, self._signing_secret, self._connections = mask, signing_secret, connections
        if signing_secret:
            hide_tokens_in_logs()

    def media(self, media_id: str) -> JwDelivered | None:
        """One media; None where the Delivery API has none: unknown, deleted, not ready or outside its window."""
        if media_id_of(media_id) is None:
            return None
        what = f"JW Player's Delivery API (media {media_id})"
        body = retry(
            lambda: self._read(f"/v2/media/{media_id}", {}, what, ANSWER_MAX_BYTES), self._retry_policy, self._clock
        )
        return delivered_of(body, media_id, what, self._mask) if body is not None else None

    def look_up(self, media_ids: Iterable[str]) -> Iterator[JwLook]:
        """Each media, in the order of the ids, several asked for at once; a failure is a sentence of its own.

        Raises the last failure where 20 in a row failed, and AuthRefused or JwPlayerRefused at once.
        """
        waiting: deque[Future[JwLook]] = deque()
        failures = 0
        pool = ThreadPoolExecutor(self._connections, thread_name_prefix="jw-player")
        try:
            ids = iter(media_ids)
            while True:
                while len(waiting) < 2 * self._connections and (media_id := next(ids, None)) is not None:
                    waiting.append(pool.submit(self._look, media_id))
                if not waiting:
                    return
                look = waiting.popleft().result()
                failures = failures + 1 if look.sentence else 0
                if failures >= FAILURES_IN_A_ROW_MAX:
                    raise Transient(f"{look.sentence}; {failures} media in a row failed, so no other one is asked for")
                yield look
        finally:
            pool.shutdown(cancel_futures=True)

    def playlist(self, playlist_id: str) -> JwPlaylist | None:
        """A playlist with the ids of its media, each once; None where JW does not know it."""
        if media_id_of(playlist_id) is None:
            return None
        what = f"JW Player's Delivery API (playlist {playlist_id})"
        title, found = "", dict[str, None]()
        while True:
            query = {"page_limit": str(PLAYLIST_PAGE)} | ({"page_offset": str(len(found))} if found else {})
            read = partial(self._read, f"/v2/playlists/{playlist_id}", query, what, PLAYLIST_MAX_BYTES)
            body = retry(read, self._retry_policy, self._clock)
            if body is None:
                return JwPlaylist(playlist_id, title, tuple(found)) if found else None
            items = body.get("playlist") if isinstance(body, dict) else None
            if not isinstance(items, list):
                raise AnswerMalformed(f"{what} answered 200 without a list of media").with_answer(200)
            title, before = text_of(body.get("title"), self._mask) or title, len(found)
            ids = (media_id_of(item.get("mediaid")) for item in items if isinstance(item, dict))
            found |= {media_id: None for media_id in ids if media_id is not None}
            if len(items) < PLAYLIST_PAGE or len(found) == before:  # page_offset may be unknown to JW
                return JwPlaylist(playlist_id, title, tuple(found))
            if len(found) > PLAYLIST_MEDIA_MAX:
                raise AnswerMalformed(f"{what} does not end after {PLAYLIST_MEDIA_MAX:,} media")

    def _look(self, media_id: str) -> JwLook:
        try:
            return JwLook(media_id, self.media(media_id))
        except Transient as error:
            return JwLook(media_id, None, str(error))

    def _read(self, path: str, query: dict[str, str], what: str, max_bytes: int) -> Any:
        """The answer's JSON; None where there is no such thing."""
        if self._signing_secret:
            query = query | {"token": token_of(path, self._signing_secret, self._clock.now())}
        request = self._client.build_request("GET", self._host + path, params=query)
        answer = exchange(self._client, request, what, bounds_of(self._client, max_bytes), self._mask)
        if answer.status in (401, 403):
            advice = (
                "check the extra signing_secret of its connection"
                if self._signing_secret
                else ("the site asks for signed addresses: give its connection the extra signing_secret")
            )
            raise AuthRefused(f"{what} answered {answer.status}: {advice}").with_answer(answer.status)
        if answer.status in UNKNOWN:
            return None
        raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        if answer.status != 200:
            raise JwPlayerRefused(f"{what} answered {answer.status}: check the extra delivery_host of its connection")
        return answer.json(what)
