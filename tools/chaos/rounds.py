"""One round: a small window, trouble in its first run, quiet runs until nothing is open, then the checks.

Trouble may be a run of another DAG on the same titles, or a withdrawal of one of them.

What the partner has refused waits for a person: then the next quiet run is a redelivery of the window.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from tools.chaos import checks, files, system
from tools.chaos.checks import Findings
from tools.chaos.graph import Graph
from tools.chaos.places import Round, Run
from tools.chaos.stand_in import StandIn
from tools.chaos.strikes import Engine, Strikes
from tools.chaos.troubles import Plan, plan_of
from tools.chaos.windows import SmallWindow, window_of
from tools.expectations import surprises

RUNS_MAX, TROUBLED_RUNS_MAX = 8, 2
RUN_LIMIT_S = 120.0
LOOK_S = 0.02
BY_HAND = {"reason": "the partner refused what is right as it is", "correction": "by_cause", "dry_run": False}
WAITS_FOR_A_PERSON = frozenset({"metadata", "images", "media", "unknown"})
SETTLED = frozenset({"accepted", "rejected", "unchanged", "withdrawn"})
DAGS = {"second_delivery": "deliver", "second_redelivery": "redeliver", "withdrawal": "withdraw"}
"""Which DAG a trouble that is a run begins."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round ended."""

    number: int
    window: SmallWindow
    plan: Plan
    struck: frozenset[str]
    runs: int
    seconds: float
    findings: Findings


class Proof:
    """Rounds on one sandbox. With `forget` it is made to fail: the ledger is deleted after each round's first run, and
    the partner does not know Idempotency-Key."""

    def __init__(
        self, folder: Path, graphs: dict[str, Graph], seed: int, *, forget: bool = False, quiet: bool = False
    ) -> None:
        self._folder, self._graphs, self._seed, self._forget, self._quiet = folder, graphs, seed, forget, quiet
        self._stand_in = StandIn(folder / "sandbox", ignore_idempotency=forget)

    def __enter__(self) -> Proof:
        self._stand_in.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stand_in.kill()

    def round(self, number: int) -> Outcome:
        """Makes one round; the folder of one that breaks is kept."""
        began_s, place = time.monotonic(), Round(self._folder / f"round-{number:04}")
        shutil.rmtree(place.folder, ignore_errors=True)
        window = window_of(self._seed, number)
        plan = Plan((), ()) if self._quiet else plan_of(self._seed, number)
        files.write(place.folder / "plan.json", plan.as_json())
        self._stand_in.reset()
        system.connect(place, self._stand_in.ports["edye"], self._stand_in.ports["partner"])
        system.use_scratch(place)
        self._stand_in.plan(list(plan.faults))
        engine = Engine(place, self._graphs)
        try:
            strikes = Strikes(place, plan, engine, self._stand_in, partial(_begin_run, place, window))
            engine.start("scheduler")
            engine.start("triggerer")
            runs, stalled = self._runs(place, window, strikes)
        finally:
            engine.stop()
        findings = self._checked(place, window)
        if not stalled:
            _check_report(findings, window, _report(place, _runs_by_number(place)[-1]), _withdrawn(place))
        else:
            findings.wrong_state["run"] = stalled
        if not findings:
            shutil.rmtree(place.folder)
        seconds = time.monotonic() - began_s
        return Outcome(number, window, plan, frozenset(strikes.struck), runs, seconds, findings)

    def _runs(self, place: Round, window: SmallWindow, strikes: Strikes) -> tuple[int, str]:
        """Runs of the window: trouble until one has come as far as the partner, then quiet until nothing is open."""
        trouble: Strikes | None = strikes
        dag = "deliver"
        for number in range(1, RUNS_MAX + 1):
            run = Run(place.folder / "runs" / f"{number:02}")
            run.ask(window.conf | (BY_HAND if dag == "redeliver" else {}), dag)
            if not _await_end(place, trouble):
                return number, f"run {number} did not end within {RUN_LIMIT_S:.0f} s"
            if number == 1 and self._forget:
                _forget(place.ledger)
            if trouble is None and dag == "deliver" and not _open_titles(place, run):
                return number, ""
            if trouble is not None and (number == TROUBLED_RUNS_MAX or any(run.claims("batch.deliver"))):
                trouble.end()
                trouble = None
            dag = "redeliver" if dag == "deliver" and trouble is None and _waits_for_a_person(place, run) else "deliver"
        return RUNS_MAX, f"after {RUNS_MAX} runs titles are still open: {_open_titles(place, run)}"

    def _checked(self, place: Round, window: SmallWindow) -> Findings:
        media = {
            item["id"]: {source["sha256"] for source in item.get("sources", ()) if "sha256" in source}
            for items in self._stand_in.catalogue().values()
            for item in items
        }
        deliveries, revisions = (checks.rows_of(place.ledger, table) for table in ("deliveries", "revisions"))
        for row in deliveries:
            if row["encode_name"]:
                media.setdefault(row["edye_id"], set()).add(checks.sha256_of(place.artifacts / row["encode_name"]))
        findings = checks.check(window, deliveries, revisions, self._stand_in.contents(), media, _withdrawn(place))
        checks.check_store(findings, place.artifacts)
        return findings


