"""Hides a client's own secrets as *** in foreign text, in every form in which a peer or a library may repeat them."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from urllib.parse import unquote

from edye_delivery.catalog.printable import printable

MASK = "***"
LEAST_CHARS = 4
"""A shorter text is no secret: to mask it would put stars into every text."""
ANYWHERE_FROM_CHARS = 8
"""A shorter secret is masked only where it stands alone, as `abc123` in `token=abc123`, not inside a word."""
ERROR_MAX_CHARS = 2000
ALONE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
ESCAPED = re.compile(r"[%\\&]")
ESCAPE = re.compile(r"((?:\\x[0-9a-fA-F]{2})+)|((?:\\u[0-9a-fA-F]{4})+)|\\([nrt])|\\(.)", re.DOTALL)
LINE_BREAKS = {"n": "\n", "r": "\r", "t": "\t"}
ESCAPED_TIMES_MAX, ESCAPED_WAYS_MAX = 3, 5
ESCAPED_SIGN_MAX_CHARS = 12
"""A letter escaped more than once, such as &amp;#x0041; or %25252541."""


class SecretMask:
    """Hides some secrets: plain, percent-encoded, escaped as in JSON, Python and HTML, as hexadecimal and as base64.

    Base64 is recognised on its own and inside of a longer text that was encoded, standard and URL-safe, with padding or
    without. The longest form that fits is hidden first, so no rest of a longer secret is left.
    """

    __slots__ = ("_alone", "_forms", "_longest", "certain")

    def __init__(self, forms: tuple[str, ...], alone: frozenset[str], certain: SecretMask | None = None) -> None:
        self._forms, self._alone = forms, alone
        self.certain = certain or self
        """The mask of the certain secrets alone; `words` also hides texts that may be secrets."""
        self._longest = ESCAPED_SIGN_MAX_CHARS * max(map(len, forms), default=0)

    @classmethod
    def of(cls, *secrets: str | None, suspects: Iterable[str] = ()) -> SecretMask:
        """The mask of these secrets, and of what may be one; None and what is too short to be one do not count."""
        return _mask_of(_long_enough(secrets), _long_enough(suspects))

    def mask(self, text: str) -> str:
        """The whole text, *** for every secret; a text with an escaped one is unescaped."""
        shown = self._hide(text) if self._forms else text
        for _ in range(ESCAPED_WAYS_MAX):
            if not self._forms or not ESCAPED.search(shown) or (further := self._hide_escaped(shown)) is None:
                break
            shown = further
        return shown

    def holds(self, text: str) -> bool:
        """Whether the text repeats a secret."""
        return self.mask(text) != text

    def words(self, text: str, max_chars: int) -> str:
        """A peer's text for a sentence: secrets hidden, then made `printable`; a cut never leaves half a secret."""
        head = text[: 4 * max_chars + self._longest]
        masked = self.mask(head)
        if len(head) < len(text):
            masked = masked[: max(0, len(masked) - self._longest)]
        return printable(masked.strip(), max_chars)

    def _hide(self, text: str) -> str:
        for form in self._forms:
            if form not in text:
                continue
            text = (
                re.sub(ALONE.format(re.escape(form)), MASK, text) if form in self._alone else text.replace(form, MASK)
            )
        return text

    def _hide_escaped(self, text: str) -> str | None:
        """The text, unescaped until a secret appears and with that hidden; None where no secret appears."""
        waiting, known = [text], {text}
        for _ in range(ESCAPED_TIMES_MAX):
            texts, waiting = waiting, []
            for plain in (unescape(one) for one in texts for unescape in UNESCAPE):
                if plain in known:
                    continue
                if (hidden := self._hide(plain)) != plain:
                    return hidden
                known.add(plain)
                waiting.append(plain)
        return None

    def errors(self) -> _Errors:
        """A block: no error that leaves it repeats a secret, and neither do the errors that it was raised from."""
        return _Errors(self)

    def clean(self, error: BaseException) -> None:
        """Masks the texts of an error and of all errors that it comes from, because a traceback prints them."""
        for one in (links := list(_links(error))):
            self._clean_one(one)
        for one in links:
            if one.__cause__ is not None and self.holds(str(one.__cause__)):
                one.__cause__ = None  # an error that builds its text each time cannot be cleaned
            if one.__context__ is not None and self.holds(str(one.__context__)):
                one.__context__ = None

    def _clean_one(self, error: BaseException) -> None:
        error.args = tuple(self._mask_part(part) for part in error.args)
        named = {name: value for name, value in vars(error).items() if isinstance(value, str)}
        if isinstance(error, OSError):
            named |= {name: part for name in ("strerror", "filename") if isinstance(part := getattr(error, name), str)}
        for name, value in named.items():
            with suppress(AttributeError):
                setattr(error, name, self._mask_part(value))

    def _mask_part(self, part: object) -> object:
        if isinstance(part, bytes | bytearray):
            return MASK if self.holds(part.decode("latin-1")) else part
        return self.words(part, ERROR_MAX_CHARS) if isinstance(part, str) else part


