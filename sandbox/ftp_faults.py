"""What may go wrong at the partner's FTP server and at the poller behind it: the words of the fault plan."""

from __future__ import annotations

from typing import Any

PICKUP = "pickup"
FEATURE = "feature"
COMMANDS = frozenset({"login", "store", "rename", "delete", "list", "size", "retrieve"})
OPERATIONS = COMMANDS | {PICKUP, FEATURE}

# Missing commands: the code of their answer, and the commands.
FEATURES: dict[str, tuple[int, frozenset[str]]] = {
    "no_rest": (502, frozenset({"REST"})),
    "no_append": (502, frozenset({"APPE"})),
    "no_mlsd": (500, frozenset({"MLSD", "MLST"})),
    "no_size": (502, frozenset({"SIZE"})),
}
PICKUP_KINDS = frozenset({"not_picked_up", "stuck", "error"})
KEYS_OF_KIND: dict[str, frozenset[str]] = {
    "cut": frozenset({"after_bytes"}),
    "done_then_cut": frozenset(),
    "reply": frozenset({"code", "message", "after_bytes"}),
    "slow": frozenset({"delay_s", "bytes_per_s"}),
    "not_picked_up": frozenset(),
    "stuck": frozenset(),
    "error": frozenset({"code", "message"}),
    **dict.fromkeys(FEATURES, frozenset()),
}
DEFAULT_REPLIES = {
    421: "Service not available, closing control connection.",
    450: "File busy.",
    452: "Insufficient storage space.",
    530: "Login incorrect.",
    550: "Permission denied.",
    552: "Exceeded storage allocation.",
    553: "File name not allowed.",
}


def strikes(kind: str, operation: str) -> bool:
    """Tell whether a kind of fault can happen to an operation at all."""
    if kind in FEATURES:
        return False
    if kind == "done_then_cut":
        return operation == "rename"
    return (kind in PICKUP_KINDS) == (operation == PICKUP)


def complaint(given: dict[str, Any]) -> str | None:
    """Return what is misplaced in a fault of the FTP server, and how to put it right; None where nothing is."""
    kind, operation = given["kind"], given.get("operation")
    if kind in FEATURES:
        return _complaint_of_feature(given)
    if operation is not None and not strikes(kind, operation):
        fitting = "rename" if kind == "done_then_cut" else PICKUP if kind in PICKUP_KINDS else "login, store, ..."
        return f"{kind} of service ftp does not happen to {operation}: use operation {fitting}"
    if "external_id" in given and kind not in PICKUP_KINDS:
        return "external_id selects pickups only; for other operations of service ftp use path_contains"
    if given.get("after_bytes") and operation != "store":
        return "after_bytes counts the bytes of one store: use operation store"
    if kind == "slow" and given.get("bytes_per_s") and operation not in (None, "store", "retrieve", "list"):
        return f"bytes_per_s slows data connections only (store, retrieve, list), not {operation}; use delay_s"
    if kind == "reply":
        code = given.get("code")
        if not isinstance(code, int) or isinstance(code, bool) or not 400 <= code <= 599:
            return f"a reply fault needs the key 'code', an FTP code from 400 to 599 such as 452, not {code!r}"
        if not str(given.get("message", "")).isprintable():
            return "message of a reply fault is one line of printable characters"
    return None


def _complaint_of_feature(given: dict[str, Any]) -> str | None:
    kind = given["kind"]
    if given.get("operation") not in (None, FEATURE):
        return f"{kind} says what the server cannot do at all: use operation {FEATURE}, or none"
    selectors = sorted({"nth", "times", "path_contains", "external_id"} & set(given))
    if selectors:
        return f"{kind} holds for all connections while it is in the plan: leave out {', '.join(selectors)}"
    return None
