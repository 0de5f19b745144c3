"""All errors, of two kinds: Transient (the same call may succeed later) and Terminal (it fails every time)."""

from __future__ import annotations

import math
from typing import Self


class DeliveryError(Exception):
    """Any failure of a delivery step that a person or a retry policy has to act on.

    `http_status` and `error_code` come from the other side's answer, where there was one; `seconds` is how long the
    call took, where the caller measured it.
    """

    http_status: int | None = None
    error_code: str = ""
    seconds: float | None = None

    def with_answer(self, http_status: int | None, error_code: str = "") -> Self:
        """The same error, with the status and code of the answer that it comes from."""
        self.http_status, self.error_code = http_status, error_code
        return self


class Transient(DeliveryError):
    """The same call may succeed later: retry it; `retry_after_s` is the wait that the other side asks for, if any."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        self.message, self.retry_after_s = message, retry_after_s
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Transient], tuple[str, float | None]]:
        return type(self), (self.message, self.retry_after_s)


class Terminal(DeliveryError):
    """The same input fails every time: stop and tell a person."""


class InvalidRequest(Terminal):
    """The params of a run are wrong, or ask for something that a run cannot do."""


class AnnexInvalid(Terminal):
    """An annex file breaks the annex model; the message names file and key."""


class ConfigurationInvalid(Terminal):
    """A connection or the installation lacks something that the run needs."""


class NoRecipient(ConfigurationInvalid):
    """An alert cannot be sent, because the installation names no recipient."""


class StoreUnavailable(Transient):
    """The artifact store does not answer, or is full: no step can work without it."""


class AuthRefused(Terminal):
    """The other side refused our token (401) or our permission (403)."""


class CircuitOpen(Terminal):
    """Too many technical errors in a row: nothing more is sent to the partner in this run."""


class NameRefused(Terminal):
    """A name for a path or a command has other characters than letters, digits, dots, hyphens and underscores."""


class FtpRefused(Terminal):
    """An FTP server refuses a command for good (5xx): its code, its text, the command."""

    def __init__(self, command: str, code: int, text: str) -> None:
        self.command, self.code, self.text = command, code, text
        super().__init__(f"the FTP server answered {code} to {command}: {text or '(no text)'}")

    def __reduce__(self) -> tuple[type[FtpRefused], tuple[str, int, str]]:
        return type(self), (self.command, self.code, self.text)


class CatalogueRefused(Terminal):
    """The EDYE API answers a well-formed call with a refusal (400, 404)."""


class ListRefused(Terminal):
    """The delivery API does not give a list: its status is none that a call again could change (400, 404, 410)."""


class JwPlayerRefused(Terminal):
    """JW Player answers a well-formed call with a refusal (400, 404, a redirect)."""


class CatalogueTooLarge(Terminal):
    """A list of the EDYE API has more items or bytes than the annex allows; the message says what to do."""


class AnswerMalformed(Transient):
    """An answer is cut short, too large, or not what its contract says."""


class TooSlow(Transient):
    """The other side is too slow: the call's deadline has passed, or the bytes come below the least rate."""


class UrlRefused(Terminal):
    """A URL of foreign input may not be called: it is malformed, not http(s), or its host is not on the allow-list."""


class HostNotAllowed(UrlRefused):
    """A URL of foreign input is well formed, and its host is not on the allow-list."""


class MediaUnavailable(Terminal):
    """The media host says that there is no such file (404, 410)."""


class MediaRefused(Transient):
    """The media host does not serve a file in a usable way (compressed, without ranges); the file itself may be good.

    The same call is not repeated.
    """

    def __init__(self, message: str, retry_after_s: float | None = math.inf) -> None:
        super().__init__(message, retry_after_s)


class MediaTooLarge(Terminal):
    """A file is larger than its kind may be."""


class AddressRefused(MediaRefused):
    """The media host refuses the address (401, 403); a new address from the catalogue may work."""


class MediaChanged(Transient):
    """The media file is not, or no longer, the one that was checked."""


class MediaMismatch(Terminal):
    """The media file's SHA-256 is not the one that the catalogue gives."""


class EncodeFailed(Terminal):
    """A media file cannot be re-encoded: ffmpeg refuses it, or a bound of the annex is reached."""


class PictureBroken(Terminal):
    """A picture cannot be opened or rendered within the limits."""


class PictureTooLarge(PictureBroken):
    """A picture has more pixels, or needs more memory, than the limits allow."""


class PictureUnknown(PictureBroken):
    """A file is no picture of an allowed format."""


class FeedRefused(Terminal):
    """A feed has errors and is not published; the message names the rules, and the last good feed stays."""


class GenerationDamaged(Terminal):
    """A file of a pull partner's generation is missing, cut or unreadable; the message names it and what to do."""


class GenerationTaken(Transient):
    """Another publisher has written or removed files of the same generation meanwhile: build it again."""


class NoEarlierGeneration(Terminal):
    """Readers cannot be sent back: no earlier generation of the partner is kept."""


class ItemRefused(Terminal):
    """A publisher hands over an item that no generation can hold; the message names it."""


class CheckpointExpired(Terminal):
    """A pull partner asks for changes since a moment whose tombstones are no longer kept: it reads from the start."""


class WindowNotDone(Terminal, SystemExit):
    """Titles of the window are not accepted; the message names each with its cause and owner.

    It is a SystemExit, so that its task fails without a traceback: no code failed. The caller logs the message first.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = 1
