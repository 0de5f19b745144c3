"""Numbers in foreign text: an endless one costs its own title, with a sentence, and never a ValueError of Python."""

import math

import pytest

from edye_delivery.catalog.parse import MalformedItem, parse_show
from edye_delivery.clients.http import parse_json
from edye_delivery.clients.numbers import parse_int
from edye_delivery.errors import AnswerMalformed
from tests.builders import show_item


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 42 ", 42), ("9" * 18, 10**18 - 1)])
def test_plain_digits_are_a_number(text, number):
    assert parse_int(text, "the size") == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1_000", "1.0", "0x1", "²", "٣", "one"])
def test_anything_else_is_none(text):
    with pytest.raises(AnswerMalformed, match="which is no number"):
        parse_int(text, "the size")


def test_a_number_without_end_is_refused_by_its_length():
    with pytest.raises(AnswerMalformed, match="the size has 5000 digits"):
        parse_int("9" * 5000, "the size")


def test_json_with_an_endless_number_keeps_its_other_values():
    read = parse_json(b'{"id": "a", "total": %b, "number": 12345678901234567890123}' % (b"9" * 5000))
    assert read["id"] == "a"
    assert math.isnan(read["total"])
    assert read["number"] == 12345678901234567890123


def test_an_item_with_an_endless_number_costs_itself():
    item = show_item(kind="movie", duration_ms=parse_json(b"9" * 5000))
    assert isinstance(parse_show(item), MalformedItem)
