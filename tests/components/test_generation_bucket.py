"""Generations in a bucket: published whole or not at all, copied whole by a server, never older than before."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from edye_delivery.clients import s3_bucket
from edye_delivery.clients.s3_bucket import S3Bucket
from edye_delivery.delivery_api.generations import mirror
from edye_delivery.delivery_api.generations.bucket_store import BucketStore
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.mirror import Mirror, PartnerMirror
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import go_back, switch_readers
from edye_delivery.errors import (
    AnswerMalformed,
    ConfigurationInvalid,
    GenerationDamaged,
    GenerationTaken,
    StoreUnavailable,
)
from tests.unit.delivery_api.generations.conftest import SHOWS, START, Publisher, ids, item, left
from tests.waiting import until

NAME = "edye-artifacts"
NUMBERS = itertools.count()
AT_ONCE = timedelta(0)


class KilledError(BaseException):
    """The process ends here."""


class CountedClient:
    """A client of S3 that ends the process before, or after, one of its calls."""

    def __init__(self, client: Any) -> None:
        self._client, self.calls, self.last, self.is_after = client, 0, 0, False
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def counted(**arguments: Any) -> Any:
            self.calls += 1
            self.names.append(name)
            if self.calls == self.last and not self.is_after:
                raise KilledError
            result = method(**arguments)
            if self.calls == self.last:
                raise KilledError
            return result

        return method if name in ("get_paginator", "meta") else counted


@pytest.fixture
def client(feeds_url: str) -> CountedClient:
    made = boto3.client(
        "s3", endpoint_url=feeds_url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    return CountedClient(made)


class Place:
    """A prefix of the bucket of its own, with folders for copies."""

    def __init__(self, client: CountedClient, folder: Path) -> None:
        self.client, self.folder = client, folder / f"{next(NUMBERS)}"
        self.prefix = f"generations-{next(NUMBERS)}"

    def bucket(self) -> S3Bucket:
        return S3Bucket(self.client, NAME, self.prefix)

    def store(self, cache: str = "worker", young: timedelta = AT_ONCE) -> BucketStore:
        return BucketStore(self.bucket(), self.folder / cache, young)

    def publisher(self, cache: str = "worker") -> Publisher:
        return Publisher(self.store(cache))  # type: ignore[arg-type]

    def mirror(self, cache: str = "server") -> PartnerMirror:
        return PartnerMirror(self.bucket(), FolderStore(self.folder / cache), "sample")

    def served(self, now_ms: int, cache: str = "server") -> list[str]:
        """What readers of the server see."""
        generation = Partner(FolderStore(self.folder / cache), "sample", lambda: 0.0, look_every_s=0.0).current()
        assert generation is not None
        return ids(generation.select(SHOWS, now_ms=now_ms))

    def names(self) -> list[str]:
        """All names of the bucket."""
        answer = self.client._client.list_objects_v2(Bucket=NAME, Prefix=f"{self.prefix}/")
        return [one["Key"].removeprefix(f"{self.prefix}/") for one in answer.get("Contents", ())]


@pytest.fixture
def place(client: CountedClient, tmp_path: Path) -> Place:
    return Place(client, tmp_path)


def publish_twice(publisher: Publisher) -> None:
    publisher.publish(*(item(each) for each in "abcdef"))
    publisher.publish(item("a", "second"), left("b"))


def changes() -> list[Any]:
    return [item("c", "third"), item("g"), left("d"), item("b")]


def test_a_server_serves_what_was_published_and_what_left_since(place):
    publisher, copy = place.publisher(), place.mirror()
    publisher.publish(*(item(each) for each in "abc"))
    assert copy.look()
    assert place.served(publisher.now_ms) == ["a", "b", "c"]
    publisher.publish(left("b"))
    assert place.served(publisher.now_ms) == ["a", "b", "c"]
    assert copy.look()
    assert place.served(publisher.now_ms) == ["a", "c"]
    assert not copy.look()


def test_segments_that_did_not_change_are_neither_uploaded_nor_copied_again(place):
    publisher, copy = place.publisher(), place.mirror()
    publisher.publish(*(item(each, "x" * 500) for each in "abcdefghijklmnop"))
    copy.look()
    first = {name for name in place.names() if name.endswith(".items")}
    place.client.names.clear()
    publisher.publish(item("q", "x" * 10_000))
    assert first < set(place.names())
    segments = {p.name: p.stat().st_ino for p in (place.folder / "server/sample/segments").iterdir()}
    copy.look()
    after = {p.name: p.stat().st_ino for p in (place.folder / "server/sample/segments").iterdir()}
    assert segments.items() <= after.items()
    assert len(after) == len(segments) + 2


@pytest.mark.proof
@pytest.mark.parametrize("is_after", [False, True], ids=["before the call", "after it"])
def test_a_kill_at_any_call_of_the_bucket_leaves_the_old_generation_or_the_new_one(place, client, tmp_path, is_after):
    publish_twice(trial := place.publisher())
    client.calls = 0
    trial.publish(*changes())
    calls = client.calls
    assert calls > 15
    for last in range(1, calls + 1):
        killed = Place(client, tmp_path)
        publisher = killed.publisher()
        publish_twice(publisher)
        killed.mirror().look()
        client.calls, client.last, client.is_after = 0, last, is_after
        with pytest.raises(KilledError):
            publisher.publish(*changes())
        client.last = 0
        killed.mirror().look()
        assert killed.served(publisher.now_ms) in (list("cdefa"), list("efabcg"))
        next_publisher = killed.publisher("another worker")
        next_publisher.now = publisher.now
        next_publisher.publish(*changes())
        killed.mirror().look()
        assert sorted(killed.served(next_publisher.now_ms)) == list("abcefg")


@pytest.mark.parametrize("is_after", [False, True], ids=["before the call", "after it"])
def test_a_server_killed_at_any_call_serves_what_it_had_or_the_new_generation(place, client, is_after):
    publisher = place.publisher()
    publish_twice(publisher)
    place.mirror().look()
    publisher.publish(*changes())
    is_killed, last = True, 0
    while is_killed:
        last += 1
        client.calls, client.last, client.is_after = 0, last, is_after
        try:
            place.mirror().look()
        except KilledError:
            assert place.served(publisher.now_ms) in (list("cdefa"), list("efabcg"))
        else:
            is_killed = False
    assert last > 3
    client.last = 0
    place.mirror().look()
    assert place.served(publisher.now_ms) == list("efabcg")
    assert not list((place.folder / "server").rglob(".build-*"))


def test_of_two_publishers_at_once_one_is_told_to_publish_again(place):
    one, other = place.publisher(), place.publisher("another worker")
    one.publish(item("a"))
    other.now = one.now
    slow = one.build(item("b"))
    quick = other.build(item("c"))
    switch_readers(other.store, "sample", quick.number)
    with pytest.raises(GenerationTaken, match="publish again"):
        switch_readers(one.store, "sample", slow.number)
    place.mirror().look()
    assert place.served(other.now_ms) == ["a", "c"]
    one.publish(item("b"))
    place.mirror().look()
    assert place.served(one.now_ms) == ["a", "c", "b"]


def test_a_publisher_that_slept_replaces_no_newer_pointer(place, monkeypatch):
    one, other = place.publisher(), place.publisher("another worker")
    one.publish(item("a"))
    slow, other.now = one.build(item("b")), one.now
    write = one.store.replace

    def write_late(name: str, content: bytes) -> None:
        other.publish(item("c"))
        write(name, content)

    monkeypatch.setattr(one.store, "replace", write_late)
    with pytest.raises(GenerationTaken, match="another publisher has written"):
        switch_readers(one.store, "sample", slow.number)
    place.mirror().look()
    assert place.served(other.now_ms) == ["a", "c"]


def test_two_first_publishers_do_not_write_the_same_generation(place):
    one, other = place.publisher(), place.publisher("another worker")

    def others() -> Iterator[Any]:
        yield item("b")
        other.build(item("c"))

    with pytest.raises(GenerationTaken, match="another publisher"):
        build_generation(
            one.store, "sample", others(), START, 1, "", is_full=False, lists=[SHOWS], tombstone_days=1, keep=3
        )


def test_nothing_that_a_kept_generation_names_is_deleted_and_the_rest_is(place):
    publisher = place.publisher()
    for number in range(8):
        publisher.publish(item("abc"[number % 3], f"{number}"), item(f"x{number}"))
    copy = place.mirror("new server")
    assert copy.look()
    names = place.names()
    assert sorted(name for name in names if "/generations/" in name) == [
        f"sample/generations/{n}.json" for n in (6, 7, 8)
    ]
    partner = Partner(FolderStore(place.folder / "new server"), "sample", lambda: 0.0, look_every_s=0.0)
    assert all(partner.at(number) is not None for number in (6, 7, 8))
    files = [path for path in (place.folder / "new server").rglob("*") if path.is_file() and path.name != ".lock"]
    copied = {str(path.relative_to(place.folder / "new server")) for path in files}
    assert copied == set(names) - {"sample/highest.json"}


def test_what_is_young_is_not_deleted_by_a_publisher_that_does_not_know_it(place):
    publisher = place.publisher()
    publisher.publish(item("a"))
    built = publisher.build(item("b"))
    stale = Publisher(place.store("another worker", timedelta(hours=1)), now=publisher.now)
    stale.build(item("c"))
    switch_readers(publisher.store, "sample", built.number)
    place.mirror().look()
    assert place.served(publisher.now_ms) == ["a", "b"]


def test_going_back_reaches_the_server_and_hides_what_left(place):
    publisher, copy = place.publisher(), place.mirror()
    publish_twice(publisher)
    copy.look()
    assert go_back(place.store("another worker"), "sample") == 1
    assert copy.look()
    assert place.served(publisher.now_ms) == list("acdef")


def cut_short(bucket_client: CountedClient, times: int) -> Callable[..., Any]:
    """`get_object` whose parts lack their last byte."""
    real = bucket_client._client.get_object
    left_over = [times]

    def get(**arguments: Any) -> Any:
        answer = real(**arguments)
        if "Range" in arguments and left_over[0]:
            left_over[0] -= 1
            content = answer["Body"].read()[:-1]
            answer["Body"] = type("Body", (), {"read": lambda self: content})()
        return answer

    return get


def test_a_part_that_is_cut_is_asked_for_again(place, client, monkeypatch):
    publisher = place.publisher()
    publisher.publish(item("a"))
    monkeypatch.setattr(client._client, "get_object", cut_short(client, 2))
    assert place.mirror().look()
    assert place.served(publisher.now_ms) == ["a"]


def test_a_download_that_stays_cut_changes_nothing_and_leaves_nothing(place, client, monkeypatch):
    publisher = place.publisher()
    publisher.publish(item("a"))
    place.mirror().look()
    publisher.publish(item("b"))
    with monkeypatch.context() as patch:
        patch.setattr(client._client, "get_object", cut_short(client, 1000))
        with pytest.raises(StoreUnavailable, match="gives"):
            place.mirror().look()
    assert place.served(publisher.now_ms) == ["a"]
    assert not list((place.folder / "server").rglob(".build-*"))
    place.mirror().look()
    assert place.served(publisher.now_ms) == ["a", "b"]


def test_a_segment_with_another_content_is_not_served(place, client):
    publisher = place.publisher()
    publisher.publish(item("a"))
    place.mirror().look()
    publisher.publish(item("b", "x" * 100))
    (new,) = set(place.names()) & {
        f"sample/segments/{p.name}" for p in (place.folder / "worker/sample/segments").glob("*.items")
    } - {f"sample/segments/{p.name}" for p in (place.folder / "server/sample/segments").glob("*.items")}
    content = client._client.get_object(Bucket=NAME, Key=f"{place.prefix}/{new}")["Body"].read()
    client._client.put_object(Bucket=NAME, Key=f"{place.prefix}/{new}", Body=content.replace(b"x", b"y"))
    with pytest.raises(GenerationDamaged, match="not the content that was written"):
        place.mirror().look()
    assert place.served(publisher.now_ms) == ["a"]


def test_an_older_pointer_than_the_copied_one_is_not_served(place, client):
    publisher = place.publisher()
    publisher.publish(item("a"))
    copy = place.mirror()
    copy.look()
    folder = FolderStore(place.folder / "server")
    folder.set_modification_time("sample/current.json", folder.modification_time_s("sample/current.json") + 3600)
    publisher.publish(item("b"))
    assert not copy.look()
    assert place.served(publisher.now_ms) == ["a"]


def test_a_publication_that_changes_nothing_makes_the_copy_younger(place):
    publisher, copy = place.publisher(), place.mirror()
    built = publisher.publish(item("a"))
    copy.look()
    folder = FolderStore(place.folder / "server")
    folder.set_modification_time("sample/current.json", 1000.0)
    switch_readers(publisher.store, "sample", built.number)
    assert place.mirror().look()
    assert folder.modification_time_s("sample/current.json") > 1000.0


def test_while_the_bucket_is_away_the_server_serves_what_it_has(place, client, monkeypatch):
    publisher, told, clock_s = place.publisher(), [], [0.0]
    publisher.publish(item("a"))
    copies = Mirror(place.bucket(), FolderStore(place.folder / "server"), lambda: clock_s[0], told.append)

    def look() -> None:
        for future in list(copies.look()):
            future.result()

    look()
    with monkeypatch.context() as patch:
        away = boto3.client(
            "s3", endpoint_url="http://127.0.0.1:1", region_name="us-east-1", aws_access_key_id="a",
            aws_secret_access_key="b", config=boto3.session.Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        patch.setattr(client, "_client", away)
        look()
        look()
        assert place.served(publisher.now_ms) == ["a"]
    assert len(told) == 2
    assert all("goes on being served" in sentence for sentence in told)
    publisher.publish(item("b"))
    clock_s[0] += mirror.RETRY_MAX_S
    look()
    assert place.served(publisher.now_ms) == ["a", "b"]
    assert told[2:] == [f"s3://{NAME}/{place.prefix} is there again", "sample: is copied again"]
    copies.stop()


def test_a_large_file_is_uploaded_in_parts_and_read_in_parts(place, monkeypatch):
    monkeypatch.setattr(s3_bucket, "PART_BYTES", 5 * 1024 * 1024)
    content, file = bytes(range(256)) * 4096 * 11, place.folder / "file"
    place.folder.mkdir()
    file.write_bytes(content)
    place.bucket().upload("a/b", file)
    assert "complete_multipart_upload" in place.client.names
    assert b"".join(place.bucket().blocks("a/b", len(content))) == content


def test_a_bucket_that_is_not_there_is_a_fault_of_the_connection(client):
    with pytest.raises(ConfigurationInvalid, match="NoSuchBucket"):
        S3Bucket(client, "no-such-bucket", "x").read("a")


def test_an_answer_that_is_not_of_s3_is_a_sentence(place, client, monkeypatch):
    monkeypatch.setattr(client._client, "head_object", lambda **_: {"ContentLength": 1})
    with pytest.raises(AnswerMalformed, match="does not answer as S3 does"):
        place.bucket().state("a")


def test_an_error_that_nobody_expects_does_not_end_the_copying(place, monkeypatch):
    publisher, told = place.publisher(), []
    publisher.publish(item("a"))
    bucket, looks = place.bucket(), iter([1])
    folders = bucket.folders
    monkeypatch.setattr(bucket, "folders", lambda: 1 / 0 if next(looks, 0) else folders())
    copies = Mirror(bucket, FolderStore(place.folder / "server"), time.monotonic, told.append, 0.01)
    copies.start()
    until(lambda: (place.folder / "server/sample/current.json").exists(), "the copy", 30)
    copies.stop()
    assert place.served(publisher.now_ms) == ["a"]
    assert "ZeroDivisionError" in told[0]
