"""The partner's ingest API, by include/contracts/roku-ingest-api.yaml."""

from __future__ import annotations

from python_multipart.multipart import parse_options_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import bearer_token, fault_answer, json_answer, problem, service_app
from sandbox.clock import Clock
from sandbox.connection import Call, ConnectionDropped, call_of
from sandbox.ingests import IngestBook
from sandbox.upload import Upload

TOKEN = "abc123"
_KEY_LIMIT = 255


class PartnerApi:
    """Takes uploads and tells how they fare."""

    def __init__(self, book: IngestBook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def app(self) -> Starlette:
        """Return the endpoints as one app; the withdrawal is a sibling partner's, the contract has none."""
        return service_app(
            [
                Route("/api/ingesta/contenido", self._ingest, methods=["POST"]),
                Route("/api/ingesta/status", self._status, methods=["GET"]),
                Route("/api/ingesta/contenido/{external_id}", self._withdraw, methods=["DELETE"]),
            ]
        )

    async def _ingest(self, request: Request) -> Response:
        call = call_of(request.scope)
        call.operation = "ingest"
        kind, options = parse_options_header(request.headers.get("content-type"))
        refusal = _refused_token(request) or _refused_form(kind, options) or _refused_key(call)
        if refusal:
            await _read_out(request)
            return refusal
        upload = self._book.open_upload(options[b"boundary"].decode("latin-1"))
        try:
            await _receive(request, call, upload)
            return self._answer(call, upload)
        finally:
            upload.discard()

    def _answer(self, call: Call, upload: Upload) -> Response:
        planned = fault_answer(call.fault, self._clock.now)
        if planned:
            return planned
        if upload.problem:
            return problem(400, *upload.problem)
        answer = self._book.take(upload, key=call.idempotency_key, request_id=call.request_id, fault=call.fault)
        call.tracking_id = answer.tracking_id
        if answer.conflict_code:
            return problem(409, answer.conflict_code, answer.conflict_message, id=answer.tracking_id)
        if call.fault and call.fault.kind == "taken_then_cut":
            call.outcome = "taken_then_cut"
            raise ConnectionDropped
        return json_answer({"status": "received", "id": answer.tracking_id, "tracking_id": answer.tracking_id})

    async def _status(self, request: Request) -> Response:
        call = call_of(request.scope)
        call.operation = "status"
        refusal = _refused_token(request)
        if refusal:
            return refusal
        tracking_id = request.query_params.get("id", "")
        call.tracking_id = tracking_id or None
        planned = fault_answer(call.strike("status", self._book.external_id(tracking_id)), self._clock.now)
        if planned:
            return planned
        status = self._book.status(tracking_id)
        if status is None:
            return problem(404, "UNKNOWN_ID", f"tracking id desconocido: {tracking_id or '(vacío)'}")
        return json_answer(status)

    async def _withdraw(self, request: Request) -> Response:
        call = call_of(request.scope)
        call.operation = "withdraw"
        refusal = _refused_token(request)
        if refusal:
            return refusal
        external_id = request.path_params["external_id"]
        planned = fault_answer(call.strike("withdraw", external_id), self._clock.now)
        if planned:
            return planned
        if not self._book.withdraw(external_id, request.query_params.get("end_at")):
            return problem(404, "UNKNOWN_ID", f"contenido desconocido: {external_id}")
        return json_answer({"status": "withdrawn"})


async def _receive(request: Request, call: Call, upload: Upload) -> None:
    """Stream the body into the upload; the fault plan is asked as soon as the title's name is known."""
    known: str | None = None
    async for chunk in request.stream():
        upload.write(chunk)
        if upload.external_id != known:
            known = upload.external_id
            call.strike("ingest", known)
            call.check_upload()
        await call.slow_upload(len(chunk))
    if known is None:
        call.strike("ingest")
    call.sha256 = upload.sha256
    if call.cuts_upload:
        raise ConnectionDropped


async def _read_out(request: Request) -> None:
    async for _chunk in request.stream():
        pass


def _refused_token(request: Request) -> Response | None:
    if bearer_token(request) == TOKEN:
        return None
    answer = problem(401, "UNAUTHORIZED", "token ausente o incorrecto")
    answer.headers["www-authenticate"] = "Bearer"
    return answer


def _refused_form(kind: bytes, options: dict[bytes, bytes]) -> Response | None:
    if kind == b"multipart/form-data" and options.get(b"boundary"):
        return None
    return problem(415, "UNSUPPORTED_MEDIA_TYPE", "formato no soportado: se espera multipart/form-data con boundary")


def _refused_key(call: Call) -> Response | None:
    if len(call.idempotency_key or "") <= _KEY_LIMIT:
        return None
    return problem(400, "IDEMPOTENCY_KEY_TOO_LONG", f"Idempotency-Key de más de {_KEY_LIMIT} caracteres")
