"""Reading the delivery API: walks, deltas, items, tokens, and every hostile answer with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.exposure import item_digest
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api import client as client_module
from edye_delivery.clients.delivery_api.client import NO_TOKEN, DeliveryApi
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, ListRefused, TooSlow, Transient, UrlRefused
from tests.hostile_peer import BEHAVIOURS, hostile_peer
from tests.pull_server import (
    OTHER_TOKEN,
    TOKEN,
    Answer,
    PullServer,
    a_show,
    a_tombstone,
    an_entry,
    an_item,
    pull_server,
)

POLICY = RetryPolicy(attempts=3, base_s=0.0, cap_s=0.01, retry_after_max_s=60.0)
LISTS = (ListName.SHOWS, ListName.EPISODES, ListName.ENTRIES)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def server() -> Iterator[PullServer]:
    with pull_server() as running:
        running.items = {
            "shows": [a_show()],
            "episodes": [an_item(number) for number in range(25)],
            "feed": [an_entry(number) for number in range(25)],
        }
        yield running


def api(url: str, slept: list[float] | None = None, token: str = TOKEN, page_size: int = 10, **more) -> DeliveryApi:
    pauses = slept if slept is not None else []
    clock = Clock(now, pauses.append, lambda: 0.5)
    headers = {"Authorization": f"Bearer {token}"}
    web = httpx.Client(base_url=url, headers=headers, timeout=more.pop("timeout_s", 5.0), trust_env=False)
    return DeliveryApi(web, POLICY, clock, page_size, **more)


def ids(pages) -> list[str]:
    return [item.id for page in pages for item in page.items]


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_by_links_has_every_item_once_and_ends_with_a_checkpoint(server, name):
    pages = list(api(server.url).walk(name))
    key = {"entries": "feed"}.get(name, name)
    assert ids(pages) == [item["id"] for item in server.items[key]]
    assert [page.generation for page in pages] == [7] * len(pages)
    assert [bool(page.checkpoint) for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.defect for page in pages] == [""] * len(pages)


def test_a_page_by_its_number_has_the_items_of_that_page(server):
    page = api(server.url).page(ListName.EPISODES, 3)
    assert ids([page]) == [f"ep-{number}" for number in range(20, 25)]
    assert page.total == 25


@pytest.mark.parametrize(("count", "pages"), [(1, ["1"]), (10, ["1"]), (11, ["1", "2"]), (25, ["1", "3"])])
def test_a_probe_reads_the_first_page_and_the_last_so_that_no_list_stays_open(server, count, pages):
    server.items["episodes"] = server.items["episodes"][:count]
    assert api(server.url).probe(ListName.EPISODES).total == count
    assert [call.query["page"] for call in server.calls] == pages


def test_a_delta_has_what_changed_since_the_checkpoint_and_the_tombstones(server):
    reader = api(server.url)
    checkpoint = list(reader.walk(ListName.EPISODES))[-1].checkpoint
    server.items["episodes"][3] = an_item(3, lang="en", updated_at="2026-03-02T07:00:00.000Z")
    server.gone["episodes"] = [a_tombstone("ep-99", updated_at="2026-03-02T08:00:00.000Z")]
    ((changed, gone),) = [page.items for page in reader.walk(ListName.EPISODES, checkpoint=checkpoint)]
    assert (changed.id, changed.is_deleted) == ("ep-3", False)
    assert (gone.id, gone.is_deleted, gone.reason, gone.defect) == ("ep-99", True, "withdrawn", "")


def test_a_delta_since_a_moment_asks_for_that_moment(server):
    since = datetime(2026, 3, 1, 0, 23, tzinfo=UTC)
    pages = list(api(server.url).walk(ListName.EPISODES, updated_since=since))
    assert ids(pages) == ["ep-23", "ep-24"]
    assert server.calls[0].query["updated_since"] == "2026-03-01T00:23:00Z"


def test_an_answer_204_is_a_page_without_items(server):
    server.items["shows"] = []
    (page,) = api(server.url).walk(ListName.SHOWS)
    assert page.is_empty
    assert page.items == ()


def test_an_item_is_read_as_the_list_shows_it(server):
    reader = api(server.url)
    head, item = reader.item(ListName.EPISODES, "ep-4")
    assert head.status == 200
    assert item is not None
    assert item.digest == item_digest(an_item(4))
    assert item == next(one for page in reader.walk(ListName.EPISODES) for one in page.items if one.id == "ep-4")


def test_an_item_that_is_not_there_has_a_status_and_no_value(server):
    server.gone["episodes"] = [a_tombstone("ep-99")]
    reader = api(server.url)
    assert [reader.item(ListName.EPISODES, name) for name in ("ep-99", "../shows", "ep 1?x=1")] == [
        (head_of(410), None), (head_of(404), None), (head_of(404), None),
    ]  # fmt: skip
    assert server.calls[1].path == "/v1/episodes/..%2Fshows"


def head_of(status: int):
    class SameStatus:
        def __eq__(self, other: object) -> bool:
            return getattr(other, "status", None) == status

        __hash__ = None

    return SameStatus()


def test_a_call_again_with_the_etag_is_answered_with_304_and_no_body(server):
    reader = api(server.url)
    page = reader.page(ListName.EPISODES, 1)
    again = reader.ask(page.url, etag=page.etag)
    assert (again.status, again.size_bytes) == (304, 0)


def test_another_token_and_none_replace_ours_for_one_call(server):
    reader = api(server.url)
    statuses = [reader.ask("/v1/episodes", token=token).status for token in (NO_TOKEN, "wrong", OTHER_TOKEN, None)]
    assert statuses == [401, 401, 403, 200]
    assert "authorization" not in server.calls[0].headers


def test_a_token_is_never_in_an_address(server):
    list(api(server.url).walk(ListName.EPISODES))
    assert all(TOKEN not in str(call.query) + call.path for call in server.calls)


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthRefused), (403, AuthRefused), (400, ListRefused), (410, ListRefused)]
)
def test_a_refused_list_is_an_error_with_its_status(server, status, error):
    server.alter = lambda call, answer: Answer(status, {"title": "no such cursor"})
    with pytest.raises(error) as refused:
        list(api(server.url).walk(ListName.SHOWS))
    assert refused.value.http_status == status
    assert len(server.calls) == 1


def test_a_429_is_waited_for_as_long_as_it_asks(server):
    slept: list[float] = []
    server.alter = lambda call, answer: Answer(429, {}, {"Retry-After": "7"}) if len(server.calls) == 1 else None
    assert ids(api(server.url, slept).walk(ListName.SHOWS)) == ["show-1"]
    assert slept == [7.0]


def test_a_429_that_asks_for_more_than_the_bound_ends_the_call(server):
    slept: list[float] = []
    server.alter = lambda call, answer: Answer(429, {}, {"Retry-After": "3600"})
    with pytest.raises(Transient, match="answered 429, asks to wait 3600 s"):
        list(api(server.url, slept).walk(ListName.SHOWS))
    assert slept == []


def test_no_wait_goes_on_after_the_end_of_the_check(server):
    slept: list[float] = []
    server.alter = lambda call, answer: Answer(429, {}, {"Retry-After": "30"})
    with pytest.raises(TooSlow, match="the time of its batch was over"):
        list(api(server.url, slept, ends_at_s=client_clock() + 10).walk(ListName.SHOWS))
    assert slept == []


def client_clock() -> float:
    return Clock(now, lambda _: None, lambda: 0.5).monotonic()


LINKS = {
    "another host": ("http://elsewhere.example/v1/episodes?cursor=a", "leads elsewhere, to http://elsewhere.example"),
    "another port": ("//127.0.0.1:1/v1/episodes?cursor=a", "leads elsewhere"),
    "another scheme": ("file:///etc/passwd", "leads elsewhere, to file:///etc/passwd"),
    "another path": ("/v1/shows?cursor=a", "leads elsewhere, to /v1/shows"),
    "a user name": ("http://someone@127.0.0.1/v1/episodes", "leads elsewhere"),
    "no address": ("http://127.0.0.1:port/", "is no address"),
    "an endless link": ("/v1/episodes?cursor=" + "a" * 5000, "of 5,020 characters, 4,096 are allowed"),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_elsewhere_is_not_followed(server, name):
    link, sentence = LINKS[name]
    server.alter = lambda call, answer: Answer(200, answer.body | {"next": link})
    with pytest.raises(UrlRefused) as refused:
        list(api(server.url).walk(ListName.EPISODES))
    assert sentence in str(refused.value)
    assert len(server.calls) == 1


def test_links_in_a_circle_end_the_walk(server):
    server.alter = lambda call, answer: Answer(200, answer.body | {"next": "/v1/episodes?page=2"})
    with pytest.raises(UrlRefused, match="leads back to an earlier page"):
        list(api(server.url).walk(ListName.EPISODES))
    assert len(server.calls) == 2


def test_links_without_an_end_end_the_walk(server, monkeypatch):
    monkeypatch.setattr(client_module, "PAGES_MAX", 5)
    server.alter = lambda call, answer: Answer(200, answer.body | {"next": f"?page={len(server.calls)}"})
    with pytest.raises(AnswerMalformed, match="does not end after 5 pages"):
        list(api(server.url).walk(ListName.EPISODES))


BODIES = {
    "HTML": (b"<html>It works!</html>", "a body that is not JSON"),
    "cut JSON": (b'{"generation": 7, "items": [{"id": "ep-', "a body that is not JSON"),
    "10 MB": (b'{"items": [' + b" " * 10_000_000 + b"]}", "answered 200 with more than"),
    "a list": (b"[]", "without a list of items"),
    "items as a number": (b'{"generation": 7, "items": 5}', "without a list of items"),
    "3,000 items": (b'{"items": [' + b"{}," * 2999 + b"{}]}", "with 3,000 items in one page"),
    "nested without end": (b'{"items": ' + b"[" * 100_000, "a body that is not JSON"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_page_is_an_error_with_a_sentence(server, name):
    body, sentence = BODIES[name]
    server.alter = lambda call, answer: Answer(200, raw=body)
    with pytest.raises(AnswerMalformed) as refused:
        list(api(server.url).walk(ListName.EPISODES))
    assert sentence in str(refused.value)
    assert refused.value.http_status == 200


def sentence_on(port: int) -> str:
    """The error of a walk, or what its page lacks."""
    once = RetryPolicy(attempts=1, base_s=0.0)
    web = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=0.5, trust_env=False)
    try:
        pages = list(DeliveryApi(web, once, Clock(now, [].append, lambda: 0.5), 10).walk(ListName.EPISODES))
    except (Transient, UrlRefused) as error:
        return str(error)
    return " ".join(page.defect for page in pages)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_peer_that_keeps_to_no_bound_is_an_error_or_a_page_with_a_defect(name):
    with hostile_peer(BEHAVIOURS[name]) as port:
        sentence = sentence_on(port)
    assert sentence.startswith(("the delivery API (/v1/episodes)", 'the whole: "generation" is a required property'))


def test_a_peer_that_is_not_there_is_a_transient_error():
    with pytest.raises(Transient, match=r"the delivery API \(/v1/shows\)"):
        list(api("http://127.0.0.1:1").walk(ListName.SHOWS))


def test_an_error_does_not_repeat_the_token(server):
    server.alter = lambda call, answer: Answer(400, {"title": call.headers["authorization"]})
    with pytest.raises(ListRefused) as refused:
        list(api(server.url, mask=SecretMask.of(TOKEN)).walk(ListName.SHOWS))
    assert TOKEN not in str(refused.value)
    assert "***" in str(refused.value)
