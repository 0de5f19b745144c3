"""deliver_ftp__<partner>: a window of the EDYE catalogue reaches one partner by FTP; by hand only, deprecated."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from edye_delivery.annex.channels import feeds_of, ftp_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support import channels
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.delivery import add_delivery
from edye_delivery.dag_support.params import delivery_params, reason_param

DOC = """
**Deprecated since SINCE.** Use it only where the API cannot be used, and say why in `reason`: the run, its log and its
report repeat it.

**Promise.** As the API delivery: every title of the window is fetched, checked and given its thumbnails by the same
steps, put on the partner's FTP server, waited for until the partner has said how it ended, and accepted. Media and
images go first; the metadata file is the commit. No file is visible under its final name before it is whole.

**When it runs.** By hand only. A title that the other channel has delivered, or is delivering, is not sent again unless
`force_resend` is set. Without a window it takes the last whole interval of the partner's schedule.

**When it is red.** Open `confirm_window`: its log names every title that is not accepted, why, and whose turn it is.
`not_picked_up`: the partner's poller left the title lying: ask whether it runs. `stuck`: it was picked up, and nobody
said how it ended. Run the window again: what lies there is waited for, half files are gone on with, nothing is sent
twice.

**Feeds.** FEEDS

**Params.** For example `{"reason": "the API answers 503 since yesterday, agreed with the partner",
"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}`.
"""
BY_API = "Where the partner has any, the next run of the API delivery publishes them with what was accepted here."
BY_FTP = "Assembled, linted and published here, for this partner has no API delivery."


def delivery_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    since = ftp_channel_of(annex).deprecated_since
    with DAG(
        dag_id=f"deliver_ftp__{annex.partner}",
        dag_display_name=f"Deliver to {annex.display_name} (FTP, deprecated since {since})",
        description=f"The exceptional way to {annex.display_name}: FTP, by hand, with a reason.",
        doc_md=DOC.replace("SINCE", since).replace("FEEDS", BY_FTP if feeds_of(annex, Channel.FTP) else BY_API),
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=default_args(),
        params=delivery_params() | reason_param(),
        tags={Tag.DELIVERY, Tag.FTP, Tag.DEPRECATED, annex.partner},
    ) as dag:
        add_delivery(annex, channels.BY_FTP)
    return dag


for _annex in annexes().values():
    if _annex.ftp is not None:
        delivery_dag(_annex)
