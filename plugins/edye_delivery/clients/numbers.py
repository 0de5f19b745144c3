"""Numbers in foreign text, bounded before they are read: of 4,301 digits Python makes no number but a ValueError."""

from __future__ import annotations

from edye_delivery.errors import AnswerMalformed

DIGITS_MAX = 18
"""So that every number fits into 64 bits, and so into every database."""


def parse_int(text: str, what: str) -> int:
    """The number of some plain digits; AnswerMalformed says of what it is none, or too long a one."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()):
        raise AnswerMalformed(f"{what} is {digits!r:.40}, which is no number")
    if len(digits) > DIGITS_MAX:
        raise AnswerMalformed(f"{what} has {len(digits)} digits, a number has {DIGITS_MAX} or fewer")
    return int(digits)
