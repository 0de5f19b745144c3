"""The desk: pages inside Airflow's browser interface that show the ledger, and start runs as the user."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from edye_delivery.desk.access import logged_in_user
from edye_delivery.desk.bodies import BoundedBodies
from edye_delivery.desk.errors import answer_delivery_error, answer_error, answer_http_error, answer_invalid_call
from edye_delivery.desk.headers import SafeHeaders
from edye_delivery.desk.pages import (
    action_runs,
    actions,
    api_log,
    assets,
    distribution,
    feeds,
    partners,
    run,
    text,
    title,
    title_content,
    titles,
    today,
    try_file,
    windows,
)
from edye_delivery.errors import DeliveryError

PAGES = (
    assets, today, titles, title, title_content, distribution, run, windows, feeds, api_log, actions, action_runs,
    partners, text, try_file,
)  # fmt: skip
"""Every page is a module with a `router`; a new page is added here and in `navigation.py`."""


def desk_application() -> FastAPI:
    """The application; each of its endpoints asks Airflow who calls."""
    from fastapi.exceptions import RequestValidationError

    app = FastAPI(
        title="EDYE desk",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(logged_in_user)],
        middleware=[Middleware(SafeHeaders), Middleware(BoundedBodies)],
        exception_handlers={
            HTTPException: answer_http_error,
            RequestValidationError: answer_invalid_call,
            DeliveryError: answer_delivery_error,
            Exception: answer_error,
        },
    )
    for page in PAGES:
        app.include_router(page.router)
    return app
