"""Rules EXPO on calls that have to be refused or answered with 304."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.qc.exposure.rule import rule
from edye_delivery.qc.exposure.subjects import Conditional, Refusal
from edye_delivery.qc.exposure.terms import ExposureTerms

NOT_MODIFIED = 304


@rule("EXPO009", "etag-without-effect", on=Conditional, cause=Cause.TRANSIENT)
def etag_without_effect(again: Conditional, terms: ExposureTerms) -> Iterator[str]:
    """A list has no ETag, or the same call with it (If-None-Match) is not answered with 304.

    Why: partners poll every few minutes; without 304 each poll costs whole pages.
    Fix: look at what stands between partner and API (proxy, CDN): it must keep ETag and If-None-Match.
    """
    if not again.etag:
        yield f"{again.call}: the answer has no ETag"
    elif again.status != NOT_MODIFIED:
        yield f"{again.call}: the call with its ETag was answered with {again.status}, expected {NOT_MODIFIED}"
    elif again.size_bytes:
        yield f"{again.call}: the answer {NOT_MODIFIED} has a body of {again.size_bytes} bytes, expected none"


@rule("EXPO010", "call-not-refused", on=Refusal, cause=Cause.AUTH, takes_back=True)
def call_not_refused(refusal: Refusal, terms: ExposureTerms) -> Iterator[str]:
    """A call without a permission is not refused: no token, an endpoint not permitted, another partner's title.

    Why: somebody can read what was not agreed with them.
    Fix: take the API off the net until it refuses; compare the users and their endpoints in the annex.
    """
    if refusal.status != refusal.expected:
        yield f"{refusal.call} was answered with {refusal.status}, expected {refusal.expected}"