class _Errors:
    """Cleans what leaves its block; a class, as nothing is caught here."""

    def __init__(self, mask: SecretMask) -> None:
        self._mask = mask

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            self._mask.clean(error)


def _links(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the errors that it carries."""
    known: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *(part for part in one.args if isinstance(part, BaseException))]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _long_enough(secrets: Iterable[str | None]) -> frozenset[str]:
    """The secrets that count, each also without the spaces at its ends, which headers and answers lose on the way."""
    texts = {text for secret in secrets if secret for text in (secret, secret.strip())}
    return frozenset(text for text in texts if len(text) >= LEAST_CHARS)


@lru_cache(maxsize=64)
def _mask_of(secrets: frozenset[str], suspects: frozenset[str] = frozenset()) -> SecretMask:
    forms = {form for secret in secrets | suspects for form in _forms(secret)}
    alone = {form for secret in secrets | suspects if len(secret) < ANYWHERE_FROM_CHARS for form in _forms(secret)}
    certain = _mask_of(secrets) if suspects else None
    return SecretMask(tuple(sorted(forms, key=lambda form: (-len(form), form))), frozenset(alone), certain)


def _forms(secret: str) -> Iterator[str]:
    """All forms of a secret in a text without escapes."""
    content = secret.encode("utf-8", "surrogatepass")
    yield from (secret, secret.replace(" ", "+"))
    packed = b64encode(content).decode()
    encodings = [packed, packed.rstrip("=")]
    if len(secret) >= ANYWHERE_FROM_CHARS:
        yield from (content.hex(), content.hex().upper())
        encodings += _inner_base64(content)
    for encoded in encodings:
        yield from (encoded, encoded.replace("+", "-").replace("/", "_"))


def _inner_base64(content: bytes) -> Iterator[str]:
    """The base64 text of these bytes inside a longer content, for each of the three places where they may begin."""
    for shift, skipped in ((0, 0), (1, 2), (2, 3)):
        whole_letters = 8 * (shift + len(content)) // 6
        yield b64encode(b"\0" * shift + content).decode()[skipped:whole_letters]


def _unescape(found: re.Match[str]) -> str:
    in_bytes, in_units, line_break, sign = found.groups()
    if in_bytes:
        return bytes.fromhex(in_bytes.replace("\\x", "")).decode("utf-8", "replace")
    if in_units:
        return bytes.fromhex(in_units.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    return LINE_BREAKS[line_break] if line_break else str(sign)


UNESCAPE: tuple[Callable[[str], str], ...] = (
    lambda text: unquote(text, errors="replace"),
    lambda text: ESCAPE.sub(_unescape, text),
    html.unescape,
)
"""Each removes one level of escapes: of URLs, of JSON and Python, of HTML; one by one: a secret may look like any."""
NO_SECRETS = SecretMask.of()
