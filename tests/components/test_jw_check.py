"""check_jw_player on the sandbox, over HTTP: every planted difference is found, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.jw_check import KNOWN_MEDIA_NAME, MEDIA_STATES_NAME
from edye_delivery.catalog.jw_states import MediaState, usable_states
from edye_delivery.catalog.parse import parse_show
from edye_delivery.errors import AuthRefused, ConfigurationInvalid, InvalidRequest
from edye_delivery.pipeline.sync_check import AS_GIVEN
from edye_delivery.reports.model import Colour
from sandbox.server import Sandbox
from tests.builders import PROJECT, the_annex
from tests.components.jw_check import ROKU, Check, found_in, set_connections, tms_annex
from tests.unit.command_line.days import Days

PLAN = yaml.safe_load((PROJECT / "include" / "sandbox" / "jw_player.yaml").read_text(encoding="utf-8"))
DIFFERENCES = {one["rule"]: one for one in PLAN["differences"]}
FROM_ABSENCE = {"SYNC001", "SYNC005", "SYNC015", "SYNC017"}


def planted(*without: str) -> dict[str, set[str]]:
    """For each rule that data can show, the titles, media or playlists at which it is planted."""
    found = {}
    for rule, one in DIFFERENCES.items():
        if rule not in without and "later" not in one:
            found[rule] = {*one["titles"], *one.get("media_ids", ()), *one.get("playlist_ids", ())}
    return found


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), media_dir=media, jw_calls_a_minute=0) as box:
        yield box


@pytest.fixture
def box(started: Sandbox) -> Sandbox:
    started.clear_faults()
    started.reset()
    return started


@pytest.fixture
def check(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    set_connections(box, tmp_path, monkeypatch, calls_a_minute=100_000)
    return Check(tmp_path / "artifacts", {ROKU: tms_annex()})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = RetryPolicy(attempts=2, base_s=0.01, cap_s=0.01, retry_after_max_s=1)
    monkeypatch.setattr("edye_delivery.hooks.jw_player.RETRY_POLICY", policy)


def states(check: Check) -> Any:
    path = check.store / MEDIA_STATES_NAME
    return usable_states(path.read_bytes() if path.exists() else None, datetime.now(UTC)).states


def accept(folder: Path, annex: Any, box: Sandbox, changes: dict[str, Any]) -> None:
    """Two titles are accepted as the catalogue has them, the first with changes."""
    days = Days(folder / "ledger.sqlite")
    shows = httpx.get(f"{box.admin_url}/catalogue", trust_env=False).json()["shows"]
    for edye_id, changed in (("mv-robot", changes), ("mv-dragon", {})):
        item = next(item for item in shows if item["id"] == edye_id)
        days.accepted(plan_of(annex, parse_show(item | changed)), annex.partner)


def media_of(box: Sandbox, edye_id: str) -> str:
    items = httpx.get(f"{box.admin_url}/catalogue", trust_env=False).json()
    return next(item["jwp_id"] for item in [*items["shows"], *items["episodes"]] if item["id"] == edye_id)


def test_every_planted_difference_is_found_at_its_title_and_nothing_else_is(check):
    report = check.run()

    assert found_in(report) == planted()
    assert report.colour is Colour.RED
    assert report.sweep.is_complete
    assert all((check.store / name).stat().st_size > 500 for name in check.files)
    assert "SYNC003: JW Player says failed: No audio track was found." in check.error
    playlist = next(row for row in report.rows if row.media_id == "listroku")
    assert [one.message for one in playlist.findings] == [
        "1 titles are missing: ¿Dónde duermen los pájaros?",
        "1 media do not belong into it: Sin ficha",
    ]


def test_without_a_partner_that_asks_for_external_ids_they_are_not_compared(check):
    check.annexes = {ROKU: the_annex()}

    assert found_in(check.run()) == planted("SYNC013")


def test_with_a_partner_its_titles_and_what_it_was_given_are_compared(box, check, tmp_path):
    accept(tmp_path, check.annexes[ROKU], box, {"duration_ms": 1})

    report = check.run(partner=ROKU)

    given = {row.edye_id: one for row in report.rows for one in row.findings if one.message.startswith(AS_GIVEN)}
    assert {edye_id: one.code for edye_id, one in given.items()} == {"mv-robot": "SYNC007"}
    assert found_in(report)["SYNC007"] == planted()["SYNC007"] | {"mv-robot"}
    assert (report.display_name, report.compared.given) == (check.annexes[ROKU].display_name, 2)


@pytest.mark.parametrize("names", [["mv-cometa", "so-boton"], ["EDYE_MOV_000101_ES", "EDYE_CORTO_000331_ES"]])
def test_named_titles_are_looked_at_one_by_one_and_nothing_else_is_compared(box, check, names):
    report = check.run(external_ids=names)

    assert found_in(report) == {"SYNC007": {"mv-cometa"}, "SYNC002": {"so-boton"}}
    assert (report.compared.titles, report.sweep.media_read, report.sweep.calls) == (2, 2, 2)
    assert states(check) is None


def test_a_name_that_the_catalogue_does_not_have_makes_the_run_red(check):
    report = check.run(external_ids=["mv-dragon", "EDYE_NONE"])

    assert report.incidents == ("asked for, but not in the catalogue: EDYE_NONE",)
    assert "EDYE_NONE" in check.error


def test_half_a_sweep_judges_nothing_as_missing_and_is_red_itself(box, check):
    check.run()
    before = (check.store / MEDIA_STATES_NAME).read_bytes(), (check.store / KNOWN_MEDIA_NAME).read_bytes()
    box.plan([{"service": "jw", "kind": "moved_total"}])

    report = check.run()

    assert found_in(report) == planted(*FROM_ABSENCE)
    assert not report.sweep.is_complete
    assert "the sweep of JW Player is not complete: " in report.incidents[0]
    assert report.incidents[0] in check.error
    assert before == ((check.store / MEDIA_STATES_NAME).read_bytes(), (check.store / KNOWN_MEDIA_NAME).read_bytes())


def test_an_answer_that_never_comes_leaves_an_incomplete_sweep_and_a_report(box, check, quick):
    box.plan([{"service": "jw", "operation": "listMedia", "kind": "status", "status": 503}])

    report = check.run()

    assert found_in(report) == {"SYNC004": planted()["SYNC004"]}
    assert (report.sweep.media_read, report.compared.not_judged) == (0, report.compared.titles)
    assert "503" in report.incidents[0]


def test_where_the_delivery_api_refuses_all_else_is_compared_and_the_run_says_so(box, check):
    box.plan([{"service": "jw", "operation": "deliverMedia", "kind": "status", "status": 403}])

    report = check.run()

    assert found_in(report) == planted("SYNC008", "SYNC009", "SYNC016")
    assert "the files and pictures of media were not all compared: " in report.incidents[0]
    assert report.compared.sources_left > 20


def test_a_secret_that_jw_player_refuses_ends_the_run_with_a_sentence(box, check, monkeypatch, tmp_path):
    set_connections(box, tmp_path, monkeypatch, secret="wrong")

    with pytest.raises(AuthRefused, match="JW Player"):
        check.run()


def test_a_missing_connection_is_told_before_anything_is_read(check, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_JW_PLAYER")

    with pytest.raises(ConfigurationInvalid, match=r"jw_player \(JW Player: type http with host, the API secret"):
        check.run()


def test_a_wrong_param_is_told_before_anything_is_read(check):
    with pytest.raises(InvalidRequest, match="which no annex is for"):
        check.run(partner="nobody")


def test_media_that_failed_or_are_gone_are_left_for_quality_control(box, check):
    check.run()

    bad = states(check).bad
    assert {media_id: one.state for media_id, one in bad.items()} == {
        media_of(box, "mv-vispera"): MediaState.GONE,
        media_of(box, "mv-manana"): MediaState.FAILED,
    }


@pytest.fixture
def own_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, Check]]:
    """An installation with a JW Player of its own, in which a test may delete media."""
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path / "own", media_dir=media, jw_calls_a_minute=0) as box:
        set_connections(box, tmp_path, monkeypatch, calls_a_minute=100_000)
        yield box, Check(tmp_path / "artifacts", {ROKU: tms_annex()})


def test_media_deleted_between_two_sweeps_are_told_as_deleted_each_night_until_corrected(own_check):
    box, check = own_check
    (edye_id,) = DIFFERENCES["SYNC017"]["titles"]
    check.run()
    assert box.jw.library.delete(media_of(box, edye_id))

    reports = [check.run(max_loss_percent=3.0) for _ in range(2)]

    assert [found_in(report) for report in reports] == [planted() | {"SYNC017": {edye_id}}] * 2
    assert states(check).bad[media_of(box, edye_id)].state is MediaState.GONE
    assert "withdraw the title at once" in check.error


def test_a_sweep_that_lost_too_much_is_not_believed_unless_a_person_says_so(own_check):
    box, check = own_check
    check.run()
    for edye_id in ("so-lluvia", "mv-ballena", "mv-siesta"):
        box.jw.library.delete(media_of(box, edye_id))

    doubted, believed = check.run(), check.run(max_loss_percent=100)

    assert not doubted.sweep.is_complete
    assert "more than 2 % are gone" in doubted.incidents[0]
    assert "SYNC017" not in found_in(doubted)
    assert found_in(believed)["SYNC017"] == {"so-lluvia", "mv-ballena", "mv-siesta"}


def test_a_corrected_title_is_delivered_again_after_a_check_of_it_alone(own_check):
    box, check = own_check
    check.run()
    media_id = media_of(box, "mv-manana")
    box.jw.library.change(media_id, {"status": "ready", "error_message": None})

    report = check.run(external_ids=["mv-manana"])

    assert report.sweep.is_complete
    assert list(states(check).bad) == [media_of(box, "mv-vispera")]
