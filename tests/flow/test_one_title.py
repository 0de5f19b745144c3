"""Whatever happens inside one title's step costs that title, with a sentence, and no neighbour."""

from __future__ import annotations

import errno

import pytest
from sqlalchemy.exc import DataError, OperationalError

from edye_delivery.errors import AuthRefused, ConfigurationInvalid, MediaTooLarge, StoreUnavailable, Transient
from tests.flow.steps import BAD, IDS, STEPS, Bench

KINDS = {
    "a number of 5,000 digits": lambda: int("9" * 5000),
    "a number too large for a float": lambda: float(10**400),
    "nesting": lambda: RecursionError("maximum recursion depth exceeded"),
    "memory": lambda: MemoryError(),
    "half a character": lambda: "\ud800".encode(),
    "no such key": lambda: {}["width"],
    "no such attribute": lambda: AttributeError("'NoneType' object has no attribute 'size'"),
    "division by zero": lambda: 1 / 0,
    "a name too long for a file": lambda: OSError(errno.ENAMETOOLONG, "File name too long"),
    "a value that the database refuses": lambda: DataError("insert", {}, Exception("value too long")),
    "hostile words": lambda: ValueError("\x1b[31m\x00\u202e\ud800" * 2000),
}
OF_ALL = {
    "no space": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "a store that is gone": lambda: StoreUnavailable("the artifact store does not answer"),
    "a connection that lacks something": lambda: ConfigurationInvalid("the connection has no host"),
    "a refused token": lambda: AuthRefused("our token was refused"),
}
LEDGER_STEPS = {"wait", "accept", "refresh", "withdraw_by_catalogue", "withdraw_by_hand", "plan", "place"}
SENDS_AGAIN = {"ship"}  # what was set aside is not shipped again by itself
SAID_BY_THE_STEP = {("reencode", "a name too long for a file")}  # "could not be re-encoded now", as of a full disk


def error_of(make) -> Exception:
    """The error, raised where it is made or given."""
    try:
        made = make()
    except Exception as error:
        return error
    assert isinstance(made, Exception)
    return made


@pytest.fixture(scope="module")
def as_ever(tmp_path_factory):
    """What becomes of three good titles, by step."""
    told = {}
    for name, step in STEPS.items():
        with pytest.MonkeyPatch.context() as patch:
            told[name] = step(Bench(tmp_path_factory.mktemp(name), patch))
    return told


@pytest.mark.parametrize("name", STEPS)
def test_three_good_titles_end_alike(as_ever, name):
    assert set(as_ever[name]) == set(IDS)
    assert len({words.replace(edye_id, "") for edye_id, words in as_ever[name].items()}) == 1


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in STEPS for kind in KINDS if (name, kind) not in SAID_BY_THE_STEP]
)
def test_what_breaks_inside_one_titles_step_costs_that_title_alone(as_ever, tmp_path, monkeypatch, name, kind):
    bench = Bench(tmp_path, monkeypatch, error_of(KINDS[kind]))
    for _ in range(1 if name in SENDS_AGAIN else 2):
        told = STEPS[name](bench)
        assert {edye_id: told[edye_id] for edye_id in IDS if edye_id != BAD} == {
            edye_id: as_ever[name][edye_id] for edye_id in IDS if edye_id != BAD
        }
        assert f"broke off ({type(bench.error).__name__}: " in told[BAD]
        assert "run the window again" in told[BAD]
        assert told[BAD].isprintable()


@pytest.mark.parametrize("name", STEPS)
def test_an_error_of_ours_says_its_own_sentence(as_ever, tmp_path, monkeypatch, name):
    told = STEPS[name](Bench(tmp_path, monkeypatch, MediaTooLarge("the file is larger than 9 bytes")))
    assert "the file is larger than 9 bytes" in told[BAD]
    assert "MediaTooLarge" not in told[BAD]


@pytest.mark.parametrize("kind", OF_ALL)
@pytest.mark.parametrize("name", sorted(STEPS.keys() - {"reencode"}))
def test_what_every_title_would_meet_ends_the_step_loudly(tmp_path, monkeypatch, name, kind):
    bench = Bench(tmp_path, monkeypatch, error_of(OF_ALL[kind]))
    with pytest.raises((type(bench.error), Transient)) as raised:  # shipping tries again before it gives up
        STEPS[name](bench)
    assert str(bench.error) in str(raised.value)


@pytest.mark.parametrize("name", sorted(LEDGER_STEPS))
def test_a_ledger_that_does_not_answer_ends_the_step_loudly(tmp_path, monkeypatch, name):
    bench = Bench(tmp_path, monkeypatch, OperationalError("update", {}, Exception("the connection is closed")))
    with pytest.raises(OperationalError):
        STEPS[name](bench)
