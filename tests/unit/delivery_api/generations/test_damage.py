"""Files that are cut, missing or foreign: a sentence for each, and a way out."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from edye_delivery.delivery_api.generations import build_list, segment
from edye_delivery.delivery_api.generations.list_files import ListFiles
from edye_delivery.delivery_api.generations.manifest import ListRecord
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import Position
from edye_delivery.errors import CheckpointExpired, DeliveryError, GenerationDamaged, NameRefused, StoreUnavailable
from tests.unit.delivery_api.generations.conftest import SHOWS, Publisher, ids, item, left, read

ENDINGS = ("items", "index", "holes")


def published(publisher: Publisher) -> Publisher:
    publisher.publish(*(item(f"{number:03}", tags=("x",), end_ms=number) for number in range(1000, 1100)))
    publisher.publish(*(item(f"{number:03}") for number in range(50)), *(item(f"k{number:03}") for number in range(99)))
    publisher.publish(item("000", "new"), left("001"))
    return publisher


def files(store: FolderStore, ending: str) -> list[Path]:
    return [store.path_of(name) for name in store.names("sample/segments") if name.endswith(ending)]


def use(publisher: Publisher) -> None:
    """What a server does with a generation."""
    generation = publisher.reader().current()
    read(generation.select(SHOWS, now_ms=publisher.now_ms), 50)
    read(generation.select(SHOWS, after=Position(0, "a"), now_ms=publisher.now_ms), 50)
    generation.find(SHOWS, "000", now_ms=publisher.now_ms)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("act", ["cut", "remove", "extend", "empty"])
def test_a_file_that_is_cut_missing_or_longer_is_told_and_a_build_from_scratch_heals(publisher, store, ending, act):
    path = files(published(publisher).store, ending)[0]
    if act == "remove":
        path.unlink()
    elif act == "extend":
        path.write_bytes(path.read_bytes() + b"x")
    else:
        os.truncate(path, 0 if act == "empty" else path.stat().st_size - 1)
    with pytest.raises(GenerationDamaged, match="publish a full generation from scratch"):
        use(publisher)
    with pytest.raises(GenerationDamaged, match="publish a full generation from scratch"):
        publisher.build(item("z"))
    publisher.publish(item("z"), from_scratch=True)
    generation = publisher.served()
    assert ids(generation.select(SHOWS, now_ms=publisher.now_ms)) == ["z"]
    with pytest.raises(CheckpointExpired):
        generation.select(SHOWS, after=Position(generation.as_of_ms - 1), now_ms=publisher.now_ms)


@pytest.mark.parametrize("name", ["current.json", "generations/3.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"number": "x"}', b"\xff\x00"])
def test_a_manifest_or_pointer_that_is_not_ours_is_told_and_healed(publisher, store, name, content):
    published(publisher).store.path_of(f"sample/{name}").write_bytes(content)
    with pytest.raises(GenerationDamaged, match=name):
        use(publisher)
    publisher.publish(item("z"), from_scratch=True)
    assert ids(publisher.served().select(SHOWS, now_ms=publisher.now_ms)) == ["z"]
    assert publisher.served().number > 3


def test_bytes_that_are_turned_over_give_a_sentence_or_an_answer_but_no_other_error(publisher):
    path = max(files(published(publisher).store, "index"), key=lambda each: each.stat().st_size)
    whole = path.read_bytes()
    told = []
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(bytes(broken))
        # The test itself reads pages as JSON and compares their keys; the reader does not read every byte to find out.
        with suppress(orjson.JSONDecodeError, AssertionError):
            try:
                use(publisher)
            except DeliveryError as error:
                told.append(str(error))
    assert told
    assert all("damaged" in sentence or "no JSON" in sentence for sentence in told)


def test_a_reader_goes_on_with_what_it_has_while_the_pointer_is_damaged(publisher, store):
    reader = publisher.reader()
    publisher.publish(item("a"))
    assert reader.current().number == 1
    store.path_of("sample/current.json").write_bytes(b"{")
    assert reader.current().number == 1
    assert isinstance(reader.problem, GenerationDamaged)
    publisher.publish(item("a", "new"), from_scratch=True)
    assert reader.current().number == 2
    assert reader.problem is None


def test_a_partner_that_was_never_published_has_no_generation(publisher):
    assert publisher.reader().current() is None
    assert publisher.reader().at(1) is None


def test_an_item_with_the_same_hash_of_its_id_is_not_served_for_another(publisher, monkeypatch):
    for module in (build_list, segment):
        monkeypatch.setattr(module, "hash_of", lambda text: len(text))
    publisher.publish(item("aa"), item("bb"))
    publisher.publish(item("bb", "new"), item("cc"))
    generation = publisher.served()
    assert b"new" in generation.find(SHOWS, "bb", now_ms=publisher.now_ms).body
    assert b'"aa"' in generation.find(SHOWS, "aa", now_ms=publisher.now_ms).body
    assert generation.find(SHOWS, "dd", now_ms=publisher.now_ms) is None
    assert ids(generation.select(SHOWS, now_ms=publisher.now_ms)) == ["aa", "bb", "cc"]


def test_open_files_are_as_few_as_the_kept_generations_need_and_close_with_them(publisher):
    published(publisher)
    before = len(os.listdir("/proc/self/fd"))
    reader = publisher.reader()
    for number in (1, 2, 3):
        assert reader.at(number) is not None
    opened = len(os.listdir("/proc/self/fd")) - before
    segments = {each.name for number in (1, 2, 3) for each in reader.at(number).files.manifest.lists[SHOWS].segments}
    assert opened == 2 * len(segments)
    del reader
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("name", ["", "/etc/passwd", "a/../b", "..", "a//b", ".hidden", "a b", "a\n", "x" * 401])
def test_a_name_with_other_characters_is_refused(store, name):
    with pytest.raises(NameRefused):
        store.read(name)


def test_a_store_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="check that the folder is there"):
        FolderStore(tmp_path / "file").write("sample/current.json", b"")


def test_a_list_without_segments_is_empty(store):
    files_of_nothing = ListFiles(store, "sample", ListRecord())
    assert (files_of_nothing.count, files_of_nothing.row_of("a"), len(files_of_nothing.not_live)) == (0, None, 0)


def test_a_reader_sees_what_is_published_after_the_folder_was_deleted(publisher, store):
    publisher.publish(item("a"))
    reader = publisher.reader()
    assert ids(reader.current().select(SHOWS, now_ms=publisher.now_ms)) == ["a"]
    shutil.rmtree(store.root / "sample")
    assert publisher.publish(item("b")).number == 1
    assert ids(reader.current().select(SHOWS, now_ms=publisher.now_ms)) == ["b"]
