"""Names are folded for sorting and searching: without accents and case, bounded, whatever a catalogue sends."""

from __future__ import annotations

import pytest

from edye_delivery.ledger.title_words import (
    FOLDED_MAX_BYTES,
    WORD_MAX_BYTES,
    WORDS_MAX,
    TitleFacts,
    folded_id,
    folded_title,
    search_words,
    words_of,
)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("El Niño y la Cigüeña", "el nino y la ciguena"),
        ("  ¡¿ÁRBOL?! -- del_sol ", "arbol del sol"),
        ("STRASSE straße", "strasse strasse"),
        ("L'été de l\u2019ours", "lete de lours"),
        ("Été decomposed: E\u0301te\u0301", "ete decomposed ete"),
        ("海の物語", "海の物語"),
        ("S01E02", "s01e02"),
        ("", ""),
        ("¡!", ""),
        ("\ud800 lone", "lone"),
    ],
)
def test_accents_case_and_signs_do_not_count(name, folded):
    assert folded_title(name).decode() == folded


@pytest.mark.parametrize("name", ["a" * 5000, "ﷺ" * 500, "😀 " * 500, "x " * 500, "ñ" * 500])
def test_a_long_name_is_cut_between_two_characters(name):
    folded = folded_title(name)
    assert len(folded) <= FOLDED_MAX_BYTES
    assert folded.decode() == folded.decode().strip(" ")
    words = words_of(folded)
    assert len(words) <= WORDS_MAX
    assert all(len(word) <= WORD_MAX_BYTES and word.decode() for word in words)


def test_a_word_that_comes_twice_is_kept_once():
    assert words_of(folded_title("Mar, mar y MÁR")) == (b"mar", b"y")


def test_a_title_is_found_by_its_words_and_by_both_ids():
    facts = TitleFacts("Ep-77", "episode", "es", folded_title("La Mar"))
    assert search_words("EDYE_X_S01E02_ES", facts) == {b"la", b"mar", b"ep-77", b"edye_x_s01e02_es"}


def test_an_id_is_bounded_and_without_case():
    assert folded_id("  EDYE_Mov_1 ") == b"edye_mov_1"
    assert len(folded_id("Ü" * 300)) <= WORD_MAX_BYTES
