"""A client's own secrets in whatever a peer says: *** in every form in which a peer or a library may repeat them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from html.entities import codepoint2name
from types import TracebackType

from edye_delivery.catalog.printable import printable

MASK = "***"
LEAST_CHARS = 4
"""What is shorter is no secret: masking it would make stars of every text."""
ANYWHERE_FROM_CHARS = 8
"""A shorter secret is masked only where it stands alone, as `abc123` in `token=abc123`, not inside a word."""
ERROR_MAX_CHARS = 2000
ESCAPED_IN_STRINGS = frozenset("\"'/")
LINE_BREAKS = {"\n": "n", "\r": "r", "\t": "t"}
ALONE_BEFORE, ALONE_AFTER = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))", r"(?![0-9A-Za-z])"
NOTHING = re.compile(r"(?!)")
RUNS = re.compile(r"\\+|.", re.DOTALL)


class SecretMask:
    """Hides some secrets: plain, percent-encoded, escaped as in JSON, Python and HTML, as hexadecimal and as base64.

    Base64 is recognised on its own and inside of a longer text that was encoded, standard and URL-safe, with padding or
    without. The longest form that fits is hidden first, so no rest of a longer secret is left.
    """

    __slots__ = ("_longest", "_pattern")

    def __init__(self, pattern: re.Pattern[str], longest: int) -> None:
        self._pattern, self._longest = pattern, longest

    @classmethod
    def of(cls, *secrets: str | None) -> SecretMask:
        """The mask of these secrets; None and what is too short to be one do not count."""
        return _mask_of(frozenset(secret for secret in secrets if secret and len(secret) >= LEAST_CHARS))

    def mask(self, text: str) -> str:
        """The whole text, *** for every secret."""
        return self._pattern.sub(MASK, text)

    def holds(self, text: str) -> bool:
        """Whether the text repeats a secret."""
        return self._pattern.search(text) is not None

    def words(self, text: str, max_chars: int) -> str:
        """A peer's words for a sentence: masked, on one line, printable, bounded; no cut leaves half a secret."""
        head = text[: 4 * max_chars + self._longest]
        if len(head) < len(text):
            last = max((found.end() for found in self._pattern.finditer(head)), default=0)
            head = head[: max(last, len(head) - self._longest)]
        return printable(self.mask(head).strip(), max_chars)

    def errors(self) -> _Errors:
        """A block: an error that leaves it repeats no secret, neither itself nor in what it was raised from."""
        return _Errors(self)

    def clean(self, error: BaseException) -> None:
        """Makes the words of an error and of all that it comes from masked and printable; a traceback prints them."""
        for one in (links := list(_links(error))):
            self._clean_one(one)
        for one in links:
            if one.__cause__ is not None and self.holds(str(one.__cause__)):
                one.__cause__ = None  # what builds its words anew cannot be cleaned
            if one.__context__ is not None and self.holds(str(one.__context__)):
                one.__context__ = None

    def _clean_one(self, error: BaseException) -> None:
        error.args = tuple(self._cleaned(part) for part in error.args)
        named = {name: value for name, value in vars(error).items() if isinstance(value, str)}
        if isinstance(error, OSError):
            named |= {name: part for name in ("strerror", "filename") if isinstance(part := getattr(error, name), str)}
        for name, value in named.items():
            with suppress(AttributeError):
                setattr(error, name, self._cleaned(value))

    def _cleaned(self, part: object) -> object:
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


@lru_cache(maxsize=64)
def _mask_of(secrets: frozenset[str]) -> SecretMask:
    if not secrets:
        return SecretMask(NOTHING, 0)
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=lambda form: (-form[0], form[1]))
    # A letter takes at most ten signs, such as \\u0041 with four backslashes.
    return SecretMask(re.compile("|".join(pattern for _, pattern in forms)), 10 * max(map(len, secrets)))


def _forms(secret: str) -> Iterator[tuple[int, str]]:
    """Patterns of a secret, each with the length by which the longest goes first."""
    content = secret.encode("utf-8", "surrogatepass")
    plain = "".join(_backslashes(len(run)) if run[0] == "\\" else _letter(run) for run in RUNS.findall(secret))
    is_long = len(secret) >= ANYWHERE_FROM_CHARS
    yield len(secret), plain if is_long else f"{ALONE_BEFORE}{plain}{ALONE_AFTER}"
    inner = _inner_base64(content) if is_long else ()
    for encoded in dict.fromkeys((b64encode(content).decode().rstrip("="), *inner)):
        pattern = "".join(map(_base64_letter, encoded)) + "(?:=|%3[dD]){0,2}"
        yield len(encoded), pattern if is_long else f"{ALONE_BEFORE}{pattern}{ALONE_AFTER}"
    if is_long:
        yield 2 * len(content), "".join(map(_any_case, content.hex()))


def _inner_base64(content: bytes) -> Iterable[str]:
    """What every base64 has in it that encodes these bytes somewhere, by the place at which they begin."""
    for shift, skipped in ((0, 0), (1, 2), (2, 3)):
        whole_letters = 8 * (shift + len(content)) // 6
        yield b64encode(b"\0" * shift + content).decode()[skipped:whole_letters]


def _letter(sign: str) -> str:
    """One character in all its spellings."""
    content = sign.encode("utf-8", "surrogatepass")
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        re.escape(sign),
        "".join(f"%(?:25){{0,4}}{_any_case(f'{byte:02x}')}" for byte in content),
        "".join(rf"\\{{1,8}}u{_any_case(units[at : at + 4])}" for at in range(0, len(units), 4)),
        "".join(rf"\\{{1,8}}x{_any_case(f'{byte:02x}')}" for byte in content),
        f"&(?:amp;)?#0{{0,4}}(?:{ord(sign)}|[xX]0{{0,4}}{_any_case(f'{ord(sign):x}')});",
    ]
    if name := codepoint2name.get(ord(sign)):
        forms.append(f"&(?:amp;)?{name};")
    if sign in ESCAPED_IN_STRINGS:
        forms.append(rf"\\{{1,8}}{re.escape(sign)}")
    if sign in LINE_BREAKS:
        forms.append(rf"\\{{1,8}}{LINE_BREAKS[sign]}")
    if sign == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(dict.fromkeys(forms))})"


def _backslashes(count: int) -> str:
    """So many backslashes, escaped up to twice; each run is one quantifier, as many would take for ever to fail."""
    spelled = r"%(?:25){0,4}5[cC]|\\{1,8}(?:u00|x)5[cC]|&#0{0,4}(?:92|[xX]0{0,4}5[cC]);"
    return rf"(?:\\{{{count},{4 * count}}}(?!u00|x)|(?:{spelled}){{{count}}})"


def _base64_letter(sign: str) -> str:
    """One letter of base64; the two of its alphabet that URLs and JSON escape, in all their spellings."""
    return {"+": r"(?:[+-]|%2[bB])", "/": r"(?:\\{0,8}/|_|%2[fF])"}.get(sign, sign)


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


NO_SECRETS = SecretMask.of()
