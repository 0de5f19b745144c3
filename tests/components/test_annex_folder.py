"""The annexes as DAGs and the desk ask for them: read again when a file has changed, and only then."""

from __future__ import annotations

import pytest

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE
from edye_delivery.dag_support import annexes as module
from edye_delivery.dag_support.annexes import annex_folder, annexes

NAME = min(DEFAULT_FOLDER.glob("*.yaml")).name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / NAME).write_bytes((DEFAULT_FOLDER / NAME).read_bytes())
    return tmp_path


@pytest.fixture
def readings(monkeypatch):
    found = []
    read = module.read_annexes
    monkeypatch.setattr(module, "read_annexes", lambda folder: found.append(folder) or read(folder))
    return found


def test_unchanged_files_are_read_once(folder, readings):
    assert annexes() == annexes()
    assert len(annexes()) == 1
    assert readings == [folder]


def test_a_changed_file_a_new_one_and_a_deleted_one_are_noticed(folder, readings):
    known = annexes()[NAME.removesuffix(".yaml")]
    content = (folder / NAME).read_text(encoding="utf-8")
    other = content.replace("batch_size: 50", "batch_size: 49")
    assert other != content
    (folder / NAME).write_text(other, encoding="utf-8")
    assert annexes()[known.partner].batch_size == 49
    (folder / "broken.yaml").write_text("no: annex", encoding="utf-8")
    assert set(annex_folder().refused) == {"broken.yaml"}
    (folder / "broken.yaml").unlink()
    (folder / NAME).unlink()
    assert annexes() == {}
    assert len(readings) == 4


def test_who_changes_what_he_got_changes_nothing_for_others(folder):
    annexes().clear()
    assert len(annexes()) == 1


def test_a_folder_that_is_not_there_is_refused_until_it_is(folder, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder / "later"))
    assert annex_folder().refused
    (folder / "later").mkdir()
    assert annex_folder().refused == {}