def _begin_run(place: Round, window: SmallWindow, kind: str) -> bool:
    """Asks for a run of another DAG on the round's titles; whether there is anything for it to work on."""
    conf: dict[str, Any] = window.conf
    if kind == "withdrawal":
        offered = sorted(row["external_id"] for row in checks.rows_of(place.ledger, "revisions"))
        if not offered:
            return False
        conf = {"external_ids": offered[:1], "reason": "the rights ended", "dry_run": False}
    elif kind == "second_redelivery":
        conf = conf | BY_HAND
    Run(place.folder / "runs" / kind).ask(conf, DAGS[kind])
    return True


def _runs_by_number(place: Round) -> list[Run]:
    """The runs of the window, without those that were begun as trouble."""
    return [run for run in place.runs() if run.folder.name not in DAGS]


def _withdrawn(place: Round) -> frozenset[str]:
    """The EDYE ids of what a person has taken out in this round."""
    withdrawal = files.read(place.folder / "runs" / "withdrawal" / "run.json") or {"conf": {"external_ids": []}}
    names = withdrawal["conf"]["external_ids"]
    return frozenset(
        row["edye_id"] for row in checks.rows_of(place.ledger, "deliveries") if row["external_id"] in names
    )


def _await_end(place: Round, strikes: Strikes | None) -> bool:
    """Waits until all runs that were asked for have ended; whether they did."""
    deadline = time.monotonic() + RUN_LIMIT_S
    while any(run.ended is None for run in place.runs()):
        if time.monotonic() > deadline:
            return False
        if strikes is not None:
            strikes.look()
        time.sleep(LOOK_S)
    return True


def _open_titles(place: Round, run: Run) -> dict[str, Any]:
    """What the run's own report still has open, as its operator reads it; everything where there is no report."""
    report = _report(place, run)
    if report is None:
        return {"report": "missing"}
    open_states = {title["edye_id"]: title["state"] for title in report["titles"] if title["state"] not in SETTLED}
    return open_states | ({"incidents": report["incidents"]} if report["incidents"] else {})


def _waits_for_a_person(place: Round, run: Run) -> bool:
    """Whether the run's report has a title that no ordinary run sends again."""
    titles = (_report(place, run) or {"titles": []})["titles"]
    return any(title["state"] == "failed" and title["cause"] in WAITS_FOR_A_PERSON for title in titles)


def _report(place: Round, run: Run) -> dict[str, Any] | None:
    reported = files.read(run.xcom("report.-1"))
    return orjson.loads((place.artifacts / reported["path"]).read_bytes()) if reported else None


def _check_report(
    findings: Findings, window: SmallWindow, report: dict[str, Any] | None, withdrawn: frozenset[str]
) -> None:
    """The last run's report says of every title what the sample says; what was withdrawn by hand is not in it."""
    titles = report["titles"] if report else []
    for edye_id, expectation in window.expected.items():
        if edye_id in withdrawn:
            continue
        reported = [title for title in titles if title["edye_id"] == edye_id]
        for sentence in surprises({edye_id: expectation}, reported):
            findings.wrong_state.setdefault(edye_id, f"the report: {sentence}")


def _forget(ledger: Path) -> None:
    for path in ledger.parent.glob(f"{ledger.name}*"):
        path.unlink()
