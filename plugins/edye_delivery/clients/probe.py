"""Measures the header of a media file without the whole file: fetches its index alone, and ffprobe gets no network."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.clients.ffprobe import BOUNDS, FFPROBE, Bounds, ask_ffprobe
from edye_delivery.clients.media import MediaFile, MediaReader
from edye_delivery.clients.mp4 import Layout, layout_of
from edye_delivery.clients.mp4_index import Defect, index_defect
from edye_delivery.errors import AddressRefused, HostNotAllowed, MediaUnavailable, Transient, UrlRefused

BLOCK_BYTES = 256 * 1024
AHEAD_BYTES = 2 * 1024 * 1024
CALL_BYTES = 8 * 1024 * 1024
INDEX_MAX_BYTES = 64 * 1024 * 1024
WHOLE_MAX_BYTES = 256 * 1024 * 1024
FRAGMENTS_MAX = 100_000
QUICKTIME_BRAND = b"qt  "
WITH_DURATION_IN_HEADER = frozenset({"mp4", "mov", "3gp", "matroska"})
"""Formats whose header has the duration; others have it at their end, so their duration is not measured."""


def probe_video(
    reader: MediaReader, url: str, scratch_folder: Path, *, bounds: Bounds = BOUNDS, ffprobe: Path = FFPROBE
) -> VideoFacts:
    """What the file's header says, in one to three ranged calls; whatever goes wrong is in `failure`.

    Header and index are written at their places into a sparse file of the same size in `scratch_folder`, and ffprobe
    reads this file. Only a fragmented MP4, whose header does not have its length, is fetched as a whole, up to 256 MiB.
    Safe to call from several threads.
    """
    try:
        media = reader.describe(url)
        with _sparse_copy(reader, media, scratch_folder) as copy:
            return _measure(copy, bounds, ffprobe).model_copy(update={"url": url})
    except HostNotAllowed as error:
        return VideoFacts(url=url, failure=ProbeFailure.HOST_NOT_ALLOWED, detail=str(error))
    except UrlRefused as error:
        return VideoFacts(url=url, failure=ProbeFailure.URL_REFUSED, detail=str(error))
    except MediaUnavailable as error:
        return VideoFacts(url=url, failure=ProbeFailure.NOT_FOUND, detail=str(error))
    except AddressRefused as error:
        return VideoFacts(url=url, failure=ProbeFailure.REFUSED, detail=error.message)
    except Transient as error:
        return VideoFacts(url=url, failure=ProbeFailure.UNAVAILABLE, detail=error.message)
    except OSError as error:
        detail = f"the scratch folder cannot take the file's header: {error.strerror}"
        return VideoFacts(url=url, failure=ProbeFailure.UNAVAILABLE, detail=detail)


class SparseCopy:
    """The parts of a media file that were fetched, at their places in a local file of the same size."""

    def __init__(self, reader: MediaReader, media: MediaFile, path: Path, descriptor: int) -> None:
        self.media, self.path = media, path
        self._reader, self._descriptor = reader, descriptor
        self._fetched: list[tuple[int, int]] = []
        os.ftruncate(descriptor, media.size_bytes)
        self.fetch(0, len(media.head) or BLOCK_BYTES)

    def read_at(self, offset: int, length: int) -> bytes:
        """These bytes, fewer only at the end of the file; missing ones are fetched, with a block of those after."""
        end = min(offset + length, self.media.size_bytes)
        if not self._has(offset, end):
            last = self._fetched[-1][1]
            begin = last if last < offset <= last + AHEAD_BYTES else offset
            self.fetch(begin, end - begin + BLOCK_BYTES)
        return os.pread(self._descriptor, max(end - offset, 0), offset)

    def fetch(self, offset: int, length: int) -> None:
        """Makes sure that the copy has these bytes of the file."""
        end = min(offset + length, self.media.size_bytes)
        while not self._has(offset, end):
            offset = next((stop for start, stop in self._fetched if start <= offset < stop), offset)
            block = self._reader.read(self.media, offset, min(end - offset, CALL_BYTES))
            if not block:
                raise Transient(f"the media host sent nothing at byte {offset} of {self.media.size_bytes}")
            os.pwrite(self._descriptor, block, offset)
            self._fetched.append((offset, offset + len(block)))

    def _has(self, offset: int, end: int) -> bool:
        for start, stop in sorted(self._fetched):
            if start <= offset < stop:
                offset = stop
        return offset >= end


@contextmanager
def _sparse_copy(reader: MediaReader, media: MediaFile, scratch_folder: Path) -> Iterator[SparseCopy]:
    with tempfile.NamedTemporaryFile(dir=scratch_folder, prefix="probe-", suffix=".media") as file:
        yield SparseCopy(reader, media, Path(file.name), file.fileno())


def _measure(copy: SparseCopy, bounds: Bounds, ffprobe: Path) -> VideoFacts:
    """Everything that head, boxes and index say; the first defect is the failure."""
    facts = VideoFacts(url=copy.media.url, size_bytes=copy.media.size_bytes, etag=copy.media.etag)
    layout = _layout_of(copy)
    defect = _defect(layout, copy.media.size_bytes)
    if layout.is_mp4 and not _is_index_fetched(copy, layout):
        return _with_failure(facts, defect)
    defect = defect or index_defect(copy.read_at, layout, copy.media.size_bytes)
    answer = ask_ffprobe(copy.path, bounds, ffprobe)
    picture, container = answer.picture, _container(answer.format_name, layout)
    if picture is None:
        has_still = any(stream.is_picture for stream in answer.streams)
        lack = "whose only picture is a still" if has_still else "without a video stream"
        reason = answer.refusal or f"a {container} file {lack}"
        return _with_failure(facts, defect or (ProbeFailure.UNREADABLE, f"it is not a video: {reason}"))
    has_duration = container in WITH_DURATION_IN_HEADER
    figures = {
        "container": container,
        "codec": picture.codec,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "pixel_format": picture.pixel_format,
        "field_order": picture.field_order,
        "duration_s": answer.picture_duration_s if has_duration else 0.0,
        "sound_duration_s": answer.sound_duration_s if has_duration else 0.0,
        "has_audio": any(stream.kind == "audio" for stream in answer.streams),
    }
    if has_duration and not figures["duration_s"]:
        defect = defect or (ProbeFailure.UNREADABLE, "its header does not say how long it is")
    return _with_failure(facts.model_copy(update=figures), defect)


def _layout_of(copy: SparseCopy) -> Layout:
    layout = layout_of(copy.read_at, copy.media.size_bytes)
    if layout.is_fragmented and copy.media.size_bytes <= WHOLE_MAX_BYTES:
        copy.fetch(0, copy.media.size_bytes)
        return layout_of(copy.read_at, copy.media.size_bytes, FRAGMENTS_MAX, into_fragments=True)
    return layout


def _is_index_fetched(copy: SparseCopy, layout: Layout) -> bool:
    index = layout.index
    if index is None or index.size_bytes > INDEX_MAX_BYTES:
        return False
    copy.fetch(index.offset, index.size_bytes)
    return True


def _defect(layout: Layout, size_bytes: int) -> Defect | None:
    """The defect of the file by its boxes alone; a missing index and one that is too large are always defects."""
    index, cut = layout.index, layout.overrun
    if size_bytes == 0:
        return ProbeFailure.UNREADABLE, "the file is empty"
    if cut is not None:
        what = f"its {cut.kind.decode()} box reaches to byte {cut.end}"
        return ProbeFailure.TRUNCATED, f"{what}, the file ends at {size_bytes}: {cut.end - size_bytes} are missing"
    if index is None:
        return (ProbeFailure.UNREADABLE, "it begins like an MP4 and has no index (moov)") if layout.is_mp4 else None
    if index.size_bytes > INDEX_MAX_BYTES:
        return ProbeFailure.UNREADABLE, f"its index has {index.size_bytes} bytes, at most {INDEX_MAX_BYTES} are read"
    if layout.is_walked and not layout.media:
        return ProbeFailure.TRUNCATED, f"the file ends after {size_bytes} bytes with an index (moov) and without media"
    if layout.is_fragmented and size_bytes > WHOLE_MAX_BYTES:
        return (
            ProbeFailure.UNREADABLE,
            f"it is a fragmented MP4, whose header does not have its length, of {size_bytes} bytes; at most "
            f"{WHOLE_MAX_BYTES} are read through",
        )
    return None


def _container(format_name: str, layout: Layout) -> str:
    names = format_name.split(",")
    if "mp4" not in names:
        return names[0]
    if layout.brand in (b"", QUICKTIME_BRAND):
        return "mov"
    return "3gp" if layout.brand.startswith(b"3g") else "mp4"


def _with_failure(facts: VideoFacts, defect: Defect | None) -> VideoFacts:
    failure, detail = defect or (None, "")
    return facts.model_copy(update={"failure": failure, "detail": detail})
