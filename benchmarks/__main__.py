"""`make bench`: figures of the project, one JSON object a line on standard output; docs/BENCHMARKS.md explains them."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import (
    api,
    cold,
    dag_parse,
    day,
    desk,
    feeds,
    ftp,
    generations,
    ledger,
    log,
    probe,
    sweep,
    trail,
    upload,
)
from benchmarks.figures import Figure, Sizes, say

FOREIGN = ("AIRFLOW_", "EDYE_")


class Benchmark(StrEnum):
    """What can be measured."""

    UPLOAD = "upload"
    FTP = "ftp"
    PROBE = "probe"
    LINT = "lint"
    ASSEMBLE = "assemble"
    DAY = "day"
    DAG_PARSE = "dag_parse"
    TRAIL = "trail"
    LOG = "log"
    SWEEP = "sweep"
    API = "api"
    PUBLISH = "publish"
    DESK = "desk"
    LEDGER = "ledger"
    COLD = "cold"


MEASURES: dict[Benchmark, Callable[[Sizes, Path], Iterator[Figure]]] = {
    Benchmark.UPLOAD: upload.measure,
    Benchmark.FTP: ftp.measure,
    Benchmark.PROBE: probe.measure,
    Benchmark.LINT: feeds.measure_lint,
    Benchmark.ASSEMBLE: feeds.measure_assemble,
    Benchmark.DAY: day.measure,
    Benchmark.DAG_PARSE: dag_parse.measure,
    Benchmark.TRAIL: trail.measure,
    Benchmark.LOG: log.measure,
    Benchmark.SWEEP: sweep.measure,
    Benchmark.API: api.measure,
    Benchmark.PUBLISH: generations.measure,
    Benchmark.DESK: desk.measure,
    Benchmark.LEDGER: ledger.measure,
    Benchmark.COLD: cold.measure,
}
USUAL = Sizes()


def main(
    names: Annotated[list[Benchmark] | None, typer.Argument(help="Which ones; all without a name.")] = None,
    upload_mib: Annotated[int, typer.Option(min=1, help="Size of the uploaded file, MiB.")] = USUAL.upload_mib,
    upload_rounds: Annotated[int, typer.Option(min=1, help="Uploads of each way.")] = USUAL.upload_rounds,
    ftp_mib: Annotated[int, typer.Option(min=1, help="Size of the file that goes by FTP, MiB.")] = USUAL.ftp_mib,
    ftp_rounds: Annotated[int, typer.Option(min=1, help="Uploads by FTP of each way.")] = USUAL.ftp_rounds,
    probe_titles: Annotated[int, typer.Option(min=4, help="Videos to look at.")] = USUAL.probe_titles,
    probe_video_s: Annotated[int, typer.Option(min=1, help="Length of the shorter videos, s.")] = USUAL.probe_video_s,
    probe_rounds: Annotated[int, typer.Option(min=1, help="Looks of each way.")] = USUAL.probe_rounds,
    lint_assets: Annotated[int, typer.Option(min=1, help="Assets of the linted feed.")] = USUAL.lint_assets,
    lint_rounds: Annotated[int, typer.Option(min=1, help="Readings of the feed; the best counts.")] = USUAL.lint_rounds,
    feed_titles: Annotated[int, typer.Option(min=100, help="Titles of the assembled feed.")] = USUAL.feed_titles,
    day_titles: Annotated[int, typer.Option(min=1, help="Titles of the day.")] = USUAL.day_titles,
    day_single_titles: Annotated[int, typer.Option(min=1, help="Titles one a batch.")] = USUAL.day_single_titles,
    parse_rounds: Annotated[int, typer.Option(min=1, help="Imports of the DAG file.")] = USUAL.parse_rounds,
    trail_events: Annotated[int, typer.Option(min=10, help="Events written and shipped.")] = USUAL.trail_events,
    trail_rounds: Annotated[int, typer.Option(min=1, help="Rounds of each way.")] = USUAL.trail_rounds,
    trail_days: Annotated[int, typer.Option(min=0, help="Days with the trail and without it.")] = USUAL.trail_days,
    log_lines: Annotated[int, typer.Option(min=100, help="Lines of the API log.")] = USUAL.log_lines,
    log_rounds: Annotated[int, typer.Option(min=1, help="Rounds of each way.")] = USUAL.log_rounds,
    sweep_media: Annotated[int, typer.Option(min=1, help="Media of the swept JW Player.")] = USUAL.sweep_media,
    sweep_rounds: Annotated[int, typer.Option(min=1, help="Sweeps and comparisons of each way.")] = USUAL.sweep_rounds,
    compare_media: Annotated[int, typer.Option(min=1, help="Media that are compared.")] = USUAL.compare_media,
    publish_items: Annotated[int, typer.Option(min=5, help="Titles of the ledger.")] = USUAL.publish_items,
    api_items: Annotated[int, typer.Option(min=100, help="Shows that the delivery API serves.")] = USUAL.api_items,
    api_seconds: Annotated[int, typer.Option(min=1, help="How long each speed is counted, s.")] = USUAL.api_seconds,
    cold_repository: Annotated[Path, typer.Option(help="What is cloned.", show_default=False)] = USUAL.cold_repository,
    desk_titles: Annotated[int, typer.Option(min=1000, help="Titles of the desk's ledger.")] = USUAL.desk_titles,
    desk_events: Annotated[int, typer.Option(min=1000, help="Events of the desk's ledger.")] = USUAL.desk_events,
    desk_calls: Annotated[int, typer.Option(min=1000, help="API calls of the desk's ledger.")] = USUAL.desk_calls,
    desk_rounds: Annotated[int, typer.Option(min=1, help="How often each page is asked for.")] = USUAL.desk_rounds,
    desk_requests: Annotated[int, typer.Option(min=2, help="Calls between two looks at memory.")] = USUAL.desk_requests,
    desk_starts: Annotated[int, typer.Option(min=1, help="Starts of the api-server, each way.")] = USUAL.desk_starts,
    desk_ledgers: Annotated[Path | None, typer.Option(help="Keeps the ledgers there.")] = USUAL.desk_ledgers,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder, to read its logs.")] = False,
) -> None:
    """Measures one after the other, each from a clean state in a temporary folder."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
        say(f"{name} is left out: every benchmark starts from a clean state")
    sizes = Sizes(
        upload_mib,
        upload_rounds,
        ftp_mib,
        ftp_rounds,
        probe_titles,
        probe_video_s,
        probe_rounds,
        lint_assets,
        lint_rounds,
        feed_titles,
        day_titles,
        day_single_titles,
        parse_rounds,
        trail_events,
        trail_rounds,
        trail_days,
        log_lines,
        log_rounds,
        sweep_media,
        sweep_rounds,
        compare_media,
        publish_items,
        api_items,
        api_seconds,
        cold_repository,
        desk_titles,
        desk_events,
        desk_calls,
        desk_rounds,
        desk_requests,
        desk_starts,
        desk_ledgers,
    )
    measure_all(names or list(Benchmark), sizes, keep=keep)


def measure_all(names: list[Benchmark], sizes: Sizes, *, keep: bool) -> None:
    """Prints the figures of these benchmarks; each has a folder of its own, gone when it ends unless it is kept."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder goes, whenever the signal comes
    folder = Path(tempfile.mkdtemp(prefix="edye-benchmarks-"))
    try:
        for name in names:
            say(f"{name}: the machine's load is {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            (folder / name).mkdir()
            for figure in MEASURES[name](sizes, folder / name):
                print(figure.line(), flush=True)
            if not keep:
                shutil.rmtree(folder / name)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
