# ruff: noqa: RUF001 - the quotation marks and dashes of these languages are what is tested
"""Markup and wrong encodings are found in texts, and never in Spanish or Portuguese that is right."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.text_defects import markup_in, misread_in, reread

RIGHT = """
¿Por qué? ¡Qué día! Mañana, corazón, niño, pingüino, ñandú, ÑANDÚ, CAFÉ, AÑO NUEVO, TELEVISIÓN, ESPAÑA, LIMÓN, ÚLTIMO
ÍNDICE, El año pasado, a las 3ª y 4º, hacía 20 °C; costó €5 – o 5½ — «¡Olé…!», dijo Ángela. “¿Él?” ‘Sí’. Óscar y Íñigo™
Não, coração, mãe, irmã, maçã, pão, ação, canções, você, vovô, avó, três, ônibus, âmbar, às vezes, à noite, açaí
Ângela, Êxodo, NÃO, CORAÇÃO, MÃE, CANÇÕES, PÕE, ÂNGULO, ÊXODO, ÀS VEZES, VOVÔ, AVÓ, IRMÃ, Ó MEU
“A MAÇÃ” ‘AMANHÃ’ «A IRMû AMANHÃ… AMANHÃ—E DEPOIS AMANHÃ – HOJE IRMÃ’S MAÇÃ™ MANHÃ® AMANHû, AMANHÃ›
A letra “Ã” e a letra «Â», a vogal “Ô”, “â”, ‘ã’, «é…», o som do Ã… e do Â
Tom & Jerry, Q&A, AT&T; R&B; rock & roll, <3, 1 < 2 > 0, <La luna>, C:\\users\\u, 100% & más, &c; &copy
""".strip().splitlines()
SPANISH = [
    "¿Por qué?",
    "¡Hola!",
    "mañana",
    "MAÑANA",
    "ESPAÑA",
    "TELEVISIÓN",
    "Óscar",
    "CAFÉ",
    "Ñandú",
    "pingüino",
    "PERÚ",
    "3ª",
    "1º",
]
PORTUGUESE = [
    "NÃO",
    "CORAÇÃO",
    "CANÇÕES",
    "PÕE",
    "avô",
    "você",
    "à noite",
    "às vezes",
    "irmã",
    "maçãs",
    "açaí",
    "três",
    "ônibus",
]
SIGNS = [
    "it’s",
    "“hola”",
    "«hola»",
    "día…",
    "uno – dos",
    "uno—dos",
    "€5",
    "EDYE™",
    "♪ la",
    "★★",
    "→",
    "🎉",
    "\ufeffuno",
    "č",
    "š",
]
MISREAD = [*SPANISH, *PORTUGUESE, *SIGNS]


def as_windows_1252(text: str) -> str:
    """UTF-8 read as browsers and spreadsheets do: bytes that Windows-1252 has not are those of Latin-1."""
    return "".join(
        bytes([byte]).decode("latin-1" if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252")
        for byte in text.encode()
    )


@pytest.mark.parametrize("text", RIGHT)
def test_right_text_is_never_suspected(text: str) -> None:
    assert (markup_in(text), misread_in(text)) == ((), ())


@pytest.mark.parametrize("text", MISREAD)
@pytest.mark.parametrize(
    "read", [as_windows_1252, lambda text: text.encode().decode("latin-1")], ids=["1252", "latin-1"]
)
def test_a_text_in_the_wrong_encoding_is_found_and_the_right_one_is_not(text: str, read) -> None:
    assert misread_in(text) == ()
    found = misread_in(read(text))
    assert found
    assert all(reread(one) in text for one in found)


@pytest.mark.parametrize("text", ["El ni\ufffdo", "El niÃƒÂ±o", "Â¿QuÃ©?"])
def test_lost_characters_and_those_read_wrongly_twice_are_found(text: str) -> None:
    assert misread_in(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tom &amp; Jerry&#8217;s &#x2019;", ("&amp;", "&#8217;", "&#x2019;")),
        ("<p>Uno</p>", ("<p>", "</p>")),
        ("Uno<BR/>dos<a href='x'>", ("<BR/>", "<a href='x'>")),
        ("El ni\\u00f1o", ("\\u00f1",)),
        ("<![CDATA[El niño]]>", ("<![CDATA[",)),
        ("&nbsp;&nbsp;&nbsp;&nbsp;", ("&nbsp;",)),
        ("&eacute;", ("&eacute;",)),
    ],
)
def test_markup_is_found(text: str, found: tuple[str, ...]) -> None:
    assert markup_in(text) == found
