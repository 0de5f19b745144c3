"""What an annex may say of a metadata key: whatever would have no effect, or another than meant, is refused."""

import pytest

from tests.builders import the_annex


def field(**keys):
    return the_annex(metadata={"x": keys}, mappings={"words": {"EDYE": "edye"}}).metadata["x"]


@pytest.mark.parametrize(
    "text", ["%Y-%m-%d", "%d/%m/%y %H:%M:%S", "%-d.%-m.%Y", "%Y%j", "100 %% %Y", "%G-W%V-%u", "%Y-%m-%dT%H:%M:%S.%f%z"]
)
def test_a_date_is_written_with_the_letters_that_strftime_knows(text):
    assert field(field="updated_at", format=text).format == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("%Q", "%Q, which strftime does not know"),
        ("%Y-%M-%D", "%D, which strftime does not know"),
        ("%Y-%", "%, which strftime does not know"),
        ("%Y %s", "%s, which strftime does not know"),
        ("%E", "%E, which strftime does not know"),
        ("%Y-%m-%d %", "% which|%, which"),
        ("YYYY-MM-DD", "has no part of a date"),
    ],
)
def test_letters_that_strftime_does_not_know_are_refused(text, told):
    with pytest.raises(ValueError, match=told):
        field(field="updated_at", format=text)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"field": "title", "format": "%Y"}, "format belongs to availability_end_at, .*but this is title"),
        ({"field": "release_date", "zone": "UTC"}, "zone belongs to .*but this is release_date"),
        ({"field": "updated_at", "zone": "Mexico"}, "'Mexico' is no time zone of the IANA database"),
        ({"field": "updated_at", "zone": "../../etc/passwd"}, "is no time zone of the IANA database"),
        ({"field": "genres", "roles": ["actor"]}, "roles belongs to credits, but this is genres"),
        ({"field": "title", "join": ","}, "join belongs to credits, genres, geo, tags, but this is title"),
        ({"external": "tms", "join": ","}, "but this is the external id tms"),
        ({"constant": "EDYE", "default": "EDYE"}, "a constant is never empty"),
        ({"field": "geo", "default": "mx", "keep_empty": True}, "default and keep_empty contradict each other"),
        ({"field": "client_id", "map": "words"}, "client_id is a name of ours"),
        ({"constant": "edye", "map": "words"}, "metadata.x.constant has edye, for which mappings.words has no line"),
        ({"constant": ["EDYE", "other"], "map": "words"}, "metadata.x.constant has other, for which"),
        ({"field": "title", "external": "tms"}, "exactly one of field, external, constant"),
    ],
    ids=str,
)
def test_keys_that_do_not_belong_together_are_refused(keys, told):
    with pytest.raises(ValueError, match=told):
        field(**keys)


def test_constants_have_a_line_in_their_table():
    assert field(constant=["EDYE"], map="words").constant == ["EDYE"]
