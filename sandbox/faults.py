"""The fault plan: which calls go wrong, and how."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox import ftp_faults

OPERATIONS = {
    "edye": frozenset({"showList", "episodeList"}),
    "media": frozenset({"file"}),
    "partner": frozenset({"ingest", "status", "withdraw"}),
    "ftp": ftp_faults.OPERATIONS,
    "jw": frozenset(
        {"listMedia", "getMedia", "listRenditions", "listOriginals", "listPlaylists", "deliverMedia", "deliverPlaylist"}
    ),
}
KEYS_OF_KIND = {
    "status": frozenset({"status", "retry_after_s", "retry_after_date", "body"}),
    "cut": frozenset({"after_bytes"}),
    "taken_then_cut": frozenset(),
    "stuck": frozenset(),
    "error": frozenset({"code", "message"}),
    "slow": frozenset({"delay_s", "bytes_per_s"}),
    "garbage": frozenset({"body"}),
    "nested_gzip": frozenset(),
    "redirect": frozenset({"location"}),
    "doubled_page": frozenset(),
    "moved_total": frozenset(),
}
INGEST_ONLY = frozenset({"taken_then_cut", "stuck", "error"})
LIST_MEDIA_ONLY = frozenset({"doubled_page", "moved_total"})
ONLY_OF_KIND = {**dict.fromkeys(INGEST_ONLY, "ingest"), **dict.fromkeys(LIST_MEDIA_ONLY, "listMedia")}
SELECTORS = frozenset({"service", "operation", "external_id", "path_contains", "nth", "times", "kind"})
DEFAULT_MESSAGES = {
    "UNSUPPORTED_FORMAT": "formato no soportado: el partner no pudo leer el archivo",
    "METADATA_INCOMPLETE": "metadatos incompletos: titulo",
}


class FaultPlanError(ValueError):
    """A fault plan says something that the sandbox cannot do; the text says what and how to put it right."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, for the calls that it matches.

    `nth` is the 1-based index, among the matching calls, of the first that is hit; `times` is how many are hit
    (None: all that follow). `KEYS_OF_KIND` and the docs of the sandbox say what each kind does. `code` is the
    partner's word for an `error`, and a number of FTP for a `reply`.
    """

    service: str
    kind: str
    operation: str | None = None
    external_id: str | None = None
    path_contains: str | None = None
    nth: int | None = None
    times: int | None = None
    status: int = 500
    retry_after_s: float | None = None
    retry_after_date: bool = False
    body: Any = None
    after_bytes: int = 0
    code: str | int = "UNSUPPORTED_FORMAT"
    message: str = ""
    delay_s: float = 0.0
    bytes_per_s: float = 0.0
    location: str = ""

    @property
    def error_message(self) -> str:
        """The text of a final `error`: the plan's own, or the annex's for the code."""
        return self.message or DEFAULT_MESSAGES.get(str(self.code), f"error del partner: {self.code}")

    @property
    def reply(self) -> str:
        """The line of a `reply`: the code and the plan's own text, or the usual one for the code."""
        known = ftp_faults.DEFAULT_REPLIES.get(int(self.code), "Requested action not taken.")
        return f"{self.code} {self.message or known}"

    def concerns(self, service: str, operation: str, external_id: str | None, path: str) -> bool:
        """Tell whether a call is one of those that this fault counts."""
        if service != self.service or self.operation not in (None, operation):
            return False
        if service == "ftp":
            if not ftp_faults.strikes(self.kind, operation):
                return False
        elif operation != ONLY_OF_KIND.get(self.kind, operation):
            return False
        if self.external_id is not None and external_id != self.external_id:
            return False
        return self.path_contains is None or self.path_contains in path


def _keys_of_kind(service: str | None) -> dict[str, frozenset[str]]:
    return ftp_faults.KEYS_OF_KIND if service == "ftp" else KEYS_OF_KIND


def parse_fault(item: Any) -> Fault:
    """Return the fault that one JSON object describes; an unknown or misplaced key is refused."""
    if not isinstance(item, dict):
        raise FaultPlanError(f"a fault is a JSON object, not {type(item).__name__}: {item!r}")
    given = {key: value for key, value in item.items() if value is not None}
    kind, service = given.get("kind"), given.get("service")
    kinds = _keys_of_kind(service)
    if kind not in kinds:
        raise FaultPlanError(f"unknown fault kind {kind!r}; one of {', '.join(sorted(kinds))}")
    if service not in OPERATIONS:
        raise FaultPlanError(f"unknown service {service!r} in a {kind} fault; one of {', '.join(sorted(OPERATIONS))}")
    strangers = sorted(set(item) - SELECTORS - kinds[kind])
    if strangers:
        allowed = ", ".join(sorted(SELECTORS | kinds[kind]))
        raise FaultPlanError(f"a {kind} fault has no key {', '.join(map(repr, strangers))}; it knows {allowed}")
    _check_selectors(given)
    _check_types(given)
    return Fault(**given)


