"""What a call is answered: who calls, whether he may, how often, and what he gets; nothing here waits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.delivery_api.access import Access, Terms
from edye_delivery.delivery_api.answers import Answer, Body, BodyCache
from edye_delivery.delivery_api.call import Call
from edye_delivery.delivery_api.conditional import is_unchanged
from edye_delivery.delivery_api.endpoints import NOWHERE, PAGED
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.values import unix_ms_of
from edye_delivery.delivery_api.items import find_item, read_item
from edye_delivery.delivery_api.media_sources import MediaRedirects
from edye_delivery.delivery_api.pages import PageReader, PageRequest, current_generation
from edye_delivery.delivery_api.parameters import parse
from edye_delivery.delivery_api.problems import Problem, ProblemType, later
from edye_delivery.delivery_api.rate_limit import SharedCounters
from edye_delivery.delivery_api.tokens import Identity

METHODS = ("GET", "HEAD")
QUERY_KEPT_MAX_BYTES = 1024
FOUND_KEPT_S = 1.0
"""How much later than it ends an item may leave a page, at most; a switch of generations is seen at once."""
REQUESTS_KEPT = 256


@dataclass(slots=True)
class Found:
    """The page that a query asked for at a moment (monotonic, in seconds), by these terms, of what was served then."""

    at_s: float
    terms: Terms
    served: Generation | None
    request: PageRequest

    def holds(self, served: Generation | None, terms: Terms, now_s: float) -> bool:
        """Whether a search would find the same page now."""
        return self.served is served and self.terms is terms and 0 <= now_s - self.at_s < FOUND_KEPT_S


class Service:
    """Answers calls from the generations of each partner.

    `access` gives the present tokens and annexes, `partner_of` a partner's generations by its name.
    """

    def __init__(
        self,
        access: Callable[[], Access],
        partner_of: Callable[[str], Partner],
        pages: PageReader,
        counters: SharedCounters,
        cache: BodyCache,
        redirects: MediaRedirects,
    ) -> None:
        self._access, self._partner_of, self._pages = access, partner_of, pages
        self._counters, self._cache, self._redirects = counters, cache, redirects
        self._found: OrderedDict[tuple[Identity, Endpoint, bytes], Found] = OrderedDict()

    def answer(self, call: Call) -> Answer:
        """The answer; Problem where the call is refused. Fills in who called, and the headers of every answer."""
        if call.method not in METHODS:
            raise Problem(ProblemType.METHOD_NOT_ALLOWED, "use GET or HEAD", headers=((b"allow", b"GET, HEAD"),))
        if call.route is NOWHERE:
            raise Problem(ProblemType.NOT_FOUND, "there is no such path in this API")
        access = self._access()
        call.who = who = access.caller(call.authorization, call.at.timestamp())
        terms = access.permitted(who, call.route.endpoint)
        call.headers += terms.headers
        self._count(call, who, terms)
        partner = self._partner_of(who.partner)
        if call.route.endpoint in PAGED:
            return self._page(call, who, terms, self._find(call, who, terms, partner))
        said = parse(call.route.endpoint, call.query, terms.channel.page_size)
        call.known = said.known
        generation = current_generation(partner)
        item = find_item(generation, who.partner, call.route, said.image_size, unix_ms_of(call.at))
        if call.route.endpoint is Endpoint.MEDIA_SOURCE:
            return self._redirects.answer(call, terms, item, generation.number)
        if is_unchanged(call.none_match, item.tag):
            return Answer(304, tag=item.tag, generation=generation.number)
        return Answer(200, self._body_of(item.tag, lambda: read_item(item)), item.tag, generation=generation.number)

    def _find(self, call: Call, who: Identity, terms: Terms, partner: Partner) -> PageRequest:
        """The page that is asked for, searched again only after a second, by other terms or in another generation."""
        key = (who, call.route.endpoint, call.query)
        served, kept = partner.current(), self._found.get(key)
        if kept is not None and kept.holds(served, terms, call.begun_s):
            return kept.request
        said = parse(call.route.endpoint, call.query, terms.channel.page_size)
        call.known = said.known
        now_ms = unix_ms_of(call.at)
        found = self._pages.find(who.partner, call.route.endpoint, said, terms.channel.page_size, partner, now_ms)
        self._found.pop(key, None)
        if len(call.query) <= QUERY_KEPT_MAX_BYTES:
            self._found[key] = Found(call.begun_s, terms, served, found)
        if len(self._found) > REQUESTS_KEPT:
            self._found.popitem(last=False)
        return found

    def _count(self, call: Call, who: Identity, terms: Terms) -> None:
        limit = terms.channel.rate_limit
        allowance = self._counters.take(who, limit, call.begun_s)
        seconds = max(1, -int(-allowance.reset_s // 1))
        call.headers.append((b"ratelimit", b'"partner";r=%d;t=%d' % (allowance.remaining, seconds)))
        call.headers.append((b"ratelimit-policy", terms.policy))
        if not allowance.is_allowed:
            detail = f"your user may call {limit.calls} times in {limit.window_s} s; call again in {seconds} s"
            raise later(ProblemType.RATE_LIMITED, detail, seconds)

    def _page(self, call: Call, who: Identity, terms: Terms, found: PageRequest) -> Answer:
        number, checkpoint, call.known = found.generation.number, found.checkpoint_generation, found.known
        if is_unchanged(call.none_match, found.tag):
            return Answer(304, None, found.tag, (), number, checkpoint)
        self._count_sync(call, who, terms, found)
        body = self._body_of(found.tag, lambda: self._pages.read(found))
        return Answer(204 if body is None else 200, body, found.tag, (), number, checkpoint)

    def _count_sync(self, call: Call, who: Identity, terms: Terms, found: PageRequest) -> None:
        """Lets a user read only so many whole lists at once."""
        limit = terms.channel.rate_limit
        if not found.sync:
            return
        if not found.has_next:
            self._counters.close_sync(who, found.sync, limit)
            return
        wait_s = self._counters.open_sync(who, found.sync, limit, call.begun_s)
        if wait_s:
            detail = (
                f"your user may read {limit.full_syncs_at_once} whole lists at once: finish the one before, "
                f"or ask for what changed by its checkpoint"
            )
            raise later(ProblemType.RATE_LIMITED, detail, wait_s)

    def _body_of(self, tag: bytes, read: Callable[[], Body | None]) -> Body | None:
        body = self._cache.get(tag)
        if body is None:
            body = read()
            if body is not None:
                self._cache.put(tag, body)
        return body
