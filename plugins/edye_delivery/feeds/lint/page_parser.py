"""A page of a feed as bytes: its head is parsed, its long lists are slices that are parsed one by one.

A page of 250 MB would take gigabytes as objects. Its slices take nothing, and only one item at a time is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jiter
import msgspec

from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.errors import Terminal

HEAD_MAX_BYTES = 16_000_000
ITEM_MAX_BYTES = 16_000_000
JSON_POSITION = re.compile(r"(?: at)? line (\d+) column (\d+)$")
BYTE_POSITION = re.compile(r" ?\(byte (\d+)\)$")
DUPLICATE = re.compile(r'Detected duplicate key "(.*)" at line \d+ column \d+$', re.DOTALL)
TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
KEY = re.compile(rb"[\s,{]*(" + TEXT + rb")\s*:\s*", re.DOTALL)
TEXT_OR_BRACKET = re.compile(TEXT + rb"|[][{}]", re.DOTALL)
VISIBLE = re.compile(rb"\S")
PLAIN = re.compile(rb"[^][{}\",\s]+")
LONE_SURROGATE_AT_END = re.compile(rb'\\u[dD][89abAB][0-9a-fA-F]{2}"[]\s}]*$')
WORDS = {
    "JSON is malformed: ": "",
    "recursion limit exceeded": "it is nested too deeply",
    "unexpected end of hex escape": "half a character (a lone surrogate)",
    "unexpected end of escaped utf-16 surrogate pair": "half a character (a lone surrogate)",
    "invalid utf-16 surrogate pair": "half a character (a lone surrogate)",
    "lone leading surrogate in hex escape": "half a character (a lone surrogate)",
    "invalid unicode code point": "it is not UTF-8",
    "number out of range": "a number has too many digits",
}
"""The parsers' words, and our words for them."""
Slice = msgspec.Raw


class FeedUnusable(Terminal):
    """The input is not a feed: not JSON, cut off, too large, a wrong root. One sentence, with line and column."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `head` is the root without its long lists, `lists` are the long lists with unparsed items."""

    name: str
    content: bytes
    head: dict[str, Any]
    lists: dict[str, Sequence[Slice]]
    duplicate_key: str | None = None

    @property
    def size_bytes(self) -> int:
        """The page's size."""
        return len(self.content)

    def items(self, key: str) -> Iterator[tuple[int, Any, str | None]]:
        """The items of a list, parsed: index, item, a key that it has twice or None. FeedUnusable if it is not JSON."""
        for index, raw in enumerate(self.lists.get(key, ())):
            text = bytes(raw)
            if len(text) > ITEM_MAX_BYTES:
                raise self._unusable(
                    ValueError(f"an item of {key} has {len(text):,} bytes, at most {ITEM_MAX_BYTES:,} are read"), text
                )
            try:
                yield index, jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True), None
            except ValueError as defect:
                try:
                    value = _parse(text)
                except ValueError as worse:
                    raise self._unusable(worse, text) from worse
                match = DUPLICATE.search(str(defect))
                yield index, value, match[1] if match else "?"

    def _unusable(self, defect: ValueError, text: bytes) -> FeedUnusable:
        start = max(0, self.content.find(text))
        return FeedUnusable(f"{self.name} is not usable JSON: {_error_text(defect, self.content, start, text)}")


def split_page(name: str, content: bytes, list_keys: frozenset[str]) -> Page:
    """The page with its long lists still unparsed; FeedUnusable, with a sentence that says why, if it is not a page."""
    if len(content) > FEED_PAGE_MAX_BYTES:
        raise FeedUnusable(f"{name} is larger than {FEED_PAGE_MAX_BYTES:,} bytes, the limit for a page")
    _refuse_other_formats(name, content)
    try:
        root = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        lists: dict[str, Sequence[Slice]] = {
            key: msgspec.json.decode(root[key], type=list[msgspec.Raw])
            for key in root
            if key in list_keys and bytes(memoryview(root[key])[:1]) == b"["
        }
        head, duplicate_key = _head(content, root, lists)
    except msgspec.ValidationError:
        raise FeedUnusable(f"{name} is not a feed: its root is not an object (line 1, column 1)") from None
    except RecursionError:
        raise FeedUnusable(f"{name} is nested too deeply to be a feed") from None
    except MemoryError:
        raise FeedUnusable(f"{name} has more items than fit into memory") from None
    except (msgspec.DecodeError, ValueError) as defect:
        raise FeedUnusable(f"{name} is not usable JSON: {_error_text(defect, content)}") from None
    return Page(name, content, head, lists, duplicate_key)


