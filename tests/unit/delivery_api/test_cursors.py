"""Cursors: they come back as they were, and no other text is taken for one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edye_delivery.delivery_api.cursors import Cursor, CursorCodec, CursorKind
from edye_delivery.delivery_api.generations.values import Filters
from edye_delivery.delivery_api.parameters import FILTERS_MAX_BYTES
from edye_delivery.delivery_api.problems import Problem

CODEC = CursorCodec(b"k" * 32)
A_CURSOR = Cursor(CursorKind.NEXT, 7, 100, Filters(tag="kids", season_number=0), 300, 1772344800000)


def refused(text, partner="shelf", list_name="shows", codec=CODEC):
    with pytest.raises(Problem) as caught:
        codec.read(partner, list_name, text)
    assert [error.parameter for error in caught.value.errors] == ["cursor"]
    assert caught.value.status == 400


@given(
    st.sampled_from(CursorKind),
    st.integers(1, 2**53),
    st.integers(1, 1000),
    st.text("aé漢", max_size=33),
    st.none() | st.integers(0, 999_999_999),
    st.integers(0, 10**9),
    st.none() | st.integers(0, 2**53),
)
def test_a_cursor_comes_back_as_it_was_and_fits_the_contract(kind, generation, size, tag, season, first, since_ms):
    cursor = Cursor(kind, generation, size, Filters(tag, "mx", "es", "S1", season), first, since_ms)
    text = CODEC.write("shelf", "episodes", cursor)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,512}", text)
    assert CODEC.read("shelf", "episodes", text) == cursor


def test_the_longest_filters_that_are_allowed_fit():
    filters = Filters('"' * (FILTERS_MAX_BYTES - 99), "mx", "l" * 35, "s" * 64, 999_999_999)
    text = CODEC.write("x" * 64, "episodes", Cursor(CursorKind.NEXT, 2**53, 1000, filters, 10**9, 2**53))
    assert len(text) <= 512


def test_another_partner_or_another_list_cannot_use_it():
    text = CODEC.write("shelf", "shows", A_CURSOR)
    assert CODEC.read("shelf", "shows", text) == A_CURSOR
    refused(text, partner="shel")
    refused(text, list_name="episodes")
    refused(text, codec=CursorCodec(b"j" * 32))


def test_a_cursor_with_one_changed_character_is_refused():
    text = CODEC.write("shelf", "shows", A_CURSOR)
    for at in range(len(text) - 1):  # the last character has bits that no byte has
        refused(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


def test_a_cut_cursor_is_refused():
    text = CODEC.write("shelf", "shows", A_CURSOR)
    for length in range(len(text) - 1):
        refused(text[:length])


@pytest.mark.parametrize("text", ["", "a", "AAAA", "-" * 512, "_" * 64, "A" * 511])
def test_any_text_that_nobody_wrote_is_refused(text):
    refused(text)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="needs 32"):
        CursorCodec(b"short")
