"""`make chaos`: rounds with faults chosen by a seed, over the whole API path; nothing is lost or sent twice."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.chaos import system
from tools.chaos.rounds import Outcome, Proof
from tools.local import BUILD

console = Console(highlight=False, stderr=True)
WRONG = ("lost", "duplicated", "wrong_state", "resurrected")


def main(
    seed: Annotated[int, typer.Option(help="The seed that chooses all faults.")] = 1,
    rounds: Annotated[int, typer.Option(help="How many rounds.")] = 200,
    first: Annotated[int, typer.Option(help="Number of the first round, to repeat one round.")] = 0,
    folder: Annotated[
        Path, typer.Option(help="Where rounds keep their files. The files of a failed round stay.")
    ] = BUILD / "chaos",
    quiet: Annotated[bool, typer.Option("--quiet", help="No faults at all: how long a round takes by itself.")] = False,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Makes the proof fail: the ledger is lost, and the partner takes everything twice."
        ),
    ] = False,
) -> None:
    """Runs the rounds. The last line of standard output is JSON. Exit status 1 if a count is not 0."""
    folder = folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    system.prepare(folder)
    with console.status("loading Airflow and the DAGs"):
        graphs = system.the_graphs()
    totals = Counter(dict.fromkeys(("rounds", "titles", *WRONG), 0))
    struck: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # The bar has no refresh thread: a thread would be lost in every fork.
    with (
        Progress(*columns, console=console, disable=not console.is_terminal, auto_refresh=False) as progress,
        Proof(folder, graphs, seed, forget=forget, quiet=quiet) as proof,
    ):
        bar = progress.add_task("0 titles", total=rounds)
        for number in range(first, first + rounds):
            outcome = proof.round(number)
            _count(totals, outcome)
            struck.update(outcome.struck)
            if outcome.findings:
                progress.console.print(_repeat_text(seed, outcome, folder), markup=False, soft_wrap=True)
            if not console.is_terminal:
                console.print(_line(outcome), markup=False, soft_wrap=True)
            progress.update(bar, advance=1, description=f"{totals['titles']} titles", refresh=True)
    console.print("struck: " + escape(", ".join(f"{kind} {count}" for kind, count in sorted(struck.items()))))
    print(json.dumps(dict(totals)), flush=True)
    raise typer.Exit(1 if any(totals[name] for name in WRONG) else 0)


def _count(totals: Counter[str], outcome: Outcome) -> None:
    findings = outcome.findings
    totals["rounds"] += 1
    totals["titles"] += len(outcome.window.expected)
    for name in WRONG:
        totals[name] += len(getattr(findings, name))


def _line(outcome: Outcome) -> str:
    """A round in one line."""
    struck = ", ".join(sorted(outcome.struck)) or "nothing struck"
    counts = f"{len(outcome.window.expected)} titles, {outcome.runs} runs, {outcome.seconds:.1f} s"
    return f"round {outcome.number}: {counts}; {struck}"


def _repeat_text(seed: int, outcome: Outcome, folder: Path) -> str:
    """Everything that is needed to repeat a failed round."""
    plan = outcome.plan.as_json()
    lines = [
        f"round {outcome.number} of seed {seed} broke, window {outcome.window.start} .. {outcome.window.end}, "
        f"{outcome.runs} runs; its files: {folder}/round-{outcome.number:04}",
        *(f"  {sentence}" for sentence in outcome.findings.sentences()),
        *(f"  trouble: {json.dumps(one)}" for one in plan["troubles"]),
        *(f"  fault: {json.dumps(one)}" for one in plan["faults"]),
        f"  again: python -m tools.chaos --seed {seed} --first {outcome.number} --rounds 1",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
