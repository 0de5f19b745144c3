"""What an FTP server's refusal means for the command that it answers: RFC 959, RFC 3659, and what servers say."""

from __future__ import annotations

import re
from enum import Enum, auto


class Meaning(Enum):
    """What to do about a refusal."""

    TEMPORARY = auto()
    """The same command may succeed later."""
    PERMANENT = auto()
    """The same command fails every time."""
    UNSUPPORTED = auto()
    """The server has no such command: another one may do the same."""
    ABSENT = auto()
    """There is no such file."""
    PERHAPS_ABSENT = auto()
    """There is no such file, or it cannot be read now: a listing of its folder shows which."""
    EMPTY = auto()
    """The folder is empty; CWD has shown that it exists."""
    OFFSET_REFUSED = auto()
    """The server cannot resume a partial file; from its beginning it may take the file."""
    NO_ROOM = auto()
    """The disk is full, or our share of it."""
    LOGIN_REFUSED = auto()
    """The server does not let us in."""


CONTINUATION = "STOR or APPE from an offset on"
CONTINUATION_END = "the end of STOR or APPE from an offset on"
ANY = ""
MEANINGS: dict[tuple[str, int], Meaning] = {
    (ANY, 4): Meaning.TEMPORARY,
    (ANY, 5): Meaning.PERMANENT,
    (ANY, 530): Meaning.LOGIN_REFUSED,
    (ANY, 532): Meaning.LOGIN_REFUSED,
    (ANY, 552): Meaning.NO_ROOM,
    ("NLST", 450): Meaning.EMPTY,  # proftpd
    ("NLST", 550): Meaning.EMPTY,
    ("PASV", 5): Meaning.UNSUPPORTED,  # a server with EPSV alone
    **{(command, 5): Meaning.ABSENT for command in ("SIZE", "MLST")},
    **{(command, 450): Meaning.PERHAPS_ABSENT for command in ("SIZE", "MLST")},  # rclone
    **{(command, code): Meaning.UNSUPPORTED for command in ("SIZE", "MLST") for code in (500, 501, 502, 504)},
    **{("REST", code): Meaning.OFFSET_REFUSED for code in (450, 451, 5)},
    **{(CONTINUATION, code): Meaning.OFFSET_REFUSED for code in (451, 500, 501, 502, 504, 550, 551, 553, 554, 555)},
    **{(CONTINUATION_END, code): Meaning.OFFSET_REFUSED for code in (450, 5)},  # rclone: "Function not implemented"
}
"""By command and reply code; a single digit stands for all codes that begin with it and have no line of their own."""

CROWD = r"(?:connections?|connected|clients?|sessions?|users)"
NUMBER = r"(?:maximum|max|limit|too many|no more|exceed\w*|reached|full)"
CROWDED = re.compile(rf"\b(?:connections|clients)\b|\b{CROWD}\b.*\b{NUMBER}\b|\b{NUMBER}\b.*\b{CROWD}\b", re.IGNORECASE)
LASTING = re.compile(
    r"tls|ssl|secur|encrypt|certificate|password|disabled|locked|banned|not (?:allowed|permitted)|attempts|failed",
    re.IGNORECASE,
)


def meaning_of(command: str, code: int, text: str = "") -> Meaning:
    """What the refusal of a command's verb means: the most exact line of the table.

    For 530 the text decides: a server that has too many connections or clients now may let us in later. Where the text
    is about TLS, a certificate or a password, or a blocked account or address, it will not.
    """
    lines = ((command, code), (ANY, code), (command, code // 100), (ANY, code // 100))
    meaning = next((MEANINGS[line] for line in lines if line in MEANINGS), Meaning.TEMPORARY)
    if meaning is Meaning.LOGIN_REFUSED and CROWDED.search(text) and not LASTING.search(text):
        return Meaning.TEMPORARY
    return meaning
