"""Answers with a page of a list: which items a call asks for, and the bytes around them; no item is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import orjson

from edye_delivery.annex.pull import PageSize
from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.answers import JSON, Body
from edye_delivery.delivery_api.conditional import entity_tag
from edye_delivery.delivery_api.cursors import Cursor, CursorCodec, CursorKind
from edye_delivery.delivery_api.endpoints import LISTS, WHOLE_PATHS
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.selection import Selection
from edye_delivery.delivery_api.generations.values import Position, moment_text
from edye_delivery.delivery_api.parameters import Parameters, bad_parameters, given, with_cursor
from edye_delivery.delivery_api.problems import ParameterError, Problem, ProblemType, later
from edye_delivery.errors import CheckpointExpired

FORMAT = 1
"""Goes up when the bytes around the items change, so that nobody takes old bytes for new ones."""
RETRY_AFTER_S = 30
PATHS = {endpoint: path for path, endpoint in WHOLE_PATHS.items()}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of one list, found but not read; `cursor` says where it begins.

    `sync` names the reading of a whole list that it is part of; 0 where it is part of none.
    """

    partner: str
    endpoint: Endpoint
    generation: Generation
    selection: Selection
    cursor: Cursor
    page: int | None
    checkpoint_generation: int | None
    tag: bytes
    sync: int
    known: str
    """The parameters for the log of calls, with those that the cursor says."""

    @property
    def has_next(self) -> bool:
        """Whether the list goes on after this page."""
        return self.cursor.first + self.cursor.page_size < self.selection.size


def _sync(endpoint: Endpoint, cursor: Cursor, generation: Generation, size: int) -> int:
    """What names the reading of a whole list that a page is part of; 0 where it is part of none."""
    if cursor.since_ms is not None or not (cursor.first or cursor.first + cursor.page_size < size):
        return 0
    told = f"{endpoint} {cursor.filters} {cursor.page_size} {generation.number}"
    return int.from_bytes(blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1


class PageReader:
    """Finds and reads pages; `codec` writes the cursors in them."""

    def __init__(self, codec: CursorCodec) -> None:
        self._codec = codec

    def find(
        self, name: str, endpoint: Endpoint, said: Parameters, sizes: PageSize, partner: Partner, now_ms: int
    ) -> PageRequest:
        """The page that a call of the partner `name` asks for; Problem (400, 410, 503) where there is none."""
        list_name = LISTS[endpoint]
        served = current_generation(partner)
        given = self._codec.read(name, list_name, said.cursor) if said.cursor is not None else None
        checkpoint_generation = None
        generation: Generation | None = served
        if given is None:
            size = said.page_size or sizes.usual
            cursor = Cursor(
                CursorKind.NEXT, served.number, size, said.filters, ((said.page or 1) - 1) * size, said.since_ms
            )
        else:
            _refuse_contradiction(given, said)
            cursor = given
            if given.kind is CursorKind.CHECKPOINT:
                checkpoint_generation = given.generation
            else:
                generation = partner.at(given.generation)
        if generation is None:
            raise Problem(
                ProblemType.GENERATION_EXPIRED,
                f"generation {cursor.generation} is not kept any more: read the list from the start",
            )
        selection = _select(generation, ListName(list_name), cursor, now_ms)
        where = (name, endpoint, generation.number, selection.state, cursor.filters)
        tag = entity_tag(FORMAT, *where, cursor.page_size, cursor.first, cursor.since_ms, said.page)
        sync = _sync(endpoint, cursor, generation, selection.size)
        known = said.known if given is None else _query_text(said, given)
        return PageRequest(
            name, endpoint, generation, selection, cursor, said.page, checkpoint_generation, tag, sync, known
        )

    def read(self, request: PageRequest) -> Body | None:
        """The page's body; None where there is nothing at all to read, so that the answer is 204."""
        cursor, generation, selection = request.cursor, request.generation, request.selection
        found = selection.page(cursor.first, cursor.page_size)
        is_whole = cursor.since_ms is None
        if not found.items and not cursor.first and not request.has_next:
            return None
        told: dict[str, object] = {"generation": generation.number, "as_of": moment_text(generation.as_of_ms)}
        if request.page is not None:
            told["page"] = request.page
        told["page_size"] = cursor.page_size
        if is_whole:
            told["total"] = selection.total
        headers = [JSON]
        if request.has_next:
            first = cursor.first + cursor.page_size
            following = Cursor(
                CursorKind.NEXT, generation.number, cursor.page_size, cursor.filters, first, cursor.since_ms
            )
            told["next"] = link = f"{PATHS[request.endpoint]}?cursor={self._cursor_text(request, following)}"
            headers.append((b"link", f'<{link}>; rel="next"'.encode()))
        elif cursor.first < max(1, selection.size):
            told["checkpoint"] = self._cursor_text(request, _checkpoint(generation, cursor))
        key = b"playlist" if request.endpoint is Endpoint.FEED else b"items"
        content = b"".join((orjson.dumps(told)[:-1], b',"', key, b'":[', found.body, b"]}"))
        return Body(content, found.items, found.first_key or None, found.last_key or None, tuple(headers))

    def _cursor_text(self, request: PageRequest, cursor: Cursor) -> str:
        return self._codec.write(request.partner, LISTS[request.endpoint], cursor)


def _query_text(said: Parameters, cursor: Cursor) -> str:
    return with_cursor(said.known, cursor.filters, None if cursor.since_ms is None else moment_text(cursor.since_ms))


def current_generation(partner: Partner) -> Generation:
    """The generation that is served; Problem (503) where nothing is published yet."""
    generation = partner.current()
    if generation is None:
        raise later(ProblemType.NO_GENERATION, "nothing is published for you yet; try again later", RETRY_AFTER_S)
    return generation


def _checkpoint(generation: Generation, cursor: Cursor) -> Cursor:
    since_ms = generation.checkpoint.updated_ms
    return Cursor(CursorKind.CHECKPOINT, generation.number, cursor.page_size, cursor.filters, 0, since_ms)


def _select(generation: Generation, list_name: ListName, cursor: Cursor, now_ms: int) -> Selection:
    if list_name not in generation.lists:
        raise later(ProblemType.NO_GENERATION, "this list is not published yet; try again later", RETRY_AFTER_S)
    after = None if cursor.since_ms is None else Position(cursor.since_ms)
    try:
        return generation.select(list_name, cursor.filters, after, now_ms=now_ms)
    except CheckpointExpired:
        oldest = moment_text(generation.tombstones_since_ms(list_name))
        raise Problem(
            ProblemType.CHECKPOINT_EXPIRED, f"changes are kept since {oldest} only: read the list from the start"
        ) from None


def _refuse_contradiction(cursor: Cursor, said: Parameters) -> None:
    """Filters and page size beside a cursor have to be those of its first call."""
    own = {"page_size": cursor.page_size, **given(cursor.filters)}
    beside = given(said.filters) | ({} if said.page_size is None else {"page_size": said.page_size})
    wrong = [name for name, value in beside.items() if own.get(name) != value]
    if wrong:
        detail = "contradicts cursor, which was given for another call: leave it out, or begin without a cursor"
        raise bad_parameters([ParameterError(name, detail) for name in wrong])
