"""The ingest call: its bytes on the wire, and what every answer means."""

import email.parser
import json
import re

import httpx
import pytest

from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.clients.http import HttpAnswer
from edye_delivery.clients.ingest import (
    ExtraPart,
    IngestApi,
    MediaBody,
    Receipt,
    Refusal,
    StateUnlisted,
    Upload,
    read_status,
)
from edye_delivery.errors import AnswerMalformed, AuthRefused, MediaUnavailable, Transient
from tests.builders import the_annex
from tests.unit.clients.transport import NOW, Slept, client_of

RECEIVED = {"status": "received", "tracking_id": "t-1"}


def upload(blocks=(b"abc", b"def"), extras=(), key="k" * 64):
    size = sum(len(block) for block in blocks)
    return Upload(key, "request-1", "EDYE_S01E03_ES.mp4", {"titulo": "Ñandú"}, MediaBody(size, iter(blocks)), extras)


def send(handler, annex=None, **changes):
    return IngestApi(client_of(handler), annex or the_annex(), Slept().clock()).send(upload(**changes))


def parts_of(request):
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + request.content)
    return {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}


class Taken:
    """Keeps the request and answers as told."""

    def __init__(self, answer=None, status=200):
        self.answer, self.status = RECEIVED if answer is None else answer, status

    def __call__(self, request):
        request.read()
        self.request = request
        return httpx.Response(self.status, json=self.answer)


def test_the_body_is_the_annex_s_multipart_with_a_known_length():
    taken = Taken()
    poster = ExtraPart("poster", "p.jpeg", "image/jpeg", b"\xff\xd8")
    assert send(taken, extras=(poster,)) == Receipt("t-1", 200)
    request, parts = taken.request, parts_of(taken.request)
    assert request.method == "POST"
    assert request.url.path == "/api/ingesta/contenido"
    assert int(request.headers["content-length"]) == len(request.content)
    assert request.headers["idempotency-key"] == "k" * 64
    assert request.headers["x-request-id"] == "request-1"
    assert list(parts) == ["metadata", "file", "poster"]
    assert parts["file"].get_payload(decode=True) == b"abcdef"
    assert parts["file"].get_filename() == "EDYE_S01E03_ES.mp4"
    assert parts["file"].get_content_type() == "video/mp4"
    assert json.loads(parts["metadata"].get_payload(decode=True)) == {"titulo": "Ñandú"}
    assert parts["poster"].get_payload(decode=True) == b"\xff\xd8"


def test_the_names_of_the_headers_are_the_annex_s():
    taken = Taken()
    send(taken, the_annex(api={"idempotency_key_header": "X-Dedup", "request_id_header": "X-Trace"}))
    assert (taken.request.headers["x-dedup"], taken.request.headers["x-trace"]) == ("k" * 64, "request-1")
    assert not {"idempotency-key", "x-request-id"} & taken.request.headers.keys()


def test_a_resend_is_the_same_to_the_byte():
    first, second = Taken(), Taken()
    send(first)
    send(second)
    assert first.request.content == second.request.content
    assert first.request.headers["content-type"] == second.request.headers["content-type"]


def test_another_partner_s_paths_and_part_names_come_from_its_annex():
    names = {
        "ingest_path": "/v2/assets",
        "file_part": "video",
        "metadata_part": "json",
        "tracking_id_keys": ["job.ref"],
    }
    taken = Taken({"status": "received", "job": {"ref": 77}})
    assert send(taken, the_annex(api=names)) == Receipt("77", 200)
    assert taken.request.url.path == "/v2/assets"
    assert list(parts_of(taken.request)) == ["json", "video"]


@pytest.mark.parametrize(
    ("status", "answer", "cause"),
    [
        (400, {"status": "error", "error": {"code": "METADATA_INCOMPLETE", "message": "falta"}}, Cause.METADATA),
        (415, {"error": {"message": "formato no soportado: hevc"}}, Cause.MEDIA),
        (413, {}, Cause.MEDIA),
        (409, {"id": "t-0", "error": {"code": "STILL_PROCESSING"}}, Cause.TRANSIENT),
        (418, {"error": {"message": "tetera"}}, Cause.UNKNOWN),
        (302, {}, Cause.UNKNOWN),
        (200, {"status": "error", "error": {"message": "metadatos incompletos"}}, Cause.METADATA),
    ],
)
def test_a_refusal_carries_cause_and_words(status, answer, cause):
    refusal = send(Taken(answer, status))
    assert isinstance(refusal, Refusal)
    assert refusal.cause is cause
    assert str(status) in refusal.sentence


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (401, {}, AuthRefused),
        (403, {}, AuthRefused),
        (429, {}, Transient),
        (500, {}, Transient),
        (503, {}, Transient),
        (408, {}, Transient),
        (200, {"status": "received"}, AnswerMalformed),
        (200, {"tracking_id": "x"}, AnswerMalformed),
        (200, ["x"], AnswerMalformed),
    ],
)
def test_answers_after_which_the_same_call_may_succeed_or_nothing_may_be_sent(status, answer, error):
    with pytest.raises(error):
        send(Taken(answer, status))


