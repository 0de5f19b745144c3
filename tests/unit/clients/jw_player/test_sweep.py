"""A sweep reads every media once, or says why it is not complete; it is never wrong."""

import httpx
import pytest

from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.clients.jw_player.sweep import sweep_library
from edye_delivery.errors import AuthRefused, JwPlayerRefused
from tests.unit.clients.jw_player.library import Library, SleepingClock, ids, management_of, media_item


def sweep(library, **options):
    time = SleepingClock()
    media = JwLibrary()
    return sweep_library(management_of(library, time), media, time.clock(), **options), media


def page_calls(library):
    return [query for query in library.queries if query["page_length"] == "1000"]


@pytest.mark.parametrize("count", [1, 999, 1_000, 1_001, 9_999])
def test_a_library_below_the_limit_is_read_page_by_page_without_a_query(count):
    library = Library(ids(count))
    result, media = sweep(library)
    assert (result.is_complete, result.sentence) == (True, "")
    assert (result.total, result.media_read, len(media)) == (count, count, count)
    assert [one.id for one in media] == sorted(library.media_ids)
    assert all("q" not in query for query in library.queries)
    assert result.calls == len(library.queries) == -(-count // 1_000) + 2


@pytest.mark.parametrize("counts_further", [True, False], ids=["total counts on", "total ends at 10,000"])
@pytest.mark.parametrize("count", [10_000, 10_001, 25_000])
def test_a_larger_library_is_read_in_parts_under_the_limit(count, counts_further):
    library = Library(ids(count))
    library.counts_further = counts_further
    result, media = sweep(library)
    assert (result.sentence, result.total, len(media)) == ("", count, count)
    assert all("q" in query for query in page_calls(library))


def test_a_part_that_reaches_the_limit_is_cut_further():
    crowded = [f"a{number:07d}" for number in range(12_000)]
    result, media = sweep(Library(crowded + ids(1_000)))
    assert (result.sentence, len(media)) == ("", 13_000)


def broken(change, count=2_500, **options):
    def change_pages(body, call):
        return body if body["page_length"] == 1 else change(body, call)

    result, _ = sweep(Library(ids(count), change_pages), **options)
    assert not result.is_complete
    assert "nothing is judged as missing" in result.sentence
    return result.sentence


def test_a_total_that_moves_while_it_is_read_is_told():
    def grow(body, call):
        return body | {"total": body["total"] + call}

    assert "the list of media: the total moved from 2,506 to 2,507 while it was read, in 3 readings" in broken(grow)


def test_a_total_that_moves_once_is_read_again_and_whole():
    library = Library(ids(2_500))

    def leave(body, call):
        if call == 3:
            del library.media_ids[0]
        return body

    library.change = leave
    result, media = sweep(library)
    assert (result.sentence, len(media)) == ("", 2_499)
    assert media.get("00000000") is None


def test_doubled_pages_are_told():
    def double(body, call):
        return body | {"media": [media_item(one) for one in ids(2_500)[:1_000]]}

    assert "page 2 repeats 1,000 media that were read before" in broken(double)


def test_another_page_than_was_asked_for_is_told():
    assert "answered with page 1, page 2 was asked for" in broken(lambda body, call: body | {"page": 1})


def test_an_empty_page_before_the_end_is_told():
    def empty(body, call):
        return body | {"media": []} if body["page"] == 2 else body

    assert "page 2 is empty, 1,000 of 2,500 media were read" in broken(empty)


def test_items_without_an_id_are_told():
    def strange(body, call):
        return body | {"media": [*body["media"][:-2], {"id": "../../x"}, None]}

    assert "2 items of page 1 have no id" in broken(strange, 10)


def test_a_query_that_cuts_nothing_ends_the_sweep():
    everything = ids(12_000)

    def ignore_query(body, call):
        return body | {"media": [media_item(one) for one in everything[-1000:]], "total": 12_000}

    assert "so it cannot be cut" in broken(ignore_query, 12_000)


def test_one_id_that_has_ten_thousand_media_ends_the_sweep():
    sentence = broken(lambda body, call: body | {"media": [], "total": 10**12}, 12_000)
    assert "1,000,000,000,000 media of the one id id:[00000000 TO 00000000]" in sentence


def test_a_sweep_of_too_many_calls_ends(monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.jw_player.sweep.CALLS_MAX", 8)
    assert "the sweep took 8 calls and did not end" in broken(lambda body, call: body, 12_000)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(200, content=b"<html>502</html>"), "not JSON"),
        (httpx.Response(200, content=b'{"media": [{"id": "aaaa'), "not JSON"),
        (httpx.Response(200, content=b"x" * 10_000_000), "answered 200 with more than 9,240,576 bytes"),
        (httpx.Response(200, json={"media": [], "page": 1}), "without a total"),
        (httpx.Response(200, json={"media": {}, "total": 3}), "without a list of media"),
        (httpx.Response(200, json=[1]), "without a list of media"),
        (httpx.Response(200, json={"media": [{}] * 1_001, "total": 3}), "with 1,001 items, 1,000 were asked for"),
        (httpx.Response(503), "answered 503"),
        (httpx.Response(429), "answered 429: other programs use the same secret"),
    ],
    ids=["HTML", "cut", "10 MB", "no total", "no list", "a list", "too many", "503", "429"],
)
def test_what_jw_answers_wrongly_is_a_sentence(answer, told):
    def spoil(body, call):
        return httpx.Response(answer.status_code, content=answer.content)

    assert told in broken(spoil)


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (401, AuthRefused, "check the password of its connection"),
        (403, AuthRefused, "does not permit"),
        (404, JwPlayerRefused, "check the extra site_id"),
        (400, JwPlayerRefused, "bad query"),
        (302, JwPlayerRefused, "302"),
    ],
)
def test_a_call_that_jw_refuses_ends_the_check(status, error, told):
    with pytest.raises(error, match=told):
        sweep(lambda request: httpx.Response(status, json={"errors": [{"code": "x", "description": "bad query"}]}))


def test_an_empty_library_is_not_believed():
    result, _ = sweep(Library([]))
    assert not result.is_complete
    assert "check the connection's site_id" in result.sentence


def test_a_loss_beyond_the_bound_is_not_believed():
    assert "more than 2 % are gone" in broken(lambda body, call: body, 970, last_read=1_000)
    result, _ = sweep(Library(ids(980)), last_read=1_000)
    assert result.is_complete
    result, _ = sweep(Library(ids(500)), last_read=1_000, loss_percent_max=60)
    assert result.is_complete


def test_a_library_that_grows_while_it_is_swept_is_complete():
    library = Library(ids(12_000))

    def grow(body, call):
        if call == 10:
            library.media_ids.append("0000000a")
        return body

    library.change = grow
    assert sweep(library)[0].is_complete


def test_the_sweep_says_when_it_was_and_how_many_calls_it_took():
    library, time = Library(ids(9_000)), SleepingClock()
    result = sweep_library(management_of(library, time, calls_a_minute=5), JwLibrary(), time.clock())
    assert result.calls == 11
    assert (result.ended_at - result.began_at).total_seconds() == 2 * 61
