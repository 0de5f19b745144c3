"""`status` on real ledgers: what it shows, what it says to do, its exit codes, and that it harms nothing."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.next_steps import (
    NEXT_STEPS,
    READ_BY_PARTNER_NEXT,
    REENCODED_NEXT_IF,
    STATE_STEPS,
    UNATTENDED,
)
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.command_line import which_ledger
from tests.unit.command_line.days import OTHER, PARTNER, RUN, WAITED_UNTIL, Days, called, the_id, the_plan


@pytest.fixture
def days(tmp_path):
    return Days(tmp_path / "ledger.sqlite")


@pytest.fixture
def mixed(days):
    days.accepted(the_plan(1))
    days.received(the_plan(2))
    days.rejected(the_plan(3))
    days.failed(the_plan(4))
    return days


def lines_of(result):
    return result.stdout.splitlines()


def test_the_counts_come_first_by_state_with_causes_and_whose_turn_it_is(mixed):
    assert lines_of(mixed())[1:6] == [
        f"{PARTNER}: 4 titles",
        "  failed             1  1 stuck (DevOps)",
        "  rejected           1  1 media (Content Operations)",
        "  received           1",
        "  accepted           1",
    ]


def test_a_file_that_the_partner_refused_and_that_we_have_not_encoded_needs_no_upload(days):
    for number, encode in ((1, None), (2, "encodes/a.mp4"), (3, None)):
        plan = the_plan(number)
        days.planned(plan)
        days.ledger.begin_send(plan.delivery_key, RUN, encode_name=encode)
        days.ledger.mark_received(plan.delivery_key, f"t-{number}", 10, 1.0)
        days.ledger.fail(plan.delivery_key, Cause.MEDIA, "the partner refused it", ended_by_partner=number < 3)
    lines = lines_of(days())
    first = lines.index("failed, media, not encoded by us yet: 1 title")
    assert (lines[first + 1], lines[first + 3].split()[0]) == (f"Next: {REENCODED_NEXT_IF}", the_id(1))
    others = lines.index("failed, media: 2 titles")
    assert lines[others + 1] == f"Next: {NEXT_STEPS[Cause.MEDIA]}"
    titles = json.loads(days("--json").stdout)["titles"]
    assert [one["next_step"] == REENCODED_NEXT_IF for one in titles] == [True, False, False]
    assert lines_of(days("--external-id", the_id(1)))[-1] == f"Next: {REENCODED_NEXT_IF}"


def test_titles_follow_worst_first_each_with_all_columns_under_what_is_to_be_done(mixed):
    lines = lines_of(mixed())
    start = lines.index("failed, stuck: 1 title")
    assert lines[start + 1] == f"Next: {NEXT_STEPS[Cause.STUCK]}"
    assert lines[start + 2].split() == [
        "external_id", "title", "state", "cause", "owner", "since", "attempts", "tracking", "id",
    ]  # fmt: skip
    row = lines[start + 3]
    for cell in (the_id(4), "The Kite", "failed", "stuck", "DevOps", "2026-03-02 06:00Z", " 1 ", "t-mv-4"):
        assert cell in row
    order = [line.split()[0] for line in lines if line.startswith("  EDYE")]
    assert order == [the_id(4), the_id(3), the_id(2)]
    assert f"Next: {STATE_STEPS[DeliveryState.RECEIVED]}" in lines
    assert lines[-1].startswith("2 titles need a person: Content Operations 1, DevOps 1.")


def test_accepted_titles_are_listed_only_with_all(mixed):
    assert the_id(1) not in mixed().stdout
    assert the_id(1) in mixed("--all").stdout


@pytest.mark.parametrize(
    ("way", "exit_code"),
    [("accepted", 0), ("planned", 1), ("received", 0), ("rejected", 1), ("failed", 1)],
)
def test_the_exit_code_says_whether_a_title_needs_a_person(days, way, exit_code):
    getattr(days, way)(the_plan())
    for arguments in ([], ["--json"], ["--external-id", the_id(1)], ["--external-id", the_id(1), "--json"]):
        assert days(*arguments).exit_code == exit_code


def test_an_empty_ledger_says_so_and_needs_nobody(days):
    result = days()
    assert (result.exit_code, lines_of(result)[-1]) == (0, "the ledger has no title")


def test_the_table_is_as_long_as_asked_and_says_what_it_leaves_out(days):
    for number in range(5):
        days.failed(the_plan(number))
    result = days("--show", "2")
    assert sum(line.startswith("  EDYE") for line in lines_of(result)) == 2
    assert "failed, stuck: 5 titles" in lines_of(result)
    assert "and 3 more titles (--show all)" in lines_of(result)
    assert "more title" not in days("--show", "all").stdout


def test_with_two_partners_every_row_names_its_own(mixed):
    mixed.received(the_plan(9), OTHER)
    result = mixed()
    (row,) = [line for line in lines_of(result) if the_id(9) in line]
    assert row.split()[0] == OTHER
    only = mixed("--partner", OTHER)
    assert (only.exit_code, f"{PARTNER}:" in only.stdout) == (0, False)
    assert [line.split()[0] for line in lines_of(only) if the_id(9) in line] == [the_id(9)]


def test_a_window_takes_the_titles_that_moved_in_it(mixed):
    document = json.loads(mixed("--json").stdout)
    (since,) = [title["since"] for title in document["titles"] if title["external_id"] == the_id(4)]
    result = mixed("--window", f"{since}/2026-03-02T09:00:00+02:00")
    assert f"{PARTNER}: 1 title changed in [{since}, 2026-03-02T07:00:00Z)" in lines_of(result)
    none = mixed("--window", "2025-01-01T00:00:00Z/2025-01-02T00:00:00Z")
    assert (none.exit_code, lines_of(none)[-1]) == (0, "no title changed in the window")


def test_a_title_by_name_is_told_whole(mixed):
    result = mixed("--external-id", the_id(4))
    lines = lines_of(result)
    assert lines[0] == f"{the_id(4)} at {PARTNER}: The Kite (movie, en)"
    facts = dict(line.strip().split("  ", 1) for line in lines[1 : lines.index("")])
    told = {name: text.strip() for name, text in facts.items()}
    assert told["state"].startswith("failed, stuck, for DevOps, since 2026-03-02 06:00:")
    assert told["why"] == "no word of its end"
    assert (told["attempts"], told["tracking id"]) == ("1 over api", "t-mv-4")
    assert told["accepted"] == "nothing of it so far"
    assert told["errors in a row"].startswith("1 of client client-1 since 2026-03-02 06:00:")
    assert "alert raised 2026-03-02 06:00:" in told["errors in a row"]
    events = [line.split()[2:4] for line in lines if line.startswith("  2026-")]
    assert events == [
        ["plan", "planned"],
        ["send", "sending"],
        ["receive", "received"],
        ["fail", "failed"],
        ["errors", "began"],
    ]
    assert lines[-1] == f"Next: {NEXT_STEPS[Cause.STUCK]}"


def test_a_rejected_title_names_the_rules_and_an_accepted_one_its_acceptance(mixed):
    assert "VID006: docs/QC_RULES.md" in mixed("--external-id", the_id(3)).stdout
    accepted = mixed("--external-id", the_id(1))
    assert "this delivery, 2026-03-02 06:00:" in accepted.stdout
    assert lines_of(accepted)[-1] == f"Next: {STATE_STEPS[DeliveryState.ACCEPTED]}"


def test_json_has_the_same_keys_for_every_title_and_the_past_of_those_that_are_named(mixed):
    document = json.loads(mixed("--json", "--all").stdout)
    assert document.keys() == {"ledger", "partner", "window", "titles_that_need_a_person", "summary", "titles"}
    assert document["titles_that_need_a_person"] == 2
    assert [count["titles"] for count in document["summary"]] == [1, 1, 1, 1]
    failed, _, _, accepted = document["titles"]
    assert failed.keys() == accepted.keys()
    assert (failed["state"], failed["cause"], failed["owner"], failed["needs_a_person"]) == (
        "failed", "stuck", "DevOps", True,
    )  # fmt: skip
    assert failed["next_step"] == NEXT_STEPS[Cause.STUCK]
    named = json.loads(mixed("--json", "--external-id", the_id(4)).stdout)["titles"][0]
    assert named.keys() - failed.keys() == {"errors_in_a_row", "history"}
    assert [event["action"] for event in named["history"]][:2] == ["plan", "send"]
    assert named["errors_in_a_row"][0]["errors"] == 1


def test_json_of_nothing_is_a_document_too(days):
    assert json.loads(days("--json").stdout)["titles"] == []


@pytest.mark.parametrize(
    "foreign", ["[bold red]x[/]", "\x1b]0;x\x07", "\x1b[2Ja", "a\r\nb", "\u202egnp", "\x9b31mx", "Ñandú 東京"]
)
def test_foreign_words_command_neither_terminal_nor_markup(days, foreign):
    plan = the_plan(titles={"en": foreign})
    days.failed(plan, detail=foreign)
    for arguments in (["--show", "all"], ["--external-id", plan.external_id], ["--json"]):
        shown = days(*arguments).stdout
        assert all(sign.isprintable() or sign == "\n" for sign in shown)
    if foreign.isprintable():
        assert foreign[:20] in days("--external-id", plan.external_id).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--partner", "roku_mx"], f"no partner 'roku_mx' in the ledger; close to it are {PARTNER}"),
        (["--external-id", "edye_mov_000044_en"], "no title 'edye_mov_000044_en' in the ledger; close to it are EDYE_"),
        (["--external-id", "xyz"], "no title 'xyz' in the ledger; it has no similar name"),
    ],
    ids=["partner", "title", "nothing near"],
)  # fmt: skip
def test_an_unknown_name_is_a_sentence_with_what_is_near(mixed, arguments, told):
    result = mixed(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_of_two_named_titles_the_known_one_is_told_and_the_other_makes_the_answer_incomplete(mixed):
    result = mixed("--external-id", the_id(1), "--external-id", "EDYE_MOV_000099_XX")
    assert result.exit_code == 2
    assert lines_of(result)[0].startswith(the_id(1))
    assert "no title 'EDYE_MOV_000099_XX'" in result.stderr


def test_a_named_title_outside_the_window_is_not_said_to_be_unknown(mixed):
    result = mixed("--external-id", the_id(1), "--window", "2025-01-01T00:00:00Z/2025-01-02T00:00:00Z")
    assert (result.exit_code, "did not change its state in the window" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--window", "yesterday"], "is no window"),
        (["--window", "2026-03-01T06:00:00/2026-03-02T06:00:00Z"], "without a time zone"),
        (["--window", "2026-03-02T06:00:00Z/2026-03-01T06:00:00Z"], "has to end after its start"),
        (["--show", "some"], "neither all nor a number"),
        (["--nonsense"], "No such option"),
    ],
)
def test_a_wrong_option_is_no_answer(mixed, arguments, told):
    result = mixed(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in " ".join(result.stderr.split())


@pytest.mark.parametrize("given", ["none.sqlite", "sqlite:///none.sqlite"])
def test_a_ledger_that_is_not_there_is_said_and_not_made(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    result = called("--ledger", given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no ledger at none.sqlite: no such file" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given", ["postgres://u:geheim@127.0.0.1:1/edye", "mysql://u:geheim@h/x", "postgresql://u:geheim@h:port/x"]
)
def test_no_password_is_ever_shown(given):
    result = called("--ledger", given)
    assert result.exit_code == 2
    assert result.stderr.startswith("status: ")
    assert "geheim" not in result.output


@pytest.fixture
def without_airflow(monkeypatch, tmp_path):
    """A machine on which no Airflow is set up."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("without_airflow")
