"""The steps of the DAGs that watch a partner that pulls, and report what it called and fetched."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowNotFoundException

from edye_delivery.annex.channels import api_folder_of, pull_channel_of
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.artifact_names import consumption_name
from edye_delivery.catalog.consumption import ExposedTitle
from edye_delivery.catalog.degradation import Probe
from edye_delivery.catalog.window import Window, rfc3339
from edye_delivery.delivery_api.exposed_titles import exposed_titles
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.served import is_taken_back, published_at, served_generation
from edye_delivery.errors import DeliveryError
from edye_delivery.hooks.delivery_api import DeliveryApiHook
from edye_delivery.hooks.delivery_api_store import DeliveryApiStoreHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.consumption import report_of
from edye_delivery.pipeline.degradation import Watch
from edye_delivery.pipeline.fetched_titles import FetchWatch
from edye_delivery.reports.consumption.fetched import HandedTitles
from edye_delivery.reports.consumption.html import as_html
from edye_delivery.reports.consumption.table import as_csv, as_json, write_not_fetched
from edye_delivery.reports.consumption.xlsx import as_xlsx
from edye_delivery.steps.base import Step, alerter

log = logging.getLogger(__name__)
DAY = timedelta(days=1)
ACCEPT_TIME = timedelta(minutes=15)


class PullStep(Step):
    """One step about what a partner pulls."""

    @property
    def pull(self) -> PullChannel:
        """The annex's section; ConfigurationInvalid where it has none."""
        return pull_channel_of(self.annex)


class WatchDegradation(PullStep):
    """Compares the calls since the last look with the annex's bounds, and tells of what began or ended."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The degradations that go on."""
        watch = Watch(LedgerHook().engine(), self.annex, self.pull)
        probe = self._probe()
        try:
            at = published_at(DeliveryApiStoreHook(self.pull.store_conn_id).get_conn(), self.annex.partner)
        except AirflowNotFoundException:
            log.warning("there is no connection %s: nobody knows the generation's age", self.pull.store_conn_id)
            at = None
        found = watch.look(SYSTEM_CLOCK.now(), probe, at)
        for one in found:
            log.warning("%s since %s%s: %s", one.kind.value, rfc3339(one.began_at), _of(one.user), one.detail)
        if not found:
            log.info("%s is well: nothing is degraded", self.annex.partner)
        alerter().send()
        return {"degradations": [one.kind.value for one in found]}

    def _probe(self) -> Probe | None:
        conn_id = self.pull.check.conn_id
        try:
            return DeliveryApiHook(self.annex).probe(self.pull.degradation.timeout_s)
        except AirflowNotFoundException:
            log.warning("there is no connection %s: without enough calls nobody knows whether the API answers", conn_id)
            return None


class AcceptFetched(PullStep):
    """Accepts the titles that waited for nothing but the partner's fetch, and that it has read since.

    The annex is that of the pull channel.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """How many titles were waiting, and how many of them were accepted."""
        hook, clock = LedgerHook(), SYSTEM_CLOCK
        ends_at_s = clock.monotonic() + ACCEPT_TIME.total_seconds()
        ledger = hook.get_conn(self.annex)
        counts = FetchWatch(
            self.annex, hook.engine(), ledger, self._titles_of_readers(), clock, ends_at_s
        ).accept_fetched()
        alerter().send()
        left = counts["waiting"] - counts["accepted"]
        log.info("%s titles accepted, %s wait until %s reads them", counts["accepted"], left, self.annex.display_name)
        return counts

    def _titles_of_readers(self) -> Callable[[], Iterator[ExposedTitle]] | None:
        """The titles that readers get; None where they get none, or an earlier generation than the checked one."""
        partner = api_folder_of(self.annex)
        try:
            store = DeliveryApiStoreHook(self.pull.store_conn_id).get_conn()
            generation = served_generation(store, partner, SYSTEM_CLOCK.monotonic)
            if generation is not None and not is_taken_back(store, partner):
                return _titles_of(generation)
            log.warning("readers have no generation, or one before the newest: no title is accepted now")
        except (AirflowNotFoundException, DeliveryError) as error:
            log.warning("the published generation cannot be read, so no title is accepted now: %s", error)
        return None


class ReportConsumption(PullStep):
    """Writes consumption.json, .csv, .xlsx and .html of the run's interval, or of the day before a run by hand.

    And consumption.not_fetched.csv, with all titles that were never fetched.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Figures for people, and the report's path."""
        window = window_of(context, SYSTEM_CLOCK.now())
        generation = self._generation()
        titles = HandedTitles(_titles_of(generation)) if generation else None
        report = report_of(
            LedgerHook().engine(),
            self.annex,
            self.pull,
            window,
            SYSTEM_CLOCK.now(),
            titles,
            generation.number if generation else None,
        )
        formats = {"json": as_json, "csv": as_csv, "xlsx": as_xlsx, "html": as_html}
        for ending, written in formats.items():
            name = consumption_name(self.annex.partner, window, ending)
            log.info("report: %s", self.artifacts.url(self.artifacts.put(name, written(report))))
        if titles is not None:
            self._keep_not_fetched(titles, window)
        return {
            "calls": report.totals.calls,
            "uptime_percent": report.uptime_percent,
            "never_fetched": report.titles.missing if report.titles else None,
            "path": consumption_name(self.annex.partner, window, "json"),
        }

    def _generation(self) -> Generation | None:
        """The generation that readers get; None where it cannot be read: the report then has no titles."""
        try:
            store = DeliveryApiStoreHook(self.pull.store_conn_id).get_conn()
            return served_generation(store, self.annex.partner, SYSTEM_CLOCK.monotonic)
        except (AirflowNotFoundException, DeliveryError) as error:
            log.warning("the published generation cannot be read, so the report has no titles: %s", error)
            return None

    def _keep_not_fetched(self, titles: HandedTitles, window: Window) -> None:
        """Writes all titles that were never fetched; the other formats name the first of them."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "not_fetched.csv"
            write_not_fetched(path, self.annex.partner, titles.unfetched_titles())
            name = self.artifacts.put_file(consumption_name(self.annex.partner, window, "not_fetched.csv"), path)
        log.info("titles that were never fetched: %s", self.artifacts.url(name))


def window_of(context: Context, now: datetime) -> Window:
    """The run's interval; without one, as in a run by hand, the 24 hours before now."""
    run = context["dag_run"]
    start_at, end_at = run.data_interval_start, run.data_interval_end
    if start_at is None or end_at is None or start_at >= end_at:
        return Window(now - DAY, now)
    return Window(start_at, end_at)


def _of(user: str) -> str:
    return f" (user {user})" if user else ""


def _titles_of(generation: Generation) -> Callable[[], Iterator[ExposedTitle]]:
    """What reads the titles of a generation that readers get now."""
    return partial(exposed_titles, generation, int(SYSTEM_CLOCK.now().timestamp() * 1000))
