"""Upload: one large file through the delivery client, beside curl with the same file to the same sink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import MIB, Figure, Sizes, say
from benchmarks.serving import start_server
from benchmarks.transfers import CURL, Job, by_turns, memory_growth, ours, write_noise
from tools.processes import Processes

SMALL_MIB = 64
BESIDE = "curl -F file=@ of the same file to the same sink"
UNCHECKED = "the same without a SHA-256 to check"


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Throughput of each way, medians of alternating rounds, and the growth of memory for two sizes of file."""
    large, small = folder / "large.mp4", folder / "small.mp4"
    say(f"upload: writing a file of {sizes.upload_mib} MiB")
    digest = write_noise(large, sizes.upload_mib)
    write_noise(small, min(SMALL_MIB, sizes.upload_mib))
    with Processes() as processes:
        sink = start_server(processes, folder, "sink")
        host = start_server(processes, folder, "files", str(folder))
        from_host: Job = {"sink": sink, "media_host": host, "name": large.name, "scratch": str(folder)}
        jobs: dict[str, Job] = {
            "file": {"sink": sink, "file": str(large)},
            "media host": from_host | {"sha256": None},
            "media host, SHA-256": from_host | {"sha256": digest},
        }
        form = ("-F", "metadata={}", "-F", f"file=@{large};type=video/mp4")
        curl = (*form, f"{sink}/api/ingesta/contenido")
        took = by_turns("upload", sizes.upload_mib, sizes.upload_rounds, curl, jobs)
        small_mib = ours({"sink": sink, "file": str(small)})["grown_bytes"] / MIB
    yield took.speed("upload_curl", CURL)
    yield took.speed("upload", "file", CURL, BESIDE)
    yield took.speed("upload_from_media_host", "media host", CURL, BESIDE)
    yield took.speed("upload_from_media_host_sha256", "media host, SHA-256", "media host", UNCHECKED)
    yield memory_growth("upload_memory_growth_small_file", small_mib)
    yield memory_growth("upload_memory_growth", took.grown_mib["file"])
    yield memory_growth("upload_memory_growth_media_host", took.grown_mib["media host, SHA-256"])
    large.unlink()
