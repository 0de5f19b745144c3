"""Worker processes: reused where all goes well, ended and replaced where not, and never left behind."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients import workers as workers_module
from edye_delivery.clients.pictures import look_at
from edye_delivery.clients.worker import allow_processor_time
from edye_delivery.clients.workers import Workers
from edye_delivery.errors import ConfigurationInvalid, PictureBroken, Transient
from tests.builders import PROJECT, the_annex
from tests.unit.clients import hostile_pictures, worker_jobs
from tests.waiting import until

IMAGES = the_annex().images


@pytest.fixture(scope="module")
def pool():
    with Workers(IMAGES, at_once=1) as workers:
        yield workers


def process_of(workers: Workers) -> int:
    return workers.run(worker_jobs.tell, b"", {}, 5)[0]["process_id"]


def is_running(process_id: int) -> bool:
    """Whether there is such a process; one that ended and was not reaped counts."""
    return Path(f"/proc/{process_id}").exists()


def test_one_worker_answers_job_after_job(pool):
    content = os.urandom(3_000_000)
    first, blobs = pool.run(worker_jobs.tell, content, {"word": "ñ"}, 5)
    assert (first["word"], blobs) == ("ñ", [content, b""])
    assert first["process_id"] == process_of(pool) != os.getpid()


@pytest.mark.parametrize(
    ("job", "options", "error", "told"),
    [
        (worker_jobs.spin, {}, PictureBroken, "took more than 0.3 s of processor time and was stopped"),
        (worker_jobs.stand_still, {}, Transient, "did not end within 6 s"),
        (worker_jobs.crash, {"signal": "SIGSEGV"}, PictureBroken, "made the decoder crash"),
        (worker_jobs.crash, {"signal": "SIGABRT"}, PictureBroken, "made the decoder crash"),
        (worker_jobs.crash, {"signal": "SIGKILL"}, Transient, "ended by signal 9, which says nothing"),
        (worker_jobs.leave, {}, PictureBroken, "made the decoder crash"),
    ],
    ids=["spins", "stands still", "segmentation fault", "abort", "killed by somebody", "exits"],
)
def test_a_job_that_costs_its_worker_costs_no_other(pool, job, options, error, told):
    lost = process_of(pool)
    with pytest.raises(error, match=told):
        pool.run(job, b"", options, 0.3)
    assert not is_running(lost)
    assert process_of(pool) != lost


def test_a_worker_that_stands_still_before_it_takes_its_picture_holds_nobody(pool):
    lost = process_of(pool)
    os.kill(lost, signal.SIGSTOP)
    with pytest.raises(Transient, match="did not end within 2 s and was stopped"):
        pool.run(worker_jobs.tell, bytes(8_000_000), {}, 0.1)
    assert not is_running(lost)
    assert process_of(pool) != lost


def test_a_worker_that_stands_still_in_the_middle_of_its_answer_holds_nobody(pool):
    lost = process_of(pool)
    with pytest.raises(Transient, match="did not end within 2 s and was stopped"):
        pool.run(worker_jobs.answer_half, b"", {}, 0.1)
    assert not is_running(lost)


@pytest.mark.parametrize("job", [worker_jobs.swallow, worker_jobs.recurse], ids=["memory", "recursion"])
def test_what_breaks_inside_a_job_is_told_and_the_worker_stays(pool, job):
    before = process_of(pool)
    with pytest.raises(PictureBroken, match=r"MemoryError|RecursionError"):
        pool.run(job, b"", {}, 5)
    assert process_of(pool) == before


def test_a_worker_writes_no_files(pool, tmp_path):
    with pytest.raises(PictureBroken, match="OSError"):
        pool.run(worker_jobs.write, b"x" * 10_000, {"path": str(tmp_path / "file")}, 5)


def test_the_limit_is_of_one_job_and_not_of_all_together(pool):
    content = hostile_pictures.many_scans(0, 2000)
    before = process_of(pool)
    limits = IMAGES.model_copy(update={"decode_limit_s": 0.5})
    assert all(look_at(ImageKind.POSTER, "a", content, limits, pool.run).failure is None for _ in range(20))
    assert process_of(pool) == before


def test_a_job_may_be_allowed_more_time_and_no_more_than_that(pool):
    assert pool.run(worker_jobs.spin_for, b"", {"allowed_s": 5, "spun_s": 0.4}, 0.2)[0] == {"spun": True}
    with pytest.raises(PictureBroken, match="processor time"):
        pool.run(worker_jobs.spin_for, b"", {"allowed_s": 0.2, "spun_s": 60}, 5)


def test_allowing_time_sets_no_limit_where_there_is_none():
    allow_processor_time(0.01)
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_no_more_workers_than_jobs_at_once_are_started(tmp_path):
    with Workers(IMAGES, at_once=3) as workers:
        assert len({process_of(workers) for _ in range(10)}) == 1
        with ThreadPoolExecutor(8) as threads:
            used = set(threads.map(lambda _: process_of(workers), range(50)))
        assert len(used) <= 3
    assert not [process_id for process_id in used if is_running(process_id)]


def test_workers_start_in_a_daemonic_process_which_may_have_no_children_of_its_own():
    context = multiprocessing.get_context("fork")
    told: multiprocessing.SimpleQueue[int] = context.SimpleQueue()

    def ask() -> None:
        with Workers(IMAGES) as workers:
            told.put(process_of(workers))

    process = context.Process(target=ask, daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert not is_running(told.get())


def test_no_worker_outlives_a_task_that_is_killed(tmp_path):
    script = (
        "import sys\n"
        "from edye_delivery.clients.workers import Workers\n"
        "from tests.builders import the_annex\n"
        "from tests.unit.clients import worker_jobs\n"
        "workers = Workers(the_annex().images)\n"
        "print(workers.run(worker_jobs.tell, b'', {}, 5)[0]['process_id'], flush=True)\n"
        "sys.stdin.read()\n"
    )
    folders = os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])
    with subprocess.Popen(
        [sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": folders}, stdin=-1, stdout=-1
    ) as task:
        worker = int(task.stdout.readline())
        assert is_running(worker)
        task.send_signal(signal.SIGKILL)
    until(lambda: not is_running(worker), "the end of the worker of a killed task")


def test_a_worker_that_cannot_start_is_a_matter_of_the_installation(monkeypatch):
    monkeypatch.setattr(workers_module, "PROGRAM", "edye_delivery.clients.no_such_program")
    with Workers(IMAGES) as workers, pytest.raises(ConfigurationInvalid, match="did not start; its exit code was 1"):
        process_of(workers)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (hostile_pictures.many_scans(3000), "more than 100 scans; export it again as a baseline"),
        (hostile_pictures.many_chunks(), "took more than 1 s of processor time and was stopped; export it again"),
        (hostile_pictures.text_bomb(), "damaged|took more than 1 s"),
        (hostile_pictures.profile_bomb(), "Decompressed data too large"),
    ],
    ids=["scans", "chunks", "texts", "colour profile"],
)
def test_a_small_file_that_is_dear_to_open_is_stopped_and_says_what_to_do(pool, content, told):
    facts = look_at(ImageKind.POSTER, "a", content, IMAGES.model_copy(update={"decode_limit_s": 1.0}), pool.run)
    assert facts.failure is ProbeFailure.UNREADABLE
    assert re.search(told, facts.detail)


@pytest.mark.parametrize(
    "content", [hostile_pictures.animated_png(1000), hostile_pictures.animated_gif(1000)], ids=["APNG", "GIF"]
)
def test_of_an_animation_only_the_first_picture_is_decoded(pool, content):
    limits = IMAGES.model_copy(update={"decode_limit_s": 0.5, "formats": ("PNG", "GIF")})
    assert look_at(ImageKind.POSTER, "a", content, limits, pool.run).width_px == 64


def test_the_largest_picture_of_the_annex_fits_into_a_worker(pool):
    facts = look_at(ImageKind.POSTER, "a", hostile_pictures.largest(IMAGES.max_pixels), IMAGES, pool.run)
    assert facts.failure is None