def _head(content: bytes, root: dict[str, Slice], long_lists: Collection[str]) -> tuple[dict[str, Any], str | None]:
    """The root with empty long lists, and a key that it has twice or None."""
    places = _places(content, root) if long_lists else {}
    spans = sorted((places[key], len(memoryview(root[key]))) for key in long_lists)
    parts, at = [], 0
    for start, length in spans:
        parts += [content[at:start], b"[]"]
        at = start + length
    text = b"".join([*parts, content[at:]])
    if len(text) > HEAD_MAX_BYTES:
        raise ValueError(f"without its lists the root has {len(text):,} bytes, at most {HEAD_MAX_BYTES:,} are read")
    try:
        return jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True), None
    except ValueError as defect:
        match = DUPLICATE.search(str(defect))
        try:
            return _parse(text), match[1] if match else "?"
        except ValueError as worse:
            raise _relocate_error(worse, text, spans) from None


def _relocate_error(defect: ValueError, text: bytes, spans: list[tuple[int, int]]) -> ValueError:
    """The defect of the root, with its place in the whole page, where the long lists are not empty."""
    match = JSON_POSITION.search(str(defect))
    if match is None:
        return defect
    at = _offset(text, int(match[1]), int(match[2]))
    for start, length in spans:
        at += length - 2 if at > start else 0
    return ValueError(f"{str(defect)[: match.start()]} (byte {at})")


def _places(content: bytes, root: dict[str, Slice]) -> dict[str, int]:
    """Where the value of every key of the root begins; for a key that is there twice, its last value."""
    places: dict[str, int] = {}
    at = 0
    while (match := KEY.match(content, at)) is not None:
        key, at = msgspec.json.decode(match[1], type=str), match.end()
        places[key] = at
        at = _end_of_value(content, at, memoryview(root[key]))
    return places


def _end_of_value(content: bytes, start: int, last: memoryview) -> int:
    """Where the value ends; `last` is the last value of this key, and nearly always the only one."""
    end = start + len(last)
    if content.startswith(last, start) and content[end : end + 1] in (b",", b"}", b" ", b"\t", b"\r", b"\n"):
        return end
    if (plain := PLAIN.match(content, start)) is not None:
        return plain.end()
    depth = 0
    for match in TEXT_OR_BRACKET.finditer(content, start):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    raise ValueError("a value of the root does not end")


def _parse(text: bytes) -> Any:
    return jiter.from_json(text, allow_inf_nan=False)


def _refuse_other_formats(name: str, content: bytes) -> None:
    match = VISIBLE.search(content)
    start = content[match.start() : match.start() + 4] if match else b""
    defect = ""
    if not start:
        defect = "is empty"
    elif start[:3] == b"\xef\xbb\xbf":
        defect = "begins with a byte order mark, which JSON does not allow"
    elif start[:2] == b"\x1f\x8b":
        defect = "is gzip, not JSON"
    elif start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        defect = "is UTF-16, UTF-32 or binary, not UTF-8"
    elif start[:1] == b"<":
        defect = "is HTML or XML, not JSON"
    if defect:
        raise FeedUnusable(f"{name} {defect} (line 1, column 1)")


def _error_text(defect: Exception, content: bytes, start: int = 0, part: bytes = b"") -> str:
    """The parser's message in our words, with line and column in the whole page."""
    if isinstance(defect, UnicodeDecodeError):
        return f"it is not UTF-8 ({_line_and_column(content, _first_not_utf8(content))})"
    words, at = str(defect), start
    if "truncated" in words:
        lone = LONE_SURROGATE_AT_END.search(content, len(content) - 64)
        words = "half a character (a lone surrogate)" if lone else "it is cut off"
        at = lone.start() if lone else len(content)
    elif (in_bytes := BYTE_POSITION.search(words)) is not None:
        words, at = words[: in_bytes.start()], int(in_bytes[1])
    elif (in_lines := JSON_POSITION.search(words)) is not None:
        words, at = words[: in_lines.start()], start + _offset(part or content, int(in_lines[1]), int(in_lines[2]))
    elif not part:
        return words
    for theirs, ours in WORDS.items():
        words = words.replace(theirs, ours)
    return f"{words} ({_line_and_column(content, at)})"


def _first_not_utf8(content: bytes) -> int:
    try:
        content.decode()
    except UnicodeDecodeError as defect:
        return defect.start
    return len(content)


def _offset(part: bytes, line: int, column: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = part.find(b"\n", at) + 1
    return at + column - 1


def _line_and_column(content: bytes, offset: int) -> str:
    line = content.count(b"\n", 0, offset) + 1
    column = offset - content.rfind(b"\n", 0, offset)
    return f"line {line}, column {column}"
