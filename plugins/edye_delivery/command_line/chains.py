"""Which inputs are pages of one feed: those that another input names in its nextPageUrl."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from edye_delivery.command_line.inputs import Input
from edye_delivery.feeds.lint.linter import LIST_KEYS, FeedKind, kind_of
from edye_delivery.feeds.lint.page_parser import FeedUnusable, split_page
from edye_delivery.feeds.lint.report import Unusable


class Chains:
    """The usable inputs, grouped as feeds; `heads` are the first pages, in the order of the command line."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self.unusable: list[Unusable] = []
        self._inputs = list(inputs)
        self.heads = self._inputs
        if len(inputs) > 1:
            self._link()

    def input_of_link(self, url: str, by: Input | None) -> Input | None:
        """The input that a nextPageUrl names: the same URL, or a file whose path is like the end of the URL's."""
        for one in self._inputs:
            if one.url is not None and without_fragment(one.url) == without_fragment(url):
                return one
        ends = _ends(url)
        own = _matching_parts(by, ends) if by is not None else 0
        scores = {id(one): _matching_parts(one, ends) for one in self._inputs if one is not by}
        best = max((one for one in self._inputs if one is not by), key=lambda one: scores[id(one)], default=None)
        # Pages with the same name in several folders differ in more than their name.
        return best if best is not None and scores[id(best)] > own else None

    @property
    def inputs(self) -> list[Input]:
        """All usable inputs."""
        return self._inputs

    def _link(self) -> None:
        usable, next_urls = [], {}
        for one in self._inputs:
            try:
                content = one.content_to_read_again()
                page = split_page(one.name, content, LIST_KEYS)
                is_direct = kind_of(page) is FeedKind.DIRECT
            except FeedUnusable as error:
                self.unusable.append(Unusable(one.name, str(error)))
                continue
            usable.append(one)
            url = page.head.get("nextPageUrl")
            next_urls[id(one)] = url if isinstance(url, str) and not is_direct else None
        self._inputs = usable
        following = {
            id(one): self.input_of_link(url, one) for one in usable if (url := next_urls[id(one)]) is not None
        }  # fmt: skip
        self.heads = _heads(usable, following)


def _heads(inputs: list[Input], following: dict[int, Input | None]) -> list[Input]:
    """The inputs that no other input names, and the first input of every ring of pages."""
    targets = {id(target) for start, target in following.items() if target is not None and id(target) != start}
    reached: set[int] = set()
    heads = []
    for one in [*(one for one in inputs if id(one) not in targets), *inputs]:
        if id(one) not in reached:
            heads.append(one)
        page: Input | None = one
        while page is not None and id(page) not in reached:
            reached.add(id(page))
            page = following.get(id(page))
    return sorted(heads, key=inputs.index)


def without_fragment(url: str) -> str:
    """The URL without its fragment, as it is requested."""
    return url.partition("#")[0]


def _ends(url: str) -> list[list[str]]:
    """The path of a URL as parts; then the same with its query as part of the name, as download tools write it."""
    try:
        split = urlsplit(url)
    except ValueError:
        return []
    parts = [unquote(part) for part in split.path.split("/") if part]
    if not parts:
        return []
    return [parts] if not split.query else [parts, [*parts[:-1], f"{parts[-1]}?{split.query}"]]


def _matching_parts(one: Input, ends: list[list[str]]) -> int:
    """How many parts of a file's path, from its name upwards, match the URL's path; one more for the query."""
    if one.path is None:
        return 0
    own = [part for part in one.path.parts if part not in ("/", ".", "..")]
    best = 0
    for more, parts in enumerate(ends):
        count = 0
        while count < min(len(own), len(parts)) and own[-1 - count] == parts[-1 - count]:
            count += 1
        best = max(best, count + more if count else 0)
    return best
