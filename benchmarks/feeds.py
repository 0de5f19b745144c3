"""Feeds: the linter beside plain jsonschema, and assembly from the ledger of a whole catalogue to linted pages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from benchmarks.feed_catalogue import change_one, fill_ledger, ledger_url, titles
from benchmarks.figures import MIB, Figure, Sizes, say
from benchmarks.production import CLOCK, first_api_annex
from edye_delivery.catalog.order import Accepted
from edye_delivery.clients.workers import Workers
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.publish.assemble import assemble
from edye_delivery.feeds.roku.schemas import Profile, search_schema
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.pipeline.lint_pages import LINT_MEMORY_BYTES, PageLinter

NOW_MS = int(CLOCK.now().timestamp() * 1000)
SMALL_TITLES = 10_000
MEMORY_LIMIT_MIB = 400
TITLES_AN_ASSET = 1.8
TIMEOUT_S = 1800
PREFIX = "https://feeds.example/search/pages/"


def measure_lint(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Assets a second of the linter with all rules, and of jsonschema with the schema alone, on the same pages.

    The linter as a run has it, with as many processes as there are cores, and in one process.
    """
    annex = first_api_annex()
    accepted = (Accepted(*pair) for pair in titles(annex, int(sizes.lint_assets * TITLES_AN_ASSET)))
    say(f"lint: making a feed of about {sizes.lint_assets} assets")
    feed = assemble(annex, annex.feeds[0], accepted, (), PREFIX, folder, CLOCK.now())
    pages = {f"page {number}": page.path.read_bytes() for number, page in enumerate(feed.pages) if page.path}
    assets = feed.kinds.total()
    several = [_lint_s(pages, _lint_by_several) for _ in range(sizes.lint_rounds)]
    alone = [_lint_s(pages, _lint_alone) for _ in range(sizes.lint_rounds)]
    for tries in (several, alone):
        say(
            f"lint: {assets} assets in {len(pages)} pages, {', '.join(f'{assets / one:.0f}' for one in tries)} assets/s"
        )
    plain = _jsonschema_s(list(pages.values()))
    yield Figure("lint_jsonschema", assets / plain, "assets/s")
    words = "jsonschema (Draft7Validator), the schema alone, same pages"
    yield Figure("lint", assets / min(several), "assets/s", plain / min(several), words)
    yield Figure("lint_one_process", assets / min(alone), "assets/s", plain / min(alone), words)


def _lint_s(pages: dict[str, bytes], lint: Callable[[dict[str, bytes]], Findings]) -> float:
    started = time.perf_counter()
    findings = lint(pages)
    seconds = time.perf_counter() - started
    if findings.count(FeedSeverity.ERROR):
        raise SystemExit(f"the feed has errors: {findings.kept[:3]}")
    return seconds


def _lint_by_several(pages: dict[str, bytes]) -> Findings:
    with Workers(first_api_annex().images, memory_least_bytes=LINT_MEMORY_BYTES) as workers:
        return PageLinter(Profile.SCHEMA, NOW_MS, workers.run, workers.at_once).lint(list(pages), _Pages(pages))


def _lint_alone(pages: dict[str, bytes]) -> Findings:
    lint = FeedLint(Profile.SCHEMA, NOW_MS)
    for name, page in pages.items():
        lint.add_page(name, page)
    return lint.finish().findings


@dataclass(frozen=True)
class _Pages:
    """Pages in memory."""

    pages: dict[str, bytes]

    def get(self, name: str) -> bytes:
        """The page's bytes."""
        return self.pages[name]


def _jsonschema_s(pages: list[bytes]) -> float:
    validator = jsonschema.Draft7Validator(search_schema(Profile.SCHEMA))
    started = time.perf_counter()
    for number, page in enumerate(pages):
        if not validator.is_valid(json.loads(page)):
            raise SystemExit("the feed does not pass its schema")
        say(f"lint: jsonschema read page {number + 1} of {len(pages)}")
    return time.perf_counter() - started


def measure_assemble(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Titles a second and peak memory for a small and a large ledger, then the cost of one changed title."""
    small = _made(folder, min(SMALL_TITLES, sizes.feed_titles))
    annex = first_api_annex()
    url = ledger_url(folder, sizes.feed_titles)
    say(f"assemble: making a ledger of {sizes.feed_titles} titles")
    fill_ledger(url, annex, sizes.feed_titles)
    large = _run(url, folder / "large", is_full=True)
    yield Figure("assemble", large["titles"] / large["seconds"], "titles/s")
    yield Figure("assemble_items", large["items"] / large["seconds"], "items/s")
    peak_mib, small_mib = large["peak_bytes"] / MIB, small["peak_bytes"] / MIB
    yield Figure("assemble_memory_small", small_mib, "MiB")
    yield Figure("assemble_memory", peak_mib, "MiB", peak_mib / small_mib, f"the peak with {small['titles']} titles")
    say(f"assemble: {large['titles']} titles, {large['items']} items, {len(large['pages'])} pages")
    yield from _one_changed(url, folder, large, sizes.feed_titles)


def _one_changed(url: str, folder: Path, before: dict[str, Any], count: int) -> Iterator[Figure]:
    """A title in the middle changes, and then another one of its show."""
    annex = first_api_annex()
    full_s = before["assembling_s"]
    listed = titles(annex, count)
    chosen = [pair for number, pair in enumerate(listed) if number in (count // 2, count // 2 + 2)]
    for name, (external_id, title) in zip(("first_change", "next_change"), chosen, strict=False):
        change_one(url, annex, external_id, title)
        after = _run(url, folder / "large", is_full=False)
        bodies = {digest for digest, _, _ in before["pages"]}
        names = {page_name for _, page_name, _ in before["pages"]}
        changed = sum(digest not in bodies for digest, _, _ in after["pages"])
        links = sum(digest in bodies and page_name not in names for digest, page_name, _ in after["pages"])
        yield Figure(f"assemble_{name}_pages", changed, "pages")
        yield Figure(f"assemble_{name}_links", links, "pages", links / len(after["pages"]), "all pages")
        ratio = after["assembling_s"] / full_s
        yield Figure(f"assemble_{name}", after["assembling_s"], "s", ratio, "a full assembly, without the linter")
        before = after


def _made(folder: Path, count: int) -> dict[str, Any]:
    url = ledger_url(folder, count)
    say(f"assemble: making a ledger of {count} titles")
    fill_ledger(url, first_api_annex(), count)
    return _run(url, folder / "small", is_full=True)


def _run(url: str, folder: Path, *, is_full: bool) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    job = {"ledger": url, "folder": str(folder), "is_full": is_full}
    command = [sys.executable, "-m", "benchmarks.feed_making", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise SystemExit(f"feed_making ended with {done.returncode}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    if told["errors"]:
        raise SystemExit(f"the feed has {told['errors']} errors")
    say(f"{folder.name}: assembled in {told['assembling_s']:.1f} s, linted in {told['linting_s']:.1f} s")
    return told
