"""One call of the ingest API: what it sends, what each answer means, and what stops it before its last byte."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from edye_delivery.catalog.vocabulary import Cause, Channel
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.errors import AuthRefused, MediaChanged, MediaMismatch, MediaUnavailable, Transient
from edye_delivery.ledger.leases import Holder, LeaseLost
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused
from tests.artifacts import Artifacts
from tests.builders import the_annex
from tests.unit.clients.transport import RETRY_POLICY, client_of
from tests.unit.pipeline.builders import ANNEX, GOOD_VIDEO, PARTNER, RUN, Pauses, checked_for, plan_for

PLAN = plan_for()
KEY = PLAN.delivery_key
CONTENT = b"film data"
CHECKED = checked_for(PLAN, video=GOOD_VIDEO.model_copy(update={"size_bytes": len(CONTENT)}))


class Partner:
    """The ingest API with one answer; it notes the calls that came to it whole."""

    def __init__(self, answer=202, **body):
        self.answer, self.body, self.calls = answer, body, []

    def __call__(self, request):
        self.calls.append(request)
        return httpx.Response(self.answer, json=self.body)


def taken(tracking_id="t-1"):
    return Partner(200, status="received", tracking_id=tracking_id)


def refused(status, code="", **more):
    return Partner(status, error={"code": code, "message": "no"}, **more)


def media_source():
    def answer(request):
        headers = {"Content-Range": f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"}
        return httpx.Response(206, headers=headers, content=CONTENT)

    return MediaSource(MediaHost(client_of(answer), frozenset({"media.example"}), RETRY_POLICY, Pauses().clock))


@pytest.fixture
def upload(ledger):
    """Uploads in the n-th try of the delivery, those before it unanswered."""

    def upload(partner, checked=CHECKED, *, tries=1, annex=ANNEX, store=None, before=lambda: None):
        ledger.plan(PARTNER, RUN, [checked.plan])
        for _ in range(tries):
            delivery = ledger.begin_send(checked.plan.delivery_key, RUN, holder=Holder("me"), lease_s=3600)
        before()
        api = IngestApi(client_of(partner), annex, Pauses().clock)
        uploader = ApiUploader(annex, api, media_source(), ledger, store or Artifacts())
        return uploader.upload(checked, delivery), delivery

    return upload


def test_a_title_goes_in_one_call_with_its_metadata_media_and_keys(upload):
    partner = taken()
    receipt, delivery = upload(partner)
    assert (receipt.tracking_id, receipt.bytes_sent, receipt.http_status) == ("t-1", len(CONTENT), 200)
    [call] = partner.calls
    assert (call.method, call.url.path) == ("POST", ANNEX.api.ingest_path)
    assert call.headers["Idempotency-Key"] == delivery.idempotency_key == KEY
    assert call.headers["X-Request-ID"] == delivery.request_id
    assert CONTENT in call.content
    assert PLAN.external_id.encode() in call.content
    assert PLAN.file_name.encode() in call.content


def test_thumbnails_travel_where_the_annex_says_so(upload):
    rendition = {"part": "poster", "thumbnail": "portrait_2x3", "file_name": "{external_id}_{thumbnail}.{extension}"}
    annex = the_annex(api={"renditions": [rendition]})
    store = Artifacts({"art/po/portrait_2x3.jpg": b"small picture"})
    partner = taken()
    upload(partner, annex=annex, store=store)
    assert b"small picture" in partner.calls[0].content
    assert b'name="poster"' in partner.calls[0].content


@pytest.mark.parametrize(("tries", "ended"), [(1, True), (2, False)], ids=["first try", "after a lost answer"])
def test_a_refusal_ends_an_ingest_unless_an_earlier_try_may_have_begun_one(upload, tries, ended):
    with pytest.raises(PartnerRefused) as raised:
        upload(refused(422, "METADATA_INCOMPLETE"), tries=tries)
    error = raised.value
    assert (error.cause, error.ended_ingest) == (Cause.METADATA, ended)
    assert (error.http_status, error.error_code) == (422, "METADATA_INCOMPLETE")


@pytest.mark.parametrize(
    ("partner", "error"),
    [(refused(503), Transient), (refused(401), AuthRefused), (refused(400, "STILL_PROCESSING"), Transient)],
    ids=["503", "token", "a transient cause"],
)
def test_an_answer_that_may_be_another_one_later_is_transient(upload, partner, error):
    with pytest.raises(error):
        upload(partner)


OTHER = plan_for(titles={"en": "The Red Kite"})


def other_delivery(ledger, tracking_id):
    """Another content of the title, which the partner has by this id; None: it did not answer."""
    ledger.plan(PARTNER, "run-0", [OTHER])
    ledger.begin_send(OTHER.delivery_key, "run-0", lease_s=-1)
    if tracking_id is not None:
        ledger.mark_received(OTHER.delivery_key, tracking_id, 9, 1.0)
        ledger.fail(OTHER.delivery_key, Cause.MEDIA, "no", ended_by_partner=True)


@pytest.mark.parametrize(
    ("tries", "told", "other", "adopted"),
    [
        (2, "t-1", (), True),
        (1, "t-1", (), False),
        (2, None, (), False),
        (2, "t-1", ("t-0",), True),
        (2, "t-1", ("t-1",), False),
        (2, "t-1", (None,), False),
    ],
    ids=["ours", "no lost answer", "no id", "another's has its own", "another's", "may be another's"],
)
def test_a_conflict_is_our_own_ingest_only_where_no_other_delivery_can_have_begun_it(
    upload, ledger, tries, told, other, adopted
):
    for tracking_id in other:
        other_delivery(ledger, tracking_id)
    partner = refused(409, **({"tracking_id": told} if told else {}))
    if adopted:
        assert upload(partner, tries=tries)[0].tracking_id == "t-1"
    else:
        with pytest.raises((Transient, PartnerRefused)):
            upload(partner, tries=tries)


def promising(sha256):
    media = PLAN.media.model_copy(update={"sha256": sha256})
    return CHECKED.model_copy(update={"plan": PLAN.model_copy(update={"media": media})})


def test_media_with_the_promised_digest_arrives(upload):
    assert upload(taken(), promising(hashlib.sha256(CONTENT).hexdigest()))[0].tracking_id == "t-1"


@pytest.mark.parametrize(
    ("checked", "error"),
    [
        (promising("f" * 64), MediaMismatch),
        (checked_for(PLAN, video=GOOD_VIDEO.model_copy(update={"size_bytes": 8})), MediaChanged),
        (checked_for(PLAN.model_copy(update={"media": None})), MediaUnavailable),
    ],
    ids=["another digest", "another size", "no media"],
)
def test_media_that_is_not_what_was_checked_never_arrives_whole(upload, checked, error):
    partner = taken()
    with pytest.raises(error):
        upload(partner, checked)
    assert partner.calls == []


@pytest.mark.parametrize(("tries", "breaks"), [(1, False), (2, True)], ids=["first try", "resend"])
def test_a_resend_asks_for_its_lease_before_the_last_byte(upload, ledger, tries, breaks):
    partner = taken()

    def lose():
        ledger.renew(KEY, "me", -1)
        ledger.begin_send(KEY, "run-2", holder=Holder("theirs"), lease_s=3600)

    if breaks:
        with pytest.raises(LeaseLost):
            upload(partner, tries=tries, before=lose)
        assert partner.calls == []
    else:
        upload(partner, tries=tries, before=lose)


def test_its_figures_are_the_annexs(ledger):
    uploader = ApiUploader(ANNEX, None, media_source(), ledger, Artifacts())
    assert (uploader.channel, uploader.retry_policy) == (Channel.API, ANNEX.api.retry)
    assert (uploader.titles_at_once, uploader.lease_s) == (ANNEX.api.titles_at_once, ANNEX.api.lease_s)
    assert not uploader.has_advanced(KEY)