def _check_selectors(given: dict[str, Any]) -> None:
    kind, service = given["kind"], given["service"]
    operation = given.get("operation")
    if operation is not None and operation not in OPERATIONS[service]:
        known = ", ".join(sorted(OPERATIONS[service]))
        raise FaultPlanError(f"service {service} has no operation {operation!r}; it has {known}")
    if service == "ftp":
        _check_ftp(given)
    elif kind in INGEST_ONLY and (service != "partner" or operation in ("status", "withdraw")):
        raise FaultPlanError(f"{kind} happens to an ingest only: use service partner, operation ingest")
    if kind in LIST_MEDIA_ONLY and (service != "jw" or operation not in (None, "listMedia")):
        raise FaultPlanError(f"{kind} happens to the media list only: use service jw, operation listMedia")
    if "external_id" in given and service not in ("partner", "ftp"):
        raise FaultPlanError(f"external_id selects partner calls only; for service {service} use path_contains")
    if kind == "status" and "status" not in given:
        raise FaultPlanError("a status fault needs the key 'status', such as 503")
    if kind == "redirect" and "location" not in given:
        raise FaultPlanError("a redirect fault needs the key 'location'")
    if kind == "slow" and not {"delay_s", "bytes_per_s"} & set(given):
        raise FaultPlanError("a slow fault needs 'delay_s' or 'bytes_per_s'")


def _check_ftp(given: dict[str, Any]) -> None:
    complaint = ftp_faults.complaint(given)
    if complaint:
        raise FaultPlanError(complaint)


def _check_types(given: dict[str, Any]) -> None:
    types = {field.name: str(field.type) for field in fields(Fault)}
    for key, value in given.items():
        type_name = types[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            "str": isinstance(value, str),
            "str | int": isinstance(value, int if given["kind"] == "reply" else str),
            "str | None": isinstance(value, str),
            "bool": isinstance(value, bool),
            "int": is_number and value == int(value) and value >= 0,
            "int | None": is_number and value == int(value) and value >= 1,
            "float": is_number and value >= 0,
            "float | None": is_number and value >= 0,
        }.get(type_name, True)
        if not fits:
            raise FaultPlanError(f"{key} of a {given['kind']} fault must be {type_name}, not {value!r}")
    if given["kind"] == "status" and not 200 <= given["status"] <= 599:
        raise FaultPlanError(f"status of a status fault must be 200 to 599, not {given['status']}")


def parse_faults(items: Any) -> list[Fault]:
    """Return the faults of a JSON list, or of one JSON object."""
    return [parse_fault(one) for one in (items if isinstance(items, list) else [items])]


class _Planned:
    """One fault of the plan with its counters."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.hits = 0

    def is_due(self) -> bool:
        first = self.fault.nth or 1
        return self.seen >= first and (self.fault.times is None or self.hits < self.fault.times)


class FaultPlan:
    """The faults in force; every call asks it once. Of several that are due, the first of the list strikes.

    Every fault counts each call that it matches, also one that another fault hits. Safe across threads.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._planned = [_Planned(fault) for fault in faults]

    def replace(self, faults: Iterable[Fault]) -> None:
        """Put these faults in the place of all others; their counters start at zero."""
        with self._lock:
            self._planned = [_Planned(fault) for fault in faults]

    def append(self, faults: Iterable[Fault]) -> None:
        """Add faults after those in force, whose counters go on."""
        with self._lock:
            self._planned = [*self._planned, *map(_Planned, faults)]

    def listing(self) -> list[dict[str, Any]]:
        """Return the plan as JSON values, with how many calls each fault saw and hit."""
        with self._lock:
            return [_wire(one) for one in self._planned]

    def kinds(self, service: str) -> frozenset[str]:
        """Return the kinds of the faults in force for a service, counters aside."""
        with self._lock:
            return frozenset(one.fault.kind for one in self._planned if one.fault.service == service)

    def holds(self, fault: Fault) -> bool:
        """Tell whether a fault that struck once is still in the plan."""
        with self._lock:
            return any(one.fault is fault for one in self._planned)

    def strike(
        self,
        service: str,
        operation: str,
        external_id: str | None = None,
        path: str = "",
        counted: set[int] | None = None,
    ) -> Fault | None:
        """Return the fault that hits this call, or None.

        An ingest asks again once its metadata names another external_id: `counted` keeps a call from being
        counted twice by one fault.
        """
        counted = set() if counted is None else counted
        with self._lock:
            struck: Fault | None = None
            for one in self._planned:
                if id(one) in counted or not one.fault.concerns(service, operation, external_id, path):
                    continue
                counted.add(id(one))
                one.seen += 1
                if struck is None and one.is_due():
                    one.hits += 1
                    struck = one.fault
            return struck


def _wire(planned: _Planned) -> dict[str, Any]:
    shown = SELECTORS | _keys_of_kind(planned.fault.service)[planned.fault.kind]
    values = {key: value for key, value in asdict(planned.fault).items() if key in shown}
    return {**values, "seen": planned.seen, "hits": planned.hits}
