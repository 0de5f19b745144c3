"""The desk in a real Airflow, seen through Chromium: from a red run to its report, to a title, and to what mends it.

The tests are the steps of one operator's day, in this order. The pictures of the guide are made on the way:
`DESK_PICTURES=docs/desk` names the folder, which else is build/desk.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from PIL import Image
from sqlalchemy import make_url

from edye_delivery.catalog.api_call import NAMES, CallLine, level_of
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.database import open_engine
from tests.builders import ANNEX_FILE
from tests.postgresql import postgresql_service
from tests.proofs.browser import (
    DESKTOP,
    PHONE,
    WIDE,
    barriers_of,
    chromium,
    is_wider_than_its_window,
    log_in,
    take_picture,
)
from tests.proofs.real_airflow import real_airflow
from tests.unit.pull_calls import a_call
from tests.waiting import until

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
PARTNER, PULLING = "roku_premium_subs_mx", "sample_pull"
DAG_ID, REDELIVERY, WITHDRAWAL = (f"{verb}__{PARTNER}" for verb in ("deliver_api", "redeliver", "withdraw"))
SAMPLE_DAY = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}


TITLE, EDYE_ID = "EDYE_CORTO_000312_ES", "so-detective"
"""Rejected, because the partner has no genre for its genre."""
READING_S = 15
"""What a person takes to read a question; tests/proofs/test_approval.py says why the answer must not come before."""
RUN_MS = 240_000
"""In which a run of few titles ends; the pages look again by themselves."""

PAGES = {
    "today": "/edye/",
    "run": "",
    "dag": f"/edye/dag?dag_id={DAG_ID}",
    "titles": "/edye/titles?q=planeta",
    "title": f"/edye/titles/{PARTNER}/{TITLE}",
    "rejected-title": f"/edye/titles/{PARTNER}/EDYE_MOV_000117_ES",
    "distribution": f"/edye/distribution?partner={PARTNER}",
    "windows": "/edye/windows?month=2026-03",
    "feeds": "/edye/feeds",
    "feed": f"/edye/feeds/{PARTNER}/search",
    "api-log": f"/edye/api-log?partner={PULLING}",
    "generations": f"/edye/feeds/{PULLING}/generation",
    "partners": "/edye/partners",
    "partner": f"/edye/partners/{PARTNER}",
    "try": "/edye/try",
    "texts": "/edye/texts",
    "action": f"/edye/actions?action=redeliver&partner={PARTNER}&external_id={TITLE}",
}
ON_A_PHONE = {"today", "title"}


@pytest.fixture(scope="module")
def ledger():
    with postgresql_service() as server:
        yield server


@pytest.fixture(scope="module")
def system(box, feeds_url, database_url, ledger, tmp_path_factory):
    url = make_url(ledger.url)
    connection = {"conn_type": "postgres", "host": ledger.socket_folder, "login": url.username, "schema": url.database}
    home = tmp_path_factory.mktemp("airflow")
    more = {"ledger": connection, "further_annexes": [ANNEX_FILE.with_name(f"{PULLING}.yaml")]}
    with real_airflow(box, feeds_url, database_url, home, DAG_ID, **more) as system:
        for dag_id in (DAG_ID, REDELIVERY, WITHDRAWAL):
            system.wait_for_dag(dag_id)
            system.call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})
        yield system


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser, system):
    return log_in(browser, system)


@pytest.fixture(scope="module")
def red_run(system):
    """The sample day: it ends red, because titles with planted defects are rejected."""
    run_id = system.trigger(DAG_ID, SAMPLE_DAY)["dag_run_id"]
    path = f"/dags/{DAG_ID}/dagRuns/{run_id}"
    until(lambda: system.call("GET", path)["state"] == "failed", "the red end", timeout_s=400.0, pause_s=1.0)
    return run_id


@pytest.fixture(scope="module")
def calls(red_run, ledger):
    """What a partner that pulls called within a day: a page every five minutes, some of them in vain."""
    engine, now = open_engine(ledger.url), datetime.now(UTC)
    statuses = [503 if number % 41 == 0 else 304 if number % 3 else 200 for number in range(280)]
    rows = [
        a_call(now - timedelta(minutes=5 * number + 1), partner=PULLING) | {"status": status, "level": level_of(status)}
        for number, status in enumerate(statuses)
    ]
    ApiCallWriter(engine, lambda: now).write([CallLine(**{name: row[name] for name in NAMES}) for row in rows])
    engine.dispose()


def desk_run(run_id):
    return f"/edye/run?dag_id={DAG_ID}&run_id={run_id}"


def start_after_dry_run(page, reason):
    """From an action's form to the end of the run in earnest; what the dry run's page said."""
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What it would do").wait_for()
    take_picture(page, "action-preview")
    page.get_by_role("button", name="Dry run").click()
    page.get_by_role("button", name="Do it").wait_for(timeout=RUN_MS)
    take_picture(page, "action-dry-run")
    told = page.locator("main").inner_text()
    page.get_by_role("button", name="Do it").click()
    page.get_by_role("heading", name="Run for").wait_for()
    return told


def ended_badge(page):
    page.locator(".badge.success, .badge.failed").first.wait_for(timeout=RUN_MS)
    return page.locator(".badge").first.inner_text()


def test_the_navigation_of_airflow_leads_to_the_desk(page):
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    page.get_by_role("link", name="EDYE desk").click()
    page.frame_locator("iframe").get_by_role("heading", name="Today", level=1).wait_for()


def test_the_button_on_the_red_task_leads_to_the_report_of_the_run(system, page, red_run):
    links = system.call("GET", f"/dags/{DAG_ID}/dagRuns/{red_run}/taskInstances/confirm_window/links")
    page.goto(links["extra_links"]["EDYE report"])
    desk = page.frame_locator("iframe")
    desk.get_by_text("Whose turn it is").first.wait_for()
    assert desk.get_by_text("Content Operations").first.is_visible()
    report = desk.frame_locator("iframe.report")
    report.get_by_text("need somebody").first.wait_for()
    report.locator("#filter").fill("planeta")
    report.get_by_text("of 41 shown").wait_for()  # its own script works, in an origin of its own


def test_a_rejected_title_of_the_run_leads_to_what_is_wrong_with_it(page, red_run):
    page.goto(desk_run(red_run))
    page.get_by_role("link", name="El pato detective").click()
    page.get_by_role("heading", name="El pato detective", level=1).wait_for()
    assert page.get_by_text("META008").first.is_visible()
    assert page.get_by_text("Fix:").first.is_visible()
    assert page.get_by_role("heading", name="What was planned, and not sent").is_visible()


def test_a_mended_title_is_delivered_again_after_a_preview_and_a_dry_run(box, page, red_run):
    mended = {"genres": ["kids", "animation"], "updated_at": "2026-03-01T20:00:00Z"}
    httpx.patch(f"{box.admin_url}/catalogue/items/{EDYE_ID}", json=mended, trust_env=False).raise_for_status()
    page.goto(f"/edye/titles/{PARTNER}/{TITLE}")
    page.get_by_role("link", name="Deliver it again").click()
    assert "planned\n1" in start_after_dry_run(page, "the genre was corrected in the catalogue")
    assert ended_badge(page) == "success"
    page.goto(f"/edye/titles/{PARTNER}/{TITLE}")
    assert page.locator(".badge").first.inner_text() == "accepted"


def test_25_titles_leave_the_feed_after_a_person_has_approved_it_in_airflow(page, red_run):
    page.goto(f"/edye/distribution?partner={PARTNER}&state=accepted")
    boxes = page.locator("input[name=external_id]").all()
    chosen = [box for box in boxes if box.get_attribute("value") != TITLE]
    assert len(chosen) == len(boxes) - 1 == 25
    for box in chosen:
        box.check()
    page.get_by_role("button", name="Withdraw them").click()
    start_after_dry_run(page, "the rights of these titles ended yesterday")
    run = page.url
    page.get_by_role("link", name="answer under Required Actions").wait_for()
    question = page.get_by_text("Withdraw 25 titles from")
    until(lambda: page.goto("/edye/") and question.is_visible(), "the question", timeout_s=120.0, pause_s=1.0)
    page.wait_for_timeout(READING_S * 1000)
    page.set_viewport_size(WIDE)  # where it is narrower, the answer stands beyond Airflow's own dialog
    page.get_by_role("link", name="Approve or reject").click()
    page.get_by_role("button", name="Approve").click(timeout=RUN_MS)
    page.get_by_role("button", name="Approve").wait_for(state="hidden")
    page.goto(run)
    assert ended_badge(page) == "success"
    page.goto(f"/edye/feeds/{PARTNER}/search")
    assert page.get_by_text("1 item on 1 page").is_visible()
    assert page.get_by_text("Removed: 30 items").is_visible()


@pytest.mark.parametrize(("window", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("calls")
def test_a_page_has_no_serious_barrier_and_fits_its_window(page, red_run, name, window, scheme):
    page.set_viewport_size(window)
    page.emulate_media(color_scheme=scheme)
    page.goto(PAGES[name] or desk_run(red_run))
    page.get_by_role("heading", level=1).first.wait_for()
    assert barriers_of(page) == []
    assert not is_wider_than_its_window(page)
    if window is DESKTOP:
        take_picture(page, name)
    elif name in ON_A_PHONE:
        take_picture(page, f"{name}-phone")


def test_the_pages_are_read_without_javascript(browser, system, red_run, page):
    context = browser.new_context(base_url=system.url, java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(desk_run(red_run))
    assert plain.get_by_text("confirm_window").first.is_visible()
    for name in PAGES:
        assert plain.goto(PAGES[name] or desk_run(red_run)).status == 200, name
        assert len(plain.locator("main").inner_text()) > 60, name
    context.close()


def test_a_picture_is_tried_and_its_fault_is_said_in_words(page):
    page.set_viewport_size(DESKTOP)
    page.goto("/edye/try")
    narrow = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(narrow, "PNG")
    page.get_by_label("The file").set_input_files(
        {"name": "still.png", "mimeType": "image/png", "buffer": narrow.getvalue()}
    )
    page.get_by_label("What it is").select_option("key_art")
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("IMG0").first.wait_for()
    assert page.get_by_text("Fix:").first.is_visible()
    take_picture(page, "try-verdict")


def test_the_navigation_is_used_by_keyboard(page):
    page.set_viewport_size(DESKTOP)
    page.goto("/edye/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Titles", level=1).wait_for()


def test_a_page_says_that_the_ledger_is_away_and_comes_back_with_it(page, ledger, red_run):
    assert page.goto("/edye/titles?q=planeta").status == 200
    ledger.kill()
    try:
        for address in ("/edye/", "/edye/titles?q=planeta", f"/edye/distribution?partner={PARTNER}"):
            assert page.goto(address).status == 503
            assert page.get_by_text("The ledger").first.is_visible()
        take_picture(page, "ledger-away")
        assert page.goto(desk_run(red_run)).status == 200, "a run's page needs no ledger"
    finally:
        ledger.start()
    assert page.goto("/edye/titles?q=planeta").status == 200
