"""The desk in a real Airflow, seen through Chromium: from a red run to its report, on a desktop and on a phone."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.proofs.browser import DESKTOP, PHONE, barriers_of, chromium, is_wider_than_its_window, log_in
from tests.proofs.real_airflow import real_airflow
from tests.waiting import until

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
DAG_ID = "deliver_api__roku_premium_subs_mx"
SAMPLE_DAY = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}


@pytest.fixture(scope="module")
def system(box, feeds_url, database_url, tmp_path_factory):
    with real_airflow(box, feeds_url, database_url, tmp_path_factory.mktemp("airflow"), DAG_ID) as system:
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
    system.call("PATCH", f"/dags/{DAG_ID}", json={"is_paused": False})
    run_id = system.trigger(DAG_ID, SAMPLE_DAY)["dag_run_id"]
    path = f"/dags/{DAG_ID}/dagRuns/{quote(run_id, safe='')}"
    until(lambda: system.call("GET", path)["state"] == "failed", "the red end", timeout_s=400.0, pause_s=1.0)
    return run_id


def desk_run(run_id):
    return f"/edye/run?dag_id={DAG_ID}&run_id={quote(run_id, safe='')}"


def test_the_navigation_of_airflow_leads_to_the_desk(page):
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    page.get_by_role("link", name="EDYE desk").click()
    page.frame_locator("iframe").get_by_role("heading", name="Today", level=1).wait_for()


def test_the_button_on_the_red_task_leads_to_the_report_of_the_run(system, page, red_run):
    links = system.call("GET", f"/dags/{DAG_ID}/dagRuns/{quote(red_run, safe='')}/taskInstances/confirm_window/links")
    page.goto(links["extra_links"]["EDYE report"])
    desk = page.frame_locator("iframe")
    desk.get_by_text("Whose turn it is").first.wait_for()
    assert desk.get_by_text("Content Operations").first.is_visible()
    report = desk.frame_locator("iframe.report")
    report.get_by_text("need somebody").first.wait_for()
    report.locator("#filter").fill("planeta")
    report.get_by_text("of 41 shown").wait_for()  # its own script works, in an origin of its own


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", ["/edye/", f"/edye/dag?dag_id={DAG_ID}", "run"])
def test_a_page_has_no_serious_barrier_and_fits_its_window(page, red_run, address, window, scheme):
    page.set_viewport_size(window)
    page.emulate_media(color_scheme=scheme)
    page.goto(desk_run(red_run) if address == "run" else address)
    page.get_by_role("heading", level=1).first.wait_for()
    assert barriers_of(page) == []
    assert not is_wider_than_its_window(page)


def test_a_page_is_read_without_javascript(browser, system, red_run, page):
    cookies = page.context.cookies()
    context = browser.new_context(base_url=system.url, java_script_enabled=False)
    context.add_cookies(cookies)
    plain = context.new_page()
    plain.goto(desk_run(red_run))
    assert plain.get_by_text("confirm_window").first.is_visible()
    context.close()
