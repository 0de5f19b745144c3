"""What the delivery API says when it does not answer a call: problem details (RFC 9457; contract, Problem)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import orjson

CONTENT_TYPE = b"application/problem+json"


class ProblemType(StrEnum):
    """Why a call is not answered; a client decides by it."""

    BAD_PARAMETER = "bad-parameter"
    MALFORMED = "malformed-request"
    NO_TOKEN = "no-token"  # noqa: S105
    NOT_PERMITTED = "not-permitted"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_SLOW = "request-timeout"
    WITHDRAWN = "withdrawn"
    CHECKPOINT_EXPIRED = "checkpoint-expired"
    GENERATION_EXPIRED = "generation-expired"
    RATE_LIMITED = "rate-limited"
    HEADERS_TOO_LARGE = "headers-too-large"
    FAILED = "failed"
    NO_GENERATION = "no-generation"
    DEGRADED = "degraded"
    OVERLOADED = "too-many-connections"


STATUSES = {
    ProblemType.BAD_PARAMETER: (400, "A parameter is not supported, or its value is not valid"),
    ProblemType.MALFORMED: (400, "This is not an HTTP request"),
    ProblemType.NO_TOKEN: (401, "There is no valid token"),
    ProblemType.NOT_PERMITTED: (403, "This user may not use this endpoint"),
    ProblemType.NOT_FOUND: (404, "There is nothing of this name for you"),
    ProblemType.METHOD_NOT_ALLOWED: (405, "This API is only read"),
    ProblemType.TOO_SLOW: (408, "The request did not arrive in time"),
    ProblemType.WITHDRAWN: (410, "The item is withdrawn"),
    ProblemType.CHECKPOINT_EXPIRED: (410, "The checkpoint is too old"),
    ProblemType.GENERATION_EXPIRED: (410, "The generation of this cursor is gone"),
    ProblemType.RATE_LIMITED: (429, "There are too many calls"),
    ProblemType.HEADERS_TOO_LARGE: (431, "The headers are too large"),
    ProblemType.FAILED: (500, "The call failed on our side"),
    ProblemType.NO_GENERATION: (503, "Nothing is published yet"),
    ProblemType.DEGRADED: (503, "What is published cannot be read at the moment"),
    ProblemType.OVERLOADED: (503, "There are too many connections"),
}


@dataclass(frozen=True, slots=True)
class ParameterError:
    """What is wrong with one parameter, in a sentence."""

    parameter: str
    detail: str


class Problem(Exception):
    """A call that is not answered: its type, a sentence, further headers, and each wrong parameter."""

    def __init__(
        self,
        type_: ProblemType,
        detail: str,
        errors: tuple[ParameterError, ...] = (),
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.type, self.detail, self.errors, self.headers = type_, detail, errors, headers
        super().__init__(detail)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return STATUSES[self.type][0]

    @property
    def message(self) -> str:
        """The type and the sentence, for the log of calls."""
        return f"{self.type.value}: {self.detail}"

    def body(self, request_id: str) -> bytes:
        """The answer's body."""
        status, title = STATUSES[self.type]
        content: dict[str, object] = {
            "type": f"/problems/{self.type.value}",
            "title": title,
            "status": status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            content["errors"] = [{"parameter": error.parameter, "detail": error.detail} for error in self.errors]
        return orjson.dumps(content)


def later(type_: ProblemType, detail: str, retry_after_s: float) -> Problem:
    """A problem that is over after so many seconds, at least one."""
    seconds = max(1, -int(-retry_after_s // 1))
    return Problem(type_, detail, headers=((b"retry-after", str(seconds).encode()),))
