"""The length of a text is counted in UTF-16 units."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.text_length import utf16_units


@pytest.mark.parametrize(("text", "units"), [("", 0), ("ñandú", 5), ("\U0001f600", 2), ("\ud800", 1)])
def test_lengths_are_counted_in_utf16_units(text, units):
    assert utf16_units(text) == units
