"""The sandbox's pulling partner: what it keeps is what the API showed, whatever way it reads and whatever it meets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.pulling_partner import Manner, PullFailed, PullingPartner
from tests.pull_server import TOKEN, Answer, PullServer, a_show, a_tombstone, an_entry, an_item, problem, pull_server
from tests.sandbox.conftest import PROJECT

LATER, LATEST = "2026-03-02T07:00:00.000Z", "2026-03-02T08:00:00.000Z"


@pytest.fixture
def server() -> Iterator[PullServer]:
    with pull_server() as running:
        running.items = {
            "shows": [a_show()],
            "episodes": [an_item(number) for number in range(25)],
            "feed": [an_entry(number) for number in range(25)],
        }
        yield running


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def partner(server, tmp_path, slept) -> Iterator[PullingPartner]:
    made = PullingPartner(server.url, TOKEN, tmp_path, page_size=10, sleep=slept.append)
    yield made
    made.close()


def publish(server: PullServer, as_of: str = LATER) -> None:
    """A new generation: one item changed, one left, one came."""
    server.items["episodes"][3] = an_item(3, lang="en", updated_at=as_of)
    server.items["episodes"] = [item for item in server.items["episodes"] if item["id"] != "ep-4"]
    server.items["episodes"].append(an_item(30, updated_at=as_of))
    server.gone["episodes"].append(a_tombstone("ep-4", updated_at=as_of))
    server.generation, server.as_of = server.generation + 1, as_of


def has_what_it_should(partner: PullingPartner, server: PullServer, name: str = "episodes") -> bool:
    return partner.kept.items(name) == {item["id"]: item for item in server.items[name]}


@pytest.mark.parametrize("name", ["shows", "episodes", "feed"])
def test_a_full_sync_keeps_every_item_whole_and_the_checkpoint(server, partner, name):
    result = partner.read(name, Manner.FULL)
    assert has_what_it_should(partner, server, name)
    assert (result["items"], result["generation"]) == (len(server.items[name]), 7)
    assert partner.kept.checkpoint(name) is not None
    assert partner.kept.problems() == []


@pytest.mark.parametrize("manner", [Manner.INCREMENTAL, Manner.SINCE, Manner.OLD_CHECKPOINT, Manner.FULL, Manner.RUDE])
def test_whatever_way_it_reads_it_has_what_it_should_after_two_more_generations(server, partner, manner):
    partner.read("episodes")
    publish(server)
    partner.read("episodes", manner)
    server.items["episodes"].append(an_item(40, updated_at=LATEST))
    server.as_of = LATEST
    partner.read("episodes", manner)
    assert has_what_it_should(partner, server)
    assert partner.kept.problems() == []


def test_an_incremental_sync_reads_only_what_changed_and_keeps_the_tombstone(server, partner):
    partner.read("episodes")
    publish(server)
    result = partner.read("episodes")
    assert (result["items"], result["deleted"]) == (2, 1)
    assert list(partner.kept.deleted("episodes")) == ["ep-4"]
    assert [is_deleted for _, is_deleted, _ in partner.kept.shown("ep-4")] == [False, True]


def test_a_delta_that_is_unchanged_is_asked_for_with_its_etag_and_costs_no_body(server, partner):
    server.as_of = "2026-03-01T00:20:00.000Z"  # older than some items: the delta is not empty and stays the same
    partner.read("episodes")
    partner.read("episodes")
    assert partner.read("episodes").get("unchanged") is True
    assert partner.kept.calls()[-1]["status"] == 304
    assert partner.kept.calls()[-1]["bytes"] == 0


def test_an_empty_delta_leaves_copy_and_checkpoint_as_they_are(server, partner):
    partner.read("episodes")
    before = partner.kept.checkpoint("episodes")
    assert partner.read("episodes")["items"] == 0
    assert partner.kept.calls()[-1]["status"] == 204
    assert partner.kept.checkpoint("episodes") == before
    assert has_what_it_should(partner, server)


def test_after_a_410_it_reads_the_whole_list_anew(server, partner):
    partner.read("episodes")
    publish(server)
    refuse = problem(410, "checkpoint-expired")
    server.alter = lambda call, answer: refuse if len(server.calls) == 4 else None
    assert partner.read("episodes")["expired"] is True
    assert has_what_it_should(partner, server)


def test_a_429_is_waited_for_as_it_asks(server, partner, slept):
    server.alter = lambda call, answer: Answer(429, {}, {"Retry-After": "7"}) if len(server.calls) == 1 else None
    partner.read("episodes")
    assert slept == [7.0]
    assert has_what_it_should(partner, server)


def test_a_rude_partner_does_not_wait_and_ends_after_some_tries(server, partner, slept):
    server.alter = lambda call, answer: Answer(429, {}, {"Retry-After": "7"})
    with pytest.raises(PullFailed, match="the API answered 429"):
        partner.read("episodes", Manner.RUDE)
    assert slept == []
    assert len(server.calls) == 5


def test_a_rude_partner_reads_all_pages_each_time_and_sends_no_etag(server, partner):
    for _ in range(2):
        partner.read("episodes", Manner.RUDE)
    assert [call.query.get("page") for call in server.calls] == ["1", "2", "3"] * 2
    assert not any("if-none-match" in call.headers for call in server.calls)


def test_a_wrong_token_is_refused_and_its_status_told(server, partner):
    assert partner.read("episodes", Manner.WRONG_TOKEN)["status"] == 401
    assert partner.kept.items("episodes") == {}


def test_a_token_in_the_url_is_sent_without_a_header_and_kept_nowhere(server, partner, tmp_path):
    partner.read("episodes", Manner.URL_TOKEN)
    assert server.calls[0].query == {"access_token": TOKEN}
    assert "authorization" not in server.calls[0].headers
    assert TOKEN not in str(partner.kept.calls())


def test_an_interrupted_full_sync_drops_nothing_that_it_had(server, partner):
    partner.read("episodes")
    server.alter = lambda call, answer: Answer(500, {}) if "cursor" in call.query else None
    with pytest.raises(PullFailed, match="the API answered 500"):
        partner.read("episodes", Manner.FULL)
    assert has_what_it_should(partner, server)


def doubled(call, answer):
    answer.body["items"].insert(0, an_item(0))


def with_tombstone(call, answer):
    answer.body["items"].append(a_tombstone("ep-900"))


def wrong_total(call, answer):
    answer.body["total"] = 24


PROBLEMS = {"twice in one walk": doubled, "the full list has the tombstone": with_tombstone, "total is 24": wrong_total}


@pytest.mark.parametrize("problem_text", PROBLEMS)
def test_what_a_partner_would_complain_about_is_kept(server, partner, problem_text):
    server.alter = lambda call, answer: PROBLEMS[problem_text](call, answer)
    partner.read("episodes")
    assert any(problem_text in text for _, text in partner.kept.problems())


@pytest.mark.parametrize("raw", [b"<html>", b'{"items": 5}', b'{"items": [5]}', b"[]", b'{"items": [{"id": "a'])
def test_a_body_that_is_no_page_ends_the_reading_with_a_sentence(server, partner, raw):
    server.alter = lambda call, answer: Answer(200, raw=raw)
    with pytest.raises(PullFailed, match="with no"):
        partner.read("episodes")


@pytest.mark.parametrize("link", ["http://elsewhere.example/v1/episodes", "/v1/shows", "?page=2"])
def test_a_link_that_leads_elsewhere_or_in_a_circle_ends_the_reading(server, partner, link):
    server.alter = lambda call, answer: Answer(200, answer.body | {"next": link})
    with pytest.raises(PullFailed, match="next leads elsewhere or back"):
        partner.read("episodes")


def program(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", "pull", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_program_takes_its_token_from_the_environment_or_a_file_and_says_what_it_read(server, tmp_path):
    server.items["feed"] = []
    common = ("--url", server.url + "/", "--state-dir", str(tmp_path / "kept"), "--list", "episodes")
    first = program(*common, environment={"PULL_TOKEN": TOKEN})
    assert first.returncode == 0, first.stderr
    (line,) = first.stdout.splitlines()
    assert json.loads(line) | {"items": 25, "list": "episodes"} == json.loads(line)
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    second = program(*common, "--token-file", str(file), "--times", "2", environment={"PULL_TOKEN": ""})
    assert (second.returncode, len(second.stdout.splitlines())) == (0, 2)


@pytest.mark.parametrize(
    ("token", "code", "sentence"),
    [("", 2, "there is no token in the environment variable PULL_TOKEN"), ("wrong", 1, "the API answered 401")],
)
def test_the_program_says_in_a_sentence_why_it_read_nothing(server, tmp_path, token, code, sentence):
    answer = program("--url", server.url, "--state-dir", str(tmp_path), environment={"PULL_TOKEN": token})
    assert answer.returncode == code
    assert sentence in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_the_file_with_what_was_read_is_one_that_sqlite_opens(server, partner, tmp_path: Path):
    import sqlite3

    partner.read("episodes")
    with sqlite3.connect(tmp_path / "pulled.sqlite") as database:
        assert database.execute("SELECT count(*) FROM items WHERE list = 'episodes'").fetchone() == (25,)
