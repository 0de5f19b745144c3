"""deliver_ftp__<partner>: a window of the EDYE catalogue reaches one partner by FTP; by hand only, deprecated."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from edye_delivery.annex.channels import feeds_of, ftp_channel_of
from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support import channels
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.deadline import run_deadline
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.delivery import add_delivery
from edye_delivery.dag_support.params import delivery_params, reason_param

DOC = """
**Deprecated since SINCE.** Use it only when the API cannot be used, and say why in `reason`. The run, its log and its
report repeat the reason.

**Promise.** As the API delivery: the same steps fetch and check every title of the window and make its thumbnails. The
run uploads the title to the partner's FTP server, waits until the partner reports the outcome, and accepts the title.
Media and images go first; the metadata file is the commit. No file gets its final name before it is complete.

**When it runs.** By hand only. A title that the other channel has delivered, or is delivering, is not sent again unless
`force_resend` is set. Without a window it takes the last whole interval of the partner's schedule.

**When it is red.** Open `confirm_window`: its log names every title that is not accepted, why, and whose turn it is.
`not_picked_up`: the partner's poller did not take the title: ask whether it runs. `stuck`: the title was picked up, and
the partner did not report how it ended. Run the window again: titles that are on the server are waited for, interrupted
uploads are resumed, nothing is sent twice. `docs/guides/deliver-by-ftp.md` says how to start a delivery.

**Feeds.** FEEDS

**Params.** For example `{"reason": "the API answers 503 since yesterday, agreed with the partner",
"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}`.
"""
BY_API = "If the partner has feeds, the next run of the API delivery publishes them, with the titles accepted here."
BY_FTP = "This DAG assembles, lints and publishes them, because this partner has no API delivery."


def delivery_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    since = ftp_channel_of(annex).deprecated_since
    with DAG(
        dag_id=delivery_dag_id(Channel.FTP, annex.partner),
        dag_display_name=f"Deliver to {annex.display_name} (FTP, deprecated since {since})",
        description=f"The exceptional way to {annex.display_name}: FTP, by hand, with a reason.",
        doc_md=DOC.replace("SINCE", since).replace("FEEDS", BY_FTP if feeds_of(annex, Channel.FTP) else BY_API),
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        deadline=run_deadline(annex),
        default_args=default_args(),
        params=delivery_params() | reason_param(),
        tags={Tag.DELIVERY, Tag.FTP, Tag.DEPRECATED, annex.partner},
    ) as dag:
        add_delivery(annex, channels.BY_FTP)
    return dag


for _annex in annexes().values():
    if _annex.ftp is not None:
        delivery_dag(_annex)
