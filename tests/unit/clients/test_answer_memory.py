"""What a few kB of a catalogue's answer take in memory, measured in a process of its own over a real socket."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT
from tests.hostile_peer import MIB, answer_is_packed, empty_items, hostile_peer, page_of_empty_items

GROWTH_MAX_MIB = 100
PROGRAM = """
import re, sys, httpx
from datetime import UTC, datetime
from pathlib import Path
from edye_delivery.annex.api import RetryPolicy
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.clients.retry import Clock
from edye_delivery.errors import DeliveryError

def peak_kib():  # getrusage has the peak of the process that started this one too
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

clock = Clock(lambda: datetime.now(UTC), lambda s: None, lambda: 0.5)
with httpx.Client(base_url=f"http://127.0.0.1:{sys.argv[1]}", timeout=60, trust_env=False) as client:
    api = EdyeApi(client, RetryPolicy(attempts=1, base_s=1, cap_s=1), clock, 500)
    before_kib = peak_kib()
    try:
        api.shows(None)
    except DeliveryError as error:
        print((peak_kib() - before_kib) // 1024, type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (page_of_empty_items, "more than 300,000 lists and objects"),
        (answer_is_packed(empty_items(250_000)), "with 250,001 items, 500 were asked for"),
        (answer_is_packed(b'{"items": [' + b" " * 64 * MIB), "with more than 9,240,576 bytes"),
    ],
    ids=["1,700,000 empty items", "250,000 empty items", "64 MiB"],
)
def test_a_few_kb_of_a_page_take_no_gigabytes(behave, told):
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])
    with hostile_peer(behave) as port:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(port)],
            env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    grown_mib, outcome = done.stdout.split(" ", 1)
    assert outcome.startswith("AnswerMalformed")
    assert told in outcome
    assert int(grown_mib) < GROWTH_MAX_MIB
