"""The shelf of made files: each made once from its recipe, whole or not at all, and found again."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.media.art import draw_image
from sandbox.media.recipes import ImageRecipe, Recipe, TextRecipe, VideoRecipe, digest_of
from sandbox.media.videos import base_of, make_video

_MAKERS = 2
_TELL_EVERY = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A made file and what is known of its bytes."""

    path: Path
    size_bytes: int
    sha256: str


class Shelf:
    """Files under a folder, named by the digest of their recipe. Safe across processes that share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self, recipes: Iterable[Recipe]) -> dict[Recipe, Stored]:
        """Return every recipe's file, making those that are missing."""
        distinct = list(dict.fromkeys(recipes))
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            known = self._read_index()
            missing = [recipe for recipe in distinct if not self._is_known(recipe, known)]
            if missing:
                self._make(missing)
                known.update({digest_of(recipe): self._measured(recipe) for recipe in missing})
                self._write_index(known)
        return {recipe: known[digest_of(recipe)] for recipe in distinct}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, recipe: Recipe) -> Path:
        return self._folder / f"{digest_of(recipe)}.{recipe.suffix}"

    def _is_known(self, recipe: Recipe, known: dict[str, Stored]) -> bool:
        stored = known.get(digest_of(recipe))
        return stored is not None and stored.path.exists()

    def _make(self, recipes: list[Recipe]) -> None:
        """Make the files in rounds, since a remux needs its base clip first."""
        for leftover in self._folder.glob("*.new"):
            leftover.unlink(missing_ok=True)  # of a killed maker: the lock is ours
        rounds: list[list[Recipe]] = []
        due = recipes
        while due:
            rounds.insert(0, due)
            bases = (base_of(recipe) for recipe in due if isinstance(recipe, VideoRecipe))
            due = list(dict.fromkeys(base for base in bases if base is not None))
        progress = _Progress(len({recipe for one in rounds for recipe in one if not self._path(recipe).exists()}))
        with ThreadPoolExecutor(_MAKERS, "sandbox-media") as makers:
            try:
                for one_round in rounds:
                    for _ in makers.map(functools.partial(self._make_one, progress), _slowest_first(one_round)):
                        pass
            except BaseException:
                makers.shutdown(wait=True, cancel_futures=True)
                raise

    def _make_one(self, progress: _Progress, recipe: Recipe) -> None:
        path = self._path(recipe)
        if path.exists():
            return
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            if isinstance(recipe, VideoRecipe):
                base = base_of(recipe)
                make_video(recipe, self._path(base) if base else None, fresh)
            elif isinstance(recipe, ImageRecipe):
                fresh.write_bytes(draw_image(recipe))
            else:
                fresh.write_text(recipe.text, "utf-8")
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        progress.tell(recipe)

    def _measured(self, recipe: Recipe) -> Stored:
        path = self._path(recipe)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Stored(path, path.stat().st_size, digest)

    def _read_index(self) -> dict[str, Stored]:
        try:
            read = json.loads((self._folder / "index.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return {
            name: Stored(self._folder / one["path"], one["size_bytes"], one["sha256"]) for name, one in read.items()
        }

    def _write_index(self, known: dict[str, Stored]) -> None:
        target = self._folder / "index.json"
        fresh = target.with_suffix(f".{os.getpid()}.new")
        entries = {name: {**asdict(stored), "path": stored.path.name} for name, stored in sorted(known.items())}
        fresh.write_text(json.dumps(entries, indent=1), "utf-8")
        os.replace(fresh, target)


def _slowest_first(recipes: list[Recipe]) -> list[Recipe]:
    def weight(recipe: Recipe) -> float:
        if isinstance(recipe, VideoRecipe):
            return recipe.seconds * recipe.width_px
        return 0 if isinstance(recipe, TextRecipe) else 1

    return sorted(recipes, key=weight, reverse=True)


class _Progress:
    """Tells on stderr how far the making is: a bar on a terminal, else a line every few files."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._started_at = total, 0, time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def tell(self, recipe: Recipe) -> None:
        self._done += 1
        is_last = self._done == self._total
        if self._is_terminal:
            full = 30 * self._done // max(1, self._total)
            bar = f"\r[{'#' * full}{'.' * (30 - full)}] {self._done}/{self._total} sample files"
            print(bar, end="\n" if is_last else "", file=sys.stderr, flush=True)
        elif self._done % _TELL_EVERY == 0 or is_last:
            taken_s = time.monotonic() - self._started_at
            print(
                f"sandbox: {self._done}/{self._total} sample files made, {taken_s:.1f} s", file=sys.stderr, flush=True
            )