def test_a_cut_connection_is_a_transient():
    def cut(request):
        request.read()
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    with pytest.raises(Transient, match="connection failed"):
        send(cut)


def test_media_that_breaks_off_ends_the_call_with_its_own_error():
    def breaking():
        yield b"abc"
        raise MediaUnavailable("gone")

    with pytest.raises(MediaUnavailable):
        IngestApi(client_of(Taken()), the_annex(), Slept().clock()).send(
            Upload("k" * 64, "r", "x.mp4", {}, MediaBody(6, breaking()))
        )


def test_the_answer_s_size_is_bounded():
    with pytest.raises(AnswerMalformed, match="more than"):
        send(lambda request: httpx.Response(200, content=b" " * (2 * 1024 * 1024)))


def status_of(status, content):
    return read_status(the_annex(), "t-1", HttpAnswer(status, httpx.Headers(), json.dumps(content).encode()), NOW)


@pytest.mark.parametrize("word", ["received", "processing", "completed"])
def test_the_partner_s_states_are_ours(word):
    status = status_of(200, {"status": word})
    assert status.state is IngestState(word)
    assert status.refusal is None


def test_an_ended_ingest_in_error_tells_its_cause():
    status = status_of(200, {"status": "error", "error": {"code": "UNSUPPORTED_FORMAT", "message": "hevc"}})
    assert status.refusal.cause is Cause.MEDIA
    assert "hevc" in status.refusal.sentence


def test_an_ingest_that_the_partner_does_not_know_is_for_a_person():
    assert status_of(404, {}).refusal.cause is Cause.UNKNOWN


@pytest.mark.parametrize("http_status", [201, 202, 203])
def test_an_answer_that_succeeds_is_read_for_its_state_whatever_its_code(http_status):
    assert status_of(http_status, {"status": "processing"}).state is IngestState.PROCESSING
    assert status_of(http_status, {"status": "error"}).refusal.http_status == http_status


@pytest.mark.parametrize("word", ["COMPLETED", "Completed", " completed "])
def test_the_case_of_a_state_says_nothing(word):
    assert status_of(200, {"status": word}).state is IngestState.COMPLETED
    assert send(Taken({"status": word, "tracking_id": "t-1"})) == Receipt("t-1", 200)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"status": "almost"}, "has the state 'almost', which is none of those that the annex lists .received, "),
        ({"status": 7}, "has the state of type int, "),
        ({"status": "x" * 5000}, "has the state 'xxx"),
        ({}, "names no state; the annex lists received, "),
    ],
    ids=["unknown", "number", "long", "none"],
)
def test_a_state_that_the_annex_does_not_list_is_named_and_asked_for_again(content, told, caplog):
    with pytest.raises(StateUnlisted, match=told) as error:
        status_of(200, content)
    assert isinstance(error.value, Transient)
    assert len(str(error.value)) < 400
    with pytest.raises(StateUnlisted, match=told):
        send(Taken(content))
    taken = Taken(content | {"tracking_id": "t-1"})
    if isinstance(content.get("status"), str):
        assert send(taken) == Receipt("t-1", 200)  # never uploaded a second time for a word
        assert re.search(told, caplog.text)
    else:
        with pytest.raises(StateUnlisted, match=told):
            send(taken)


def test_a_title_that_is_gone_is_as_good_as_withdrawn_whatever_the_answer_s_body_is():
    annex = the_annex(withdrawal={"endpoint": {"method": "DELETE", "path": "/titles/{external_id}"}})
    answer = httpx.Response(404, headers={"Content-Encoding": "br"}, stream=httpx.ByteStream(b"\x0b\x02"))
    api = IngestApi(client_of(lambda request: answer), annex, Slept().clock())
    assert api.withdraw("EDYE_1", "r", None, annex.withdrawal.endpoint).status == 404
