"""Copies what readers are served from a bucket into the folder that a server reads; the pointer is copied last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from edye_delivery.clients.s3_bucket import ObjectState, S3Bucket
from edye_delivery.delivery_api.generations.bucket_files import BucketFiles
from edye_delivery.delivery_api.generations.manifest import (
    Manifest,
    Pointer,
    files_of,
    manifest_name,
    manifests_folder,
    parsed,
    pointer_name,
    segments_folder,
)
from edye_delivery.delivery_api.generations.store import SAFE_NAME, FolderStore
from edye_delivery.errors import DeliveryError, GenerationDamaged

LOOK_EVERY_S = 2.0
RETRY_MAX_S = 60.0
AT_ONCE = 4
"""So many partners are copied at the same time: a large generation of one keeps back no withdrawal of another."""
TRIES = 3


class PartnerMirror:
    """The copy of one partner's generations. Killed at any line, it leaves a whole generation or none."""

    def __init__(self, bucket: S3Bucket, folder: FolderStore, partner: str) -> None:
        self._bucket, self._folder, self._partner = bucket, folder, partner
        self._name = pointer_name(partner)
        self._copied: ObjectState | None = None

    def look(self) -> bool:
        """Copies what is new; whether the served generation or its moment changed.

        The folder stays as it is where the bucket fails (StoreUnavailable, TooSlow), holds something damaged
        (GenerationDamaged), or shows an older pointer than the one that was copied.
        """
        for tries_left in reversed(range(TRIES)):
            state = self._bucket.state(self._name)
            if state is None or state == self._copied or state.changed_at.timestamp() < self._modification_time_s():
                return False
            try:
                self._copied = self._copy()
            except FileNotFoundError as error:  # deleted because the pointer moved on, or lost
                if not tries_left:
                    raise GenerationDamaged(
                        f"{error.filename} of {self._bucket} is missing, though its pointer names it: publish again"
                    ) from error
            else:
                return True
        return False

    def _copy(self) -> ObjectState:
        content, state = self._bucket.read(self._name)
        pointer = parsed(content, self._name, Pointer)
        files, needed = BucketFiles(self._bucket, self._folder, self._partner), {self._name}
        for number in pointer.kept:
            name = manifest_name(self._partner, number)
            manifest_content, _ = self._bucket.read(name)
            manifest = parsed(manifest_content, name, Manifest)
            for record in manifest.lists.values():
                for segment in record.segments:
                    files.fetch(segment)
            self._write(name, manifest_content)
            needed |= {name, *files_of(self._partner, manifest)}
        self._write(self._name, content)
        self._folder.set_modification_time(self._name, state.changed_at.timestamp())
        self._delete_all_but(needed)
        return state

    def _write(self, name: str, content: bytes) -> None:
        """Writes a file that has not this content already; readers look again at a file that is written."""
        try:
            if self._folder.read(name) == content:
                return
        except FileNotFoundError:
            pass
        self._folder.write(name, content)

    def _delete_all_but(self, needed: set[str]) -> None:
        for folder in (manifests_folder(self._partner), segments_folder(self._partner)):
            for name in self._folder.names(folder):
                if name not in needed:
                    self._folder.delete(name)

    def _modification_time_s(self) -> float:
        try:
            return self._folder.modification_time_s(self._name)
        except FileNotFoundError:
            return 0.0


class Mirror:
    """Copies the generations of all partners of a bucket, in threads of its own, until `stop`.

    `tell` gets a sentence when a partner's copy begins to fail, and when it works again.
    """

    def __init__(
        self,
        bucket: S3Bucket,
        folder: FolderStore,
        clock: Callable[[], float],
        tell: Callable[[str], None],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._bucket, self._folder, self._clock, self._tell = bucket, folder, clock, tell
        self._look_every_s = look_every_s
        self._copies: dict[str, _Copy] = {}
        self._problem = ""
        self._is_stopping = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, "mirror")
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        """Begins; the folder is served meanwhile as it is."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; a copy under way is finished by nobody, and begun again at the next start."""
        self._is_stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> Iterator[Future[None]]:
        """Looks at every partner that is not being copied already; ends each within its own thread."""
        try:
            partners = [name for name in self._bucket.folders() if SAFE_NAME.fullmatch(name)]
            self._note(f"{self._bucket} is there again")
        except DeliveryError as error:
            partners = list(self._copies)
            self._note("", str(error))
        for name in partners:
            copy = self._copies.setdefault(name, _Copy(PartnerMirror(self._bucket, self._folder, name), name))
            if copy.may_begin(self._clock()):
                copy.under_way = self._pool.submit(copy.run, self._clock, self._look_every_s, self._tell)
                yield copy.under_way

    def _note(self, well: str, problem: str = "") -> None:
        if problem and not self._problem:
            self._tell(f"{problem}; what was copied goes on being served")
        if self._problem and not problem:
            self._tell(well)
        self._problem = problem

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                for _ in self.look():
                    pass
            except Exception as error:  # the thread's edge: the next look tries again
                self._note("", f"{self._bucket} cannot be looked at ({type(error).__name__}: {error})")
            self._is_stopping.wait(self._look_every_s)


class _Copy:
    """One partner's copy, and when it is tried again after a failure."""

    def __init__(self, mirror: PartnerMirror, partner: str) -> None:
        self._mirror, self._partner = mirror, partner
        self._wait_s, self._not_before_s = 0.0, float("-inf")
        self.under_way: Future[None] | None = None

    def may_begin(self, now_s: float) -> bool:
        """Whether it is not under way, and no failure is so recent."""
        return now_s >= self._not_before_s and (self.under_way is None or self.under_way.done())

    def run(self, clock: Callable[[], float], look_every_s: float, tell: Callable[[str], None]) -> None:
        """One look; a failure is told once, and then tried again after longer and longer times."""
        try:
            self._mirror.look()
        except Exception as error:  # the thread's edge: the next look tries again
            if not self._wait_s:
                tell(f"{self._partner}: {error}; what was copied goes on being served")
            self._wait_s = min(RETRY_MAX_S, max(look_every_s, 2 * self._wait_s))
            self._not_before_s = clock() + self._wait_s
            return
        if self._wait_s:
            tell(f"{self._partner}: is copied again")
        self._wait_s = 0.0
