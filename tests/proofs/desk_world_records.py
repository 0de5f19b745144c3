"""What runs of a partner leave behind: rows of Airflow and of the ledger, and files of the artifact store."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from PIL import Image

import edye_delivery.qc.check  # noqa: F401 (registers the rules)
from edye_delivery.annex.model import PULL_SUFFIX
from edye_delivery.catalog.api_call import NAMES, CallLine, level_of
from edye_delivery.catalog.artifact_names import art_name, batch_name, feed_record_name, generation_record_name
from edye_delivery.catalog.feed_records import FeedDraft, FeedPage, ItemChanges, LintedFeed, PublishedFeed, RuleCount
from edye_delivery.catalog.generation_records import PublishedGeneration
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, RunRequest, Thumbnail
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.pull_tables import DEGRADATIONS
from edye_delivery.ledger.tables import OFFERS
from edye_delivery.qc.rule import RULES
from tests.components.desk.runs import a_request, add_run, keep_report
from tests.proofs.desk_world import moment, partner_of, run_of, tracking_of
from tests.unit.pull_calls import a_call
from tests.unit.reports.builders import a_report, a_title

FAILED, REJECTED, UNDER_WAY, CALLS = range(1, 14), range(14, 18), range(18, 20), 60
Results = dict[str, Any]


def keep_picture(folder: Path, colour: str) -> Thumbnail:
    """A thumbnail in the artifact store."""
    content = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(content, "JPEG")
    name = f"{hashlib.sha256(content.getvalue()).hexdigest()}.jpg"
    _write(folder / art_name(name), content.getvalue())
    size = len(content.getvalue())
    return Thumbnail(name="wide", art_name=name, width_px=640, height_px=360, size_bytes=size, origin="still")


def add_delivery_run(folder: Path, word: str, plan: PlannedTitle, picture: Thumbnail) -> RunRequest:
    """The run that delivered, with its report, the files of its batch, and its feed."""
    partner, run_id = partner_of(word), run_of(word, "manual")
    request = a_request(partner, run_id, reason=f"the {word} weekend is near")
    finding = RULES["IMG003"].finding(f"{word} is 700 px wide")
    checked = CheckedTitle(plan=plan, findings=(finding,), thumbnails=(picture,))
    batch = CheckedBatch(request=request, number=1, titles=(checked,))
    _write(folder / batch_name(request, 1, "thumbnails"), orjson.dumps(batch.model_dump(mode="json")))
    title = a_title(external_id=plan.external_id, title=f"{word} in the report")
    report = keep_report(folder, request, a_report(title, partner=partner, run_id=run_id))
    results = {"check_request": request.model_dump(mode="json"), "report": report}
    results["feed.assemble_feed"] = _keep_feed(folder, request, word)
    add_run(f"deliver_api__{partner}", run_id, "failed", results, {"confirm_window": "failed"}, note=f"call {word}")
    return request


def _keep_feed(folder: Path, request: RunRequest, word: str) -> Results:
    rule = RuleCount(
        code="FEED401", name="id-twice", severity="warning", owner="DevOps", count=3, examples=(f"{word}-item",)
    )
    changes = ItemChanges(added=1, first_added=(f"{word}-new",))
    records = {
        "draft": FeedDraft(feed="search", pages=(_page(),), kinds={"movie": 2}, profile="search", version=1),
        "linted": LintedFeed(errors=0, warnings=3, rules=(rule,)),
        "published": PublishedFeed(url=f"http://{word}.example", uploaded=(), switched=True, changes=changes),
    }
    for step, record in records.items():
        _write(folder / feed_record_name(request, "search", step), record.model_dump_json().encode())
    return {"path": feed_record_name(request, "search", "draft")}


def add_other_runs(folder: Path, word: str) -> None:
    """A dry run and a withdrawal that waits for an approval, by push and by pull; a generation; a window."""
    partner = partner_of(word)
    conf = {"external_ids": [f"EDYE_{word.upper()}_000001"], "reason": f"{word} lost it again", "correction": "resend"}
    order = {"conf": conf | {"dry_run": True}, "triggering_user_name": f"{word}-person"}
    for dag_id in (f"redeliver__{partner}", f"redeliver__{partner}{PULL_SUFFIX}"):
        add_run(dag_id, run_of(word, "desk_dry_run"), "success", **order)
    _end(run_of(word, "desk_dry_run"))
    for suffix in ("", PULL_SUFFIX):
        dag_id, run_id = f"withdraw__{partner}{suffix}", run_of(word, f"approval{suffix}")
        add_run(dag_id, run_id, "running", steps={"approve_withdrawal": "deferred"}, conf=conf)
        _ask_for_approval(run_id, f"Withdraw 25 {word} titles")
    request = a_request(f"{partner}{PULL_SUFFIX}", run_of(word, "generation"), channel=Channel.PULL)
    made = PublishedGeneration(number=8, as_of=moment(), version=5, is_new=True, items={"shows": 12}, bytes_written=9)
    name = generation_record_name(request, "published")
    _write(folder / name, made.model_dump_json().encode())
    add_run(
        f"publish_pull__{partner}",
        request.run_id,
        "success",
        {"publish_generation": {"path": name, "generation": 8}, "check_request": request.model_dump(mode="json")},
        data_interval=(moment(2), moment(1)),
        logical_date=moment(2),
    )
    for kind in ("watch_pull", "report_pull", "deliver_ftp"):
        add_run(f"{kind}__{partner}", run_of(word, kind), "failed")


def _end(run_id: str) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.run_id == run_id).values(end_date=moment()))


def _ask_for_approval(run_id: str, subject: str) -> None:
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalar(select(TaskInstance.id).where(TaskInstance.run_id == run_id))
        choices = {"options": ["Approve", "Reject"], "multiple": False, "params": {}}
        session.add(HITLDetail(ti_id=found, subject=subject, **choices))


def fill_ledger(path: Path, word: str, plans: Sequence[PlannedTitle], run_id: str) -> None:
    """Titles in every state, publications, calls of the delivery API, a degradation and a token."""
    from edye_delivery.dag_support.annexes import annexes

    engine, partner = open_engine(f"sqlite:///{path}"), partner_of(word)
    ledger = Ledger(engine, moment, Client.of(annexes()[partner]))
    for number, plan in enumerate(plans):
        _bring(ledger, word, number, plan, run_id)
    pulled = plans[1].model_copy(update={"delivery_key": hashlib.sha256(f"{word} pulled".encode()).hexdigest()})
    ledger.plan(f"{partner}{PULL_SUFFIX}", run_of(word, "generation"), [pulled])
    ledger.reject(pulled.delivery_key, Cause.METADATA, Owner.CONTENT_OPERATIONS, f"{word} has no genre", ["META001"])
    _publish(engine, partner, run_id)
    calls = [
        a_call(
            moment() - timedelta(minutes=number), partner=partner, user=f"{word}_reader", status=404 if number else 503
        )
        | {"message": f"{word} asked in vain", "request_id": f"{word}-{number}", "user_agent": f"{word}/1"}
        for number in range(CALLS)
    ]
    lines = [CallLine(**{name: (call | {"level": level_of(call["status"])})[name] for name in NAMES}) for call in calls]
    ApiCallWriter(engine, moment).write(lines)
    row = {"partner": partner, "subject": "silence", "user": "", "kind": "silent", "calls": 0}
    row |= {"detail": f"no call of {word} for 2 h", "began_at": moment(), "broken_at": moment()}
    with engine.begin() as connection:
        connection.execute(DEGRADATIONS.insert(), row)
    ApiTokens(engine, moment).add(partner, f"{word}_reader")
    engine.dispose()


def _bring(ledger: Ledger, word: str, number: int, plan: PlannedTitle, run_id: str) -> None:
    """Brings a title to its state: most are accepted, some failed in a row, some rejected, some under way."""
    partner = partner_of(word)
    ledger.plan(partner, run_id, [plan])
    if number in REJECTED:
        ledger.reject(plan.delivery_key, Cause.IMAGES, Owner.DESIGN, f"the {word} poster is too small", ["IMG003"])
        return
    ledger.begin_send(plan.delivery_key, run_id)
    if number in UNDER_WAY:
        return
    ledger.mark_received(plan.delivery_key, tracking_of(word, number), 1000, 2.0)
    if number in FAILED:
        cause = Cause.TRANSIENT if number % 2 else Cause.MEDIA
        ledger.fail(plan.delivery_key, cause, f"{word} says: no codec", ended_by_partner=True)
        return
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(partner, plan, [{"criterion": "ingest_completed", "met": True, "evidence": f"{word} said completed"}])


def _publish(engine: Any, partner: str, run_id: str) -> None:
    with engine.begin() as connection:
        connection.execute(OFFERS.delete().where(OFFERS.c.partner == partner))
        connection.execute(OFFERS.insert(), {"partner": partner, "version": 3, "removed_version": 0})
    publications = Publications(engine, moment, partner, "search")
    lease = publications.acquire(run_id)
    number = publications.begin(lease, 3, [_page()], {"movie": 2})
    assert publications.allow_switch(lease, 3)
    publications.mark_published(lease, number)
    publications.release(lease)


def _page() -> FeedPage:
    digest = "a" * 64
    return FeedPage(name=f"{digest}.json", sha256=digest, body_digest=digest, size_bytes=9, items=2)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
