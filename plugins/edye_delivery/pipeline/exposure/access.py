"""Asks the delivery API for what it has to refuse, and again for what has not changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edye_delivery.annex.pull import PullEndpoint
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.client import ITEM_PATHS, NO_TOKEN, PATHS, DeliveryApi, item_path
from edye_delivery.errors import DeliveryError
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.qc.exposure.subjects import Conditional, Refusal

WRONG_TOKEN = "a-token-that-was-never-given-out"  # noqa: S105
UNAUTHORISED, FORBIDDEN, NOT_FOUND = 401, 403, 404
ENDPOINT_PATHS = {
    PullEndpoint.SHOWS: PATHS[ListName.SHOWS],
    PullEndpoint.EPISODES: PATHS[ListName.EPISODES],
    PullEndpoint.FEED: PATHS[ListName.ENTRIES],
    PullEndpoint.MEDIA: f"{ITEM_PATHS[ListName.ENTRIES]}/any",
}
ITEM_ENDPOINTS = {
    ListName.SHOWS: PullEndpoint.SHOWS,
    ListName.EPISODES: PullEndpoint.EPISODES,
    ListName.ENTRIES: PullEndpoint.MEDIA,
}
LIST_ENDPOINTS = {**ITEM_ENDPOINTS, ListName.ENTRIES: PullEndpoint.FEED}
MEDIA_PARTS = ("", "/images", "/metadata")
"""What may be called about one media: the entry itself, its pictures, its texts."""
TRIES = 2
"""A generation may be published between two calls; then the ETag is asked for once more."""


@dataclass(frozen=True, slots=True)
class AccessChecker:
    """Checks tokens, permissions and ETags in the name of one user, who may call `endpoints`."""

    api: DeliveryApi
    collector: Collector
    endpoints: frozenset[PullEndpoint]

    def check_refusals(self, lists: Iterable[ListName], foreign_ids: Mapping[ListName, str]) -> None:
        """No token and a wrong one, endpoints that the user may not call, titles of other partners."""
        media = [ENDPOINT_PATHS[PullEndpoint.MEDIA]] if PullEndpoint.MEDIA in self.endpoints else []
        for path in [PATHS[name] for name in lists] + media:
            self._check_refusal(path, "without a token", UNAUTHORISED, NO_TOKEN)
            self._check_refusal(path, "with a wrong token", UNAUTHORISED, WRONG_TOKEN)
        for endpoint in PullEndpoint:
            if endpoint not in self.endpoints:
                self._check_refusal(ENDPOINT_PATHS[endpoint], "by a user without permission", FORBIDDEN)
        allowed = {name: one for name, one in foreign_ids.items() if ITEM_ENDPOINTS[name] in self.endpoints}
        for name, item_id in allowed.items():
            for part in MEDIA_PARTS if name is ListName.ENTRIES else ("",):
                self._check_refusal(item_path(name, item_id) + part, "for another partner's title", NOT_FOUND)
        if not allowed:
            self.collector.skip("no other partner has a title that this one has not", "EXPO010")

    def check_etags(self, lists: Iterable[ListName]) -> None:
        """The first page of each list, again with its ETag."""
        for name in lists:
            try:
                self.collector.ask("EXPO009", self._ask_again(name), list_name=name)
            except DeliveryError as error:
                self.collector.skip(f"{name} could not be asked for again: {error}", "EXPO009")

    def _ask_again(self, name: ListName) -> Conditional:
        for attempt in range(TRIES):
            page = self.api.probe(name)
            if not page.etag:
                return Conditional(PATHS[name], "", 0)
            answer = self.api.ask(page.url, etag=page.etag)
            if answer.etag in ("", page.etag) or attempt + 1 == TRIES:
                break
        return Conditional(PATHS[name], page.etag, answer.status, answer.size_bytes)

    def _check_refusal(self, path: str, why: str, expected: int, token: str | None = None) -> None:
        try:
            answer = self.api.ask(path, token=token)
        except DeliveryError as error:
            self.collector.skip(f"the call of {path} {why} had no answer: {error}", "EXPO010")
            return
        self.collector.ask("EXPO010", Refusal(f"the call of {path} {why}", expected, answer.status))