def test_without_an_airflow_the_project_s_own_ledger_is_looked_at(mixed, monkeypatch):
    monkeypatch.setattr(which_ledger, "OWN_LEDGER", mixed.path)
    before = set(sys.modules)
    result = called("--all")
    assert result.exit_code == 1
    assert lines_of(result)[0] == f"ledger {mixed.path}"
    assert "edye_delivery.hooks.ledger" not in set(sys.modules) - before


@pytest.mark.usefixtures("without_airflow")
def test_a_ledger_below_the_working_folder_is_named_from_there(mixed, monkeypatch):
    monkeypatch.setattr(which_ledger, "OWN_LEDGER", mixed.path)
    monkeypatch.chdir(mixed.path.parent)
    assert lines_of(called())[0] == "ledger ledger.sqlite"


def test_what_the_partner_has_while_nobody_waits_for_it_needs_somebody(days):
    days.received(the_plan(1))
    days.received(the_plan(2))
    assert days().exit_code == 0
    days.ledger.note_wait([the_plan(1).delivery_key], datetime(2026, 3, 2, tzinfo=UTC))
    result = days()
    assert result.exit_code == 1
    assert "received           2  nobody waits for 1 of them" in result.stdout
    assert "received, nobody waits for it: 1 title\n" in result.stdout
    assert f"Next: {UNATTENDED}" in result.stdout
    assert "1 title needs a person: DevOps 1" in result.stdout
    document = json.loads(days("--json").stdout)
    assert document["titles_that_need_a_person"] == 1
    assert {one["external_id"]: one["nobody_waits"] for one in document["titles"]} == {
        the_id(1): True,
        the_id(2): False,
    }
    assert days("--external-id", the_id(1)).exit_code == 1
    assert days("--external-id", the_id(2)).exit_code == 0


def test_what_waits_until_the_partner_reads_it_is_the_partners_turn_and_needs_nobody(days):
    plan, ledger = the_plan(1), days.ledger
    ledger.plan(PARTNER, "run-1", [plan], Channel.PULL)
    ledger.begin_send(plan.delivery_key, "run-1", Channel.PULL)
    ledger.mark_received(plan.delivery_key, "exposure-1", 0, 0.1)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.wait_for_fetch(PARTNER, plan, [])
    ledger.note_wait([plan.delivery_key], WAITED_UNTIL)
    result = days()
    assert result.exit_code == 0
    assert "completed, waits for the partner, read by the partner itself: 1 title\n" in result.stdout
    assert f"Next: {READ_BY_PARTNER_NEXT}" in result.stdout
    [title] = json.loads(days("--json").stdout)["titles"]
    assert (title["waits_for_partner"], title["needs_a_person"]) == (True, False)
    assert ", for the partner, since" in days("--external-id", the_id(1)).stdout
