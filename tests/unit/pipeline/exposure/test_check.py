"""The exposure check over HTTP: a right API passes, and each way to be wrong is found by its own rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edye_delivery.catalog.exposure import ExpectedThumbnail, RemovedItem
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.pipeline.exposure import lists
from tests.pull_server import Answer, Call, PullServer, a_show, a_tombstone, an_entry, an_item, problem, pull_server
from tests.unit.pipeline.exposure.world import (
    NOW,
    a_channel,
    check,
    expected_of,
    external_id_of,
    fill,
    messages,
    skipped,
)

FIRST = external_id_of("ep-0")
CHANGED_AT = "2026-03-02T06:00:00.000Z"


@pytest.fixture
def server() -> Iterator[PullServer]:
    with pull_server() as running:
        fill(running)
        yield running


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_a_list_as_it_should_be_has_no_finding_and_every_title_is_good(server, is_full):
    result = check(server, is_full=is_full)
    assert (result.counts, result.has_to_go_back, result.newer_generation) == ({}, False, None)
    assert sorted(result.good_titles()) == sorted(external_id_of(f"ep-{number}") for number in range(25))
    assert result.is_good(FIRST)
    assert result.is_clean


def test_after_a_full_check_the_ends_of_all_lists_are_known(server):
    assert check(server).checkpoints.keys() == set(ListName)
    assert check(server, is_full=False).checkpoints == {}


def checkpoints_of(server: PullServer) -> dict[ListName, str]:
    return dict(check(server).checkpoints)


def publish(server: PullServer) -> RemovedItem:
    """A new generation: ep-3 changed, ep-4 left the episodes and the feed."""
    server.generation += 1
    for key in ("episodes", "feed"):
        items = [item for item in server.items[key] if item["id"] != "ep-4"]
        server.items[key] = [item | {"updated_at": CHANGED_AT} if item["id"] == "ep-3" else item for item in items]
        server.gone[key] = [a_tombstone("ep-4", updated_at=CHANGED_AT)]
    server.as_of = CHANGED_AT
    return RemovedItem(ListName.EPISODES, "ep-4", "withdrawn", external_id_of("ep-4"), is_new=True)


@pytest.fixture
def second(server) -> tuple[PullServer, dict[ListName, str], RemovedItem]:
    server.as_of = "2026-03-01T12:00:00.000Z"
    checkpoints = checkpoints_of(server)
    return server, checkpoints, publish(server)


def test_changes_and_tombstones_are_found_in_the_delta(second):
    server, checkpoints, removed = second
    result = check(server, expected_of(server, new=["ep-3"], removed=[removed], checkpoints=checkpoints))
    assert result.counts == {}
    assert skipped(result, "EXPO004") == []


def without(item_id: str, key: str = "items"):
    """Leaves an item out of every delta and list."""

    def alter(call: Call, answer: Answer) -> None:
        if answer.status == 200 and key in answer.body:
            answer.body[key] = [item for item in answer.body[key] if item["id"] != item_id]

    return alter


def only_in_deltas(alter):
    def wrapped(call: Call, answer: Answer) -> None:
        if answer.status == 200 and "total" not in (answer.body or {}) and "cursor" in call.query:
            alter(call, answer)

    return wrapped


@pytest.mark.parametrize(("item_id", "message"), [("ep-3", "the change of"), ("ep-4", "the tombstone (withdrawn) of")])
def test_what_the_delta_lacks_is_a_finding_about_its_title(second, item_id, message):
    server, checkpoints, removed = second
    server.alter = only_in_deltas(without(item_id))
    result = check(server, expected_of(server, new=["ep-3"], removed=[removed], checkpoints=checkpoints))
    assert result.counts == {"EXPO004": 1}
    assert messages(result, "EXPO004")[0].startswith(f"{message} {external_id_of(item_id)}")
    assert not result.is_good(external_id_of(item_id))
    assert result.is_good(FIRST)


def test_a_checkpoint_that_has_expired_leaves_the_delta_unjudged(second):
    server, checkpoints, removed = second

    def expired(call: Call, answer: Answer) -> Answer | None:
        return problem(410, "checkpoint-expired") if call.query.get("cursor") in checkpoints.values() else None

    server.alter = expired
    result = check(server, expected_of(server, new=["ep-3"], removed=[removed], checkpoints=checkpoints))
    assert result.counts == {}
    assert len(skipped(result, "EXPO004")) == 3


def replace_item(server: PullServer, key: str, number: int, **changes: Any) -> None:
    server.items[key][number] = server.items[key][number] | changes


def test_an_older_generation_is_a_finding_and_is_taken_back(server):
    expected = replace(expected_of(server), generation=8)
    result = check(server, expected)
    assert result.counts == {"EXPO001": 3}
    assert result.has_to_go_back
    assert list(result.good_titles()) == []


def test_a_generation_that_comes_a_little_later_is_waited_for(server):
    def alter(call: Call, answer: Answer) -> None:
        if len(server.calls) < 4 and answer.status == 200:
            answer.body["generation"] = 6

    server.alter = alter
    assert check(server).counts == {}


def test_a_newer_generation_leaves_everything_unjudged(server):
    expected = replace(expected_of(server), generation=6)
    result = check(server, expected)
    assert (result.counts, result.newer_generation, result.has_to_go_back) == ({}, 7, False)
    assert list(result.good_titles()) == []


NOT_SERVED = {
    "500": (Answer(500, {}), True),
    "HTML": (Answer(200, raw=b"<html>"), True),
    "404": (Answer(404, {}), True),
    "401": (Answer(401, {}), False),
    "429": (Answer(429, {}, {"Retry-After": "9999"}), False),
}


@pytest.mark.parametrize("name", NOT_SERVED)
def test_a_list_that_is_not_served_is_taken_back_only_where_the_answer_is_to_blame(server, name):
    answer, takes_back = NOT_SERVED[name]
    server.alter = lambda call, answered: answer if "if-none-match" not in call.headers else None
    result = check(server)
    assert result.counts["EXPO001"] == 3
    assert result.has_to_go_back is takes_back
    assert skipped(result, "EXPO002")
    assert list(result.good_titles()) == []


def test_an_api_that_does_not_answer_is_a_finding_and_nothing_is_taken_back(server):
    server.url = "http://127.0.0.1:1"
    result = check(server)
    assert result.counts == {"EXPO001": 3}
    assert not result.has_to_go_back
    assert len(skipped(result, "EXPO010")) > 0


def test_an_empty_list_of_which_nothing_is_expected_is_in_order(server):
    server.items = {"shows": [], "episodes": [], "feed": []}
    assert check(server).counts == {}


def test_an_empty_list_of_which_something_is_expected_is_a_finding(server):
    expected = expected_of(server)
    server.items["episodes"] = []
    assert messages(check(server, expected), "EXPO001") == ["episodes: 204, nothing is exposed; 25 items expected"]


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_a_title_that_is_missing_is_a_finding_about_it_alone(server, is_full):
    expected = expected_of(server)
    for key in ("episodes", "feed"):
        server.items[key] = [item for item in server.items[key] if item["id"] != "ep-0"]
    result = check(server, replace(expected, counts=expected_of(server).counts), is_full=is_full)
    assert result.counts.keys() == ({"EXPO002", "EXPO012"} if is_full else {"EXPO002"})  # the sum differs too
    assert result.counts["EXPO002"] == 2
    finding = result.finding_of(FIRST)
    assert finding is not None
    assert finding.code == "EXPO002"
    assert not result.has_to_go_back


def test_a_title_with_other_content_than_was_published_is_a_finding(server):
    expected = expected_of(server)
    replace_item(server, "episodes", 0, lang="en")
    assert messages(check(server, expected), "EXPO002") == [
        f"{FIRST} has other content in the list episodes than was published"
    ]


def test_a_title_that_comes_twice_is_a_finding(server):
    expected = expected_of(server)
    server.items["episodes"].append(an_item(0, updated_at="2026-03-01T23:00:00.000Z"))
    result = check(server, expected)
    assert messages(result, "EXPO002") == [f"{FIRST} is 2 times in the list episodes, expected once"]
    assert not result.is_good(FIRST)


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_a_withdrawn_title_that_is_shown_takes_the_generation_back(server, is_full):
    removed = RemovedItem(ListName.EPISODES, "ep-0", "withdrawn", FIRST)
    expected = expected_of(server)
    items = [item for item in expected.items if (item.list, item.id) != (ListName.EPISODES, "ep-0")]
    result = check(server, replace(expected, items=[*items, removed]), is_full=is_full)
    assert messages(result, "EXPO003") == [f"{FIRST} is shown in episodes, and is not exposed any more: withdrawn"]
    assert result.has_to_go_back


def test_a_stranger_takes_the_generation_back(server):
    expected = expected_of(server)
    server.items["episodes"].append(an_item(40))
    result = check(server, expected)
    assert "EDYE_PLANETA_S01E40_ES is shown in episodes, and the ledger does not" in messages(result, "EXPO003")[0]
    assert result.has_to_go_back


def test_a_title_whose_window_ended_by_the_ledger_is_not_missing_and_must_not_be_shown(server):
    ended = {"ep-0": {"closes_at": NOW - timedelta(hours=1)}}
    assert check(server, expected_of(server, changes=ended)).counts == {"EXPO003": 2}
    expected = expected_of(server, changes=ended)
    for key in ("episodes", "feed"):
        server.items[key] = [item for item in server.items[key] if item["id"] != "ep-0"]
    result = check(server, expected)
    assert result.counts == {}
    assert result.is_good(FIRST)


@pytest.mark.parametrize("key", ["episodes", "feed"])
def test_a_list_in_the_wrong_order_keeps_all_titles_back(server, key):
    def alter(call: Call, answer: Answer) -> None:
        if answer.status == 200 and call.path == f"/v1/{key}":
            answer.body["playlist" if key == "feed" else "items"].reverse()

    server.alter = alter
    result = check(server)
    assert result.counts == {"EXPO005": 1}
    assert "is not in the order (updated_at, id)" in messages(result, "EXPO005")[0]
    assert list(result.good_titles()) == []


def test_other_items_by_page_than_by_links_are_a_finding(server):
    def alter(call: Call, answer: Answer) -> None:
        if call.path == "/v1/episodes" and call.query.get("page") == "2":
            answer.body["items"].pop()

    server.alter = alter
    assert messages(check(server), "EXPO005") == ["episodes: page 2 has other items by number than by links"]


def test_a_wrong_total_is_a_finding(server):
    def alter(call: Call, answer: Answer) -> None:
        if call.path == "/v1/episodes" and "total" in (answer.body or {}):
            answer.body["total"] = 24

    server.alter = alter
    result = check(server)
    assert messages(result, "EXPO005") == ["episodes: 25 items by links, total is 24"]
    assert messages(result, "EXPO012") == ["episodes: 24 items, the ledger has 25"]


def test_a_title_withdrawn_while_the_list_is_read_leaves_the_list_unjudged(server):
    expected = expected_of(server)

    def alter(call: Call, answer: Answer) -> None:
        if call.path == "/v1/episodes" and "cursor" in call.query and len(server.items["episodes"]) == 25:
            server.items["episodes"].pop(0)

    server.alter = alter
    result = check(server, expected)
    assert result.counts == {}
    assert len(skipped(result, "EXPO002")) == 1


def test_an_item_that_breaks_the_contract_is_a_finding_about_its_title(server):
    replace_item(server, "episodes", 0, kind="trailer")
    result = check(server)
    assert messages(result, "EXPO006")[0].startswith(f"{FIRST} breaks the contract at kind:")
    assert not result.is_good(FIRST)
    assert result.is_good(external_id_of("ep-1"))


def test_a_tombstone_in_a_full_list_is_a_finding(server):
    server.items["episodes"].append(a_tombstone("ep-90"))
    assert "a tombstone, which only a delta may have" in messages(check(server), "EXPO006")[0]


def test_a_page_without_a_checkpoint_at_the_end_is_a_finding(server):
    def alter(call: Call, answer: Answer) -> None:
        if answer.status == 200:
            answer.body.pop("checkpoint", None)

    server.alter = alter
    result = check(server)
    assert result.counts == {"EXPO006": 3}
    assert result.checkpoints == {}


def test_a_walk_that_breaks_off_judges_nothing_as_missing(server):
    def alter(call: Call, answer: Answer) -> Answer | None:
        return Answer(200, raw=b"<html>") if call.path == "/v1/episodes" and "cursor" in call.query else None

    server.alter = alter
    result = check(server)
    assert result.counts == {"EXPO006": 1}
    assert "EXPO002" not in result.counts
    assert "was not read to its end, page 2 did not come" in skipped(result, "EXPO002")[0]


def test_links_that_lead_elsewhere_are_a_finding(server):
    def alter(call: Call, answer: Answer) -> None:
        if call.path == "/v1/episodes" and answer.status == 200 and "page" not in call.query:
            answer.body["next"] = "http://elsewhere.example/"

    server.alter = alter
    assert "leads elsewhere" in messages(check(server), "EXPO006")[0]


def test_thumbnails_that_are_not_the_annexs_are_a_finding_about_the_title(server):
    wide = ExpectedThumbnail("wide", 640, 360)
    result = check(server, expected_of(server, changes={"ep-0": {"thumbnails": (wide,)}}))
    assert messages(result, "EXPO007") == [
        f"{FIRST} lacks the thumbnail wide in episodes", f"{FIRST} lacks the thumbnail wide in entries"
    ]  # fmt: skip


def test_a_list_without_etags_or_304_is_a_finding(server):
    server.alter = lambda call, answer: answer.headers.pop("ETag", None) and None
    assert check(server).counts == {"EXPO009": 3}
    server.alter = lambda call, answer: Answer(200, {"generation": 7, "as_of": CHANGED_AT, "items": []}) if (
        answer.status == 304
    ) else None  # fmt: skip
    assert check(server).counts == {"EXPO009": 3}


def test_a_call_that_is_not_refused_takes_the_generation_back(server):
    server.users[""] = {"shows", "episodes", "feed", "media"}
    result = check(server)
    assert messages(result, "EXPO010") == [
        f"the call of /v1/{name} without a token was answered with {status}, expected 401"
        for name, status in {"shows": 200, "episodes": 200, "feed": 200, "media/any": 404}.items()
    ]
    assert result.has_to_go_back


def test_an_endpoint_that_the_user_may_not_call_has_to_be_refused(server):
    narrow = a_channel(["shows", "episodes"])
    expected = replace(expected_of(server), counts={ListName.SHOWS: 1, ListName.EPISODES: 25})
    result = check(server, expected, pull=narrow)
    assert [message.split(" was ")[0] for message in messages(result, "EXPO010")] == [
        "the call of /v1/feed by a user without permission", "the call of /v1/media/any by a user without permission"
    ]  # fmt: skip
    server.users = {token: {"shows", "episodes"} for token in server.users}
    again = check(server, expected, pull=narrow)
    assert again.counts == {}
    assert again.is_good(FIRST)


def test_another_partners_title_has_to_be_unknown(server):
    foreign = {ListName.EPISODES: "ep-99"}
    assert check(server, expected_of(server, foreign_ids=foreign)).counts == {}
    server.gone["episodes"] = [a_tombstone("ep-99")]
    result = check(server, expected_of(server, foreign_ids=foreign))
    assert messages(result, "EXPO010") == [
        "the call of /v1/episodes/ep-99 for another partner's title was answered with 410, expected 404"
    ]


def test_another_partners_media_has_to_be_unknown_in_each_of_the_three_calls_about_it(server):
    foreign = {ListName.ENTRIES: "ep-99"}
    assert check(server, expected_of(server, foreign_ids=foreign)).counts == {}
    server.alter = lambda call, answer: Answer(200, an_entry(99)) if "/ep-99/images" in call.path else None
    result = check(server, expected_of(server, foreign_ids=foreign))
    assert messages(result, "EXPO010") == [
        "the call of /v1/media/ep-99/images for another partner's title was answered with 200, expected 404"
    ]
    assert result.has_to_go_back


def test_another_partners_media_is_not_called_by_a_user_who_may_not_call_media(server):
    server.users = {token: {"shows", "episodes", "feed"} for token in server.users}
    check(server, expected_of(server, foreign_ids={ListName.ENTRIES: "ep-99"}), pull=a_channel(["shows", "feed"]))
    assert [call.path for call in server.calls if "ep-99" in call.path] == []


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_an_episode_without_its_show_is_a_finding_about_it(server, is_full):
    replace_item(server, "episodes", 0, show_id="show-9")
    result = check(server, is_full=is_full)
    assert messages(result, "EXPO011") == [f"{FIRST}: its show show-9 is not in the list of shows"]


def test_an_episode_in_another_season_than_the_ledgers_is_a_finding(server):
    result = check(server, expected_of(server, changes={"ep-0": {"season_number": 2}}))
    assert messages(result, "EXPO011") == [f"{FIRST}: season_number is 1, expected 2"]


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_another_number_of_items_than_the_ledgers_is_a_finding(server, is_full):
    expected = expected_of(server)
    counts = {**expected.counts, ListName.SHOWS: 2}
    result = check(server, replace(expected, counts=counts), is_full=is_full)
    assert messages(result, "EXPO012") == ["shows: 1 items, the ledger has 2"]


def test_a_check_whose_time_is_over_says_what_it_did_not_reach(server):
    def alter(call: Call, answer: Answer) -> Answer | None:
        return Answer(429, {}, {"Retry-After": "50"}) if "cursor" in call.query else None

    server.alter = alter
    result = check(server, lasts_s=10.0)
    assert result.counts == {}
    assert any("the time of its batch was over" in reason for reason in skipped(result, "EXPO002"))
    assert [result.is_good(external_id_of(name)) for name in ("ep-0", "ep-24")] == [True, False]


def test_many_findings_of_one_rule_are_counted_and_the_first_are_kept(server):
    fill(server, episodes=150)
    expected = expected_of(server)
    server.items["episodes"] = [item | {"kind": "trailer"} for item in server.items["episodes"]]
    result = check(server, replace(expected, items=list(expected.items)))
    assert result.counts["EXPO006"] == 150
    assert len(messages(result, "EXPO006")) == 100


def test_of_a_long_list_only_some_pages_are_read_by_number(server, monkeypatch):
    monkeypatch.setattr(lists, "PAGES_BY_NUMBER_MAX", 4)
    fill(server, episodes=95)
    assert check(server).counts == {}
    numbered = [int(call.query["page"]) for call in server.calls if call.path == "/v1/feed" and "page" in call.query]
    assert set(numbered) == {1, 4, 7, 10}


def test_a_series_may_be_shown_whatever_its_own_tags_are(server):
    server.items["shows"] = [a_show(tags=["other"], geo=["de"])]
    assert check(server).counts == {}


def test_an_expected_item_of_a_list_that_the_user_may_not_read_holds_no_title_back(server):
    narrow = a_channel(["shows", "episodes"])
    server.users = {token: {"shows", "episodes"} for token in server.users}
    result = check(server, expected_of(server), pull=narrow)
    assert result.counts == {}
    assert result.is_good(FIRST)
    assert skipped(result, "EXPO002") == ["the check's user reader may not read the list entries"]


def test_hostile_items_of_a_list_are_findings_and_no_crash(server):
    hostile: list[Any] = [5, None, [], {}, {"id": "\ud800"}, {"id": "x" * 5000}, {"id": "a\0b", "deleted": True}]
    expected = expected_of(server)

    def alter(call: Call, answer: Answer) -> None:
        if answer.status == 200 and "items" in answer.body:
            answer.body["items"] = [*answer.body["items"], *hostile]

    server.alter = alter
    result = check(server, expected)
    assert result.counts["EXPO006"] > 0
    assert all(found.finding.message.isprintable() for found in result.findings)
