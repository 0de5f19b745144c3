"""Debian's Chromium on the desk inside a real Airflow: logs in as a person does, and looks for barriers."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.builders import PROJECT
from tools.airflow_system import AirflowSystem

DESKTOP, PHONE = {"width": 1240, "height": 1000}, {"width": 420, "height": 900}
WIDE = {"width": 1600, "height": 1000}
SERIOUS = frozenset({"serious", "critical"})
WAIT_MS = 60_000
PICTURE_MAX_PX = 2600


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, without pages."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("this proof needs Debian's package chromium: apt-get install chromium, then make proofs")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def log_in(browser: Browser, system: AirflowSystem, **options: Any) -> Page:
    """A page of Airflow after the login form; `options` are those of the browser's context."""
    context = browser.new_context(base_url=system.url, viewport=DESKTOP, **options)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    user, password = system.login
    page.goto("/auth/login")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/auth/login" not in url)
    return page


def barriers_of(page: Page) -> list[str]:
    """What axe-core finds serious or worse on the page: rule, and the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'][:3])}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def take_picture(page: Page, name: str) -> None:
    """Keeps the page, down to its first 2,600 pixels, as a small picture in the folder of the guide's pictures."""
    folder = PROJECT / os.environ.get("DESK_PICTURES", "build/desk")
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as picture:
        shown = picture.crop((0, 0, picture.width, min(picture.height, PICTURE_MAX_PX)))
        shown.convert("RGB").quantize(64).save(folder / f"{name}.png", optimize=True)


def is_wider_than_its_window(page: Page) -> bool:
    """Whether a reader has to scroll sideways to read the page."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
