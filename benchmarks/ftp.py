"""FTP: one large file through the delivery client, beside curl with the same file to the same server; two servers."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Sizes, say
from benchmarks.ftp_servers import NO_VSFTPD, FtpServer, real_server, sandbox_server
from benchmarks.serving import start_server
from benchmarks.transfers import CURL, Job, Took, by_turns, memory_growth, write_noise
from tools.processes import Processes

BESIDE = "curl -T of the same file to the same server, with SIZE and rename"
FILE, MEDIA_HOST = "file", "media host, SHA-256"
SPEEDS = ("_curl", "", "_from_media_host")
GROWTHS = ("_memory_growth", "_memory_growth_media_host")


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """For each server the throughput of each way, medians of alternating rounds, and the growth of memory."""
    source = folder / "media" / "large.mp4"
    source.parent.mkdir()
    say(f"ftp: writing a file of {sizes.ftp_mib} MiB")
    digest = write_noise(source, sizes.ftp_mib)
    with Processes() as processes:
        host = start_server(processes, folder, "files", str(source.parent))
        from_host: Job = {"media_host": host, "name": source.name, "sha256": digest, "scratch": str(folder)}
        jobs: dict[str, Job] = {FILE: {"file": str(source)}, MEDIA_HOST: from_host}
        for name, opened in (("ftp_sandbox", sandbox_server), ("ftp_vsftpd", real_server)):
            (folder / name).mkdir()
            with opened(folder / name) as server:
                if server is None:
                    yield from missing(name)
                    continue
                own = {way: job | {"ftp": server.job()} for way, job in jobs.items()}
                curl = _curl_arguments(server, source)
                arrival = Arrival(name, server, source.stat().st_size, digest)
                took = by_turns(name, sizes.ftp_mib, sizes.ftp_rounds, curl, own, arrival.look_and_remove)
            yield from _figures(name, took)


def _curl_arguments(server: FtpServer, source: Path) -> tuple[str, ...]:
    """What the client does: an upload under a temporary name, its size, its final name.

    curl's time goes to the last answer. It has to be the same one: vsftpd answers an upload before it closes the file,
    and on some file systems the command after that waits for a third of a second.
    """
    final = f"{server.folder}/{source.name}"
    afterwards = (f"-SIZE {final}.part", f"-RNFR {final}.part", f"-RNTO {final}")
    quotes = [argument for command in afterwards for argument in ("--quote", command)]
    return ("-T", str(source), *quotes, server.url(f"{source.name}.part"))


@dataclass(frozen=True, slots=True)
class Arrival:
    """What has to be in the server's folder after each upload."""

    name: str
    server: FtpServer
    size_bytes: int
    sha256: str

    def look_and_remove(self, way: str, number: int) -> None:
        """Ends the benchmark where it is not the file that was sent; its SHA-256 is looked at in the first round."""
        [file] = self.server.disk.rglob("*.mp4")
        is_sent = file.stat().st_size == self.size_bytes
        if is_sent and number == 1:
            with file.open("rb") as content:
                is_sent = hashlib.file_digest(content, "sha256").hexdigest() == self.sha256
        if not is_sent:
            raise SystemExit(f"{self.name}, {way}: what arrived is not the file that was sent")
        for path in self.server.disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _figures(name: str, took: Took) -> Iterator[Figure]:
    curl, alone, from_host = (f"{name}{ending}" for ending in SPEEDS)
    yield took.speed(curl, CURL)
    yield took.speed(alone, FILE, CURL, BESIDE)
    yield took.speed(from_host, MEDIA_HOST, CURL, f"{BESIDE}, which reads it from the disk")
    for ending, way in zip(GROWTHS, (FILE, MEDIA_HOST), strict=True):
        yield memory_growth(f"{name}{ending}", took.grown_mib[way])


def missing(name: str) -> Iterator[Figure]:
    """The server's figures where it is not installed."""
    for endings, unit in ((SPEEDS, "MiB/s"), (GROWTHS, "MiB")):
        for ending in endings:
            yield Figure(f"{name}{ending}", None, unit, missing=NO_VSFTPD)
