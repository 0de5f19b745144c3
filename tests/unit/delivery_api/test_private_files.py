"""The key of the cursors and other small files: whole, and for one user alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from edye_delivery.delivery_api.private_files import CURSOR_KEY, cursor_key, write_whole
from edye_delivery.errors import ConfigurationInvalid


def test_the_key_is_made_once_and_nobody_else_can_read_it(tmp_path):
    key = cursor_key(tmp_path)
    assert len(key) == 32
    assert cursor_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / CURSOR_KEY).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [CURSOR_KEY]


def test_workers_that_start_at_the_same_moment_get_one_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: cursor_key(tmp_path), range(32)))) == 1


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31], ids=["empty", "odd", "letters", "short"])
def test_a_broken_key_is_refused_and_not_replaced(tmp_path, content):
    (tmp_path / CURSOR_KEY).write_text(content)
    with pytest.raises(ConfigurationInvalid, match="delete it"):
        cursor_key(tmp_path)
    assert (tmp_path / CURSOR_KEY).read_text() == content


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "tokens.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [found.name for found in tmp_path.iterdir()] == ["tokens.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "tokens.json").mkdir()
    with pytest.raises(OSError, match="tokens"):
        write_whole(tmp_path / "tokens.json", b"one")
    assert [found.name for found in tmp_path.iterdir()] == ["tokens.json"]
