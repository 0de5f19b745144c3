"""A partner in words: the sections of its annex, in the order in which people read them, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import code, codes, table
from edye_delivery.reports.partner.feeds import feeds
from edye_delivery.reports.partner.ftp import ftp
from edye_delivery.reports.partner.limits import (
    errors,
    images,
    mappings,
    metadata,
    polling,
    reencode,
    text,
    thumbnails,
    video,
    waivers,
)
from edye_delivery.reports.partner.pull import pull


@dataclass(frozen=True, slots=True)
class AnnexSection:
    """What an annex says about one subject, as lines of Markdown."""

    heading: str
    lines: tuple[str, ...]


def sections_of(annex: Annex) -> Iterator[AnnexSection]:
    """The sections that the annex has; the last one has the settings that no other describes, where there are some."""
    for heading, _, section in SECTIONS:
        lines = tuple(section(annex))
        if lines:
            yield AnnexSection(heading, lines)
    rows = _unspoken(annex)
    if rows:
        yield AnnexSection("Other settings", tuple(table(("setting", "value"), rows)))


def schedules_of(annex: Annex) -> tuple[str, ...]:
    """The schedules of the partner's DAGs, as cron fields in UTC; empty where all are started by hand."""
    schedules = [annex.schedule if annex.api else None, annex.pull.schedule if annex.pull else None]
    return tuple(at for at in schedules if at)


def _general(annex: Annex) -> Iterator[str]:
    colour = {
        "any": "any title that is not accepted",
        "technical": "a failed title (a run with only rejected titles is green)",
    }
    catalogue = annex.catalogue
    yield from table(
        ("setting", "value"),
        [
            ("client id", code(annex.client_id)),
            ("titles in a batch", _batch_sizes(annex)),
            ("batches sent at the same time", str(annex.uploads_at_once)),
            ("what makes a run red", colour[annex.fail_on]),
            ("titles with one of the tags", codes(catalogue.tags)),
            ("titles for one of the countries, or for all", codes(catalogue.geo)),
            ("languages that are delivered", codes(catalogue.languages)),
            ("only visible titles", "yes" if catalogue.visible_only else "no"),
            ("further hosts of media and artwork", codes(catalogue.media_hosts)),
            (
                "a list of the catalogue is refused above",
                f"{catalogue.items_max:,} items, {catalogue.bytes_max:,} bytes",
            ),
            ("tags that every title must have", codes(annex.required_tags)),
            ("alert threshold", f"more than {annex.alert.consecutive_errors} failures in a row"),
            ("a run is late after", f"{annex.alert.run_deadline_s:g} s" if annex.alert.run_deadline_s else "never"),
            ("withdrawals without an approval", f"up to {annex.withdrawal.titles_without_approval} titles"),
            ("an approval has to come within", f"{annex.withdrawal.approval_hours:g} hours"),
            ("the partner is told of a withdrawal by", _withdrawal_call(annex)),
            (
                "time limit of a batch",
                f"check {annex.batch_time.check_s:g} s, deliver {annex.batch_time.deliver_s:g} s",
            ),
            ("a run stops sending after", f"{annex.circuit_breaker.technical_errors} technical errors in a row"),
            (
                "`ledger prune` keeps",
                f"events {annex.retention.events_days} days, files of runs {annex.retention.runs_days} days, "
                f"encodes {annex.retention.encodes_days} days",
            ),
        ],
    )


def _batch_sizes(annex: Annex) -> str:
    most = max(annex.batch_size, annex.batch_size_max)
    return f"{annex.batch_size} to {most}, in {annex.batches_at_once} batches where that is enough"


def _withdrawal_call(annex: Annex) -> str:
    endpoint = annex.withdrawal.endpoint
    if endpoint is None:
        return "a person"
    ends = f", end date as {code(endpoint.end_at_parameter)}" if endpoint.end_at_parameter else ""
    gone_codes = ", ".join(map(str, endpoint.gone_statuses))
    return f"`{endpoint.method} {endpoint.path}`{ends}; {gone_codes}: the partner does not have the title"


def _naming(annex: Annex) -> Iterator[str]:
    naming = annex.naming
    yield from table(
        ("name", "template", "at most"),
        [
            ("external_id of an episode", code(naming.episode), f"{naming.external_id_max_chars} characters"),
            (
                "external_id, no season",
                code(naming.episode_without_season),
                f"{naming.external_id_max_chars} characters",
            ),
            ("external_id of other titles", code(naming.other), f"{naming.external_id_max_chars} characters"),
            ("media file", code(naming.file_name), f"{naming.file_name_max_chars} characters"),
        ],
    )


def _api(annex: Annex) -> Iterator[str]:
    api = annex.api
    if api is None:
        return
    parts = [api.metadata_part, api.file_part, *(rendition.part for rendition in api.renditions)]
    retry_policy = api.retry
    yield from table(
        ("what", "value"),
        [
            ("connection", code(api.conn_id)),
            (
                "upload",
                f"`POST {api.ingest_path}`, parts {codes(parts)}, {api.titles_at_once} titles of a batch at once",
            ),
            ("tries of one upload", f"{retry_policy.attempts}, at most {retry_policy.cap_s:g} s apart"),
            ("longest Retry-After that is honoured", f"{retry_policy.retry_after_max_s:g} s"),
            ("tracking id under", codes(api.tracking_id_keys)),
            ("status", f"`GET {api.status_path}?{api.status_id_parameter}=...`, state under {code(api.state_key)}"),
            ("polling", polling(api.polling)),
            ("the wait ends after", f"{api.polling.give_up_s:g} s"),
            ("time for one answer", f"{api.answer_timeout_s:g} s"),
            ("lease on a title that is sent", f"{api.lease_s:g} s without a renewal"),
            ("least rate of a stream", f"{api.least_rate_bytes_s:,.0f} bytes a second"),
        ],
    )
    yield ""
    yield from table(("the partner says", "it means"), [(code(word), state) for word, state in api.states.items()])


def _acceptance(annex: Annex) -> Iterator[str]:
    for number, name in enumerate(annex.acceptance, start=1):
        ways = [CRITERIA[name]] if annex.api or name not in CRITERIA_BY_FTP else []
        ways += [f"by FTP: {CRITERIA_BY_FTP[name]}"] if annex.ftp and name in CRITERIA_BY_FTP else []
        yield f"{number}. {code(name)}: {'; '.join(ways)}."


def _contacts(annex: Annex) -> Iterator[str]:
    yield from (f"* {role}: {what}" for role, what in annex.contacts.items())


def _unspoken(annex: Annex) -> list[tuple[str, str]]:
    """The settings that no section describes, as they are, so that a new key of the model is never left out."""
    spoken = {field for _, fields, _ in SECTIONS for field in fields} | {"partner", "display_name", "schedule"}
    return [
        (code(name), code(value.model_dump_json() if isinstance(value, BaseModel) else value))
        for name in sorted(type(annex).model_fields.keys() - spoken)
        for value in [getattr(annex, name)]
        if value not in (None, (), {})
    ]


CRITERIA = {
    "received_with_tracking_id": "the upload was answered with `received` and a tracking id",
    "completed": "the partner says `completed` for that tracking id",
    "media_within_limits": "the media file was measured and is within the limits above",
    "minimum_metadata": "no field of the minimum metadata is empty",
    "qc_and_thumbnails": "no rule blocks the title, and every thumbnail of the annex was made",
    "fetched": "a partner that pulls has read the title; a title that is sent meets it",
}
CRITERIA_BY_FTP = {
    "received_with_tracking_id": "the metadata file got its final name, which is the tracking id",
    "completed": "the outcome on the server means `completed`",
}
Section = tuple[str, tuple[str, ...], Callable[[Annex], Iterable[str]]]
SECTIONS: tuple[Section, ...] = (
    (
        "General",
        (
            "client_id",
            "batch_size",
            "uploads_at_once",
            "batch_size_max",
            "batches_at_once",
            "fail_on",
            "catalogue",
            "required_tags",
            "alert",
            "batch_time",
            "circuit_breaker",
            "retention",
            "withdrawal",
        ),
        _general,
    ),
    ("Names", ("naming",), _naming),
    ("Ingest API", ("api",), _api),
    ("FTP channel", ("ftp",), ftp),
    ("What the partner reads by itself", ("pull",), pull),
    ("Metadata", ("metadata", "minimum_metadata"), metadata),
    ("Mapping tables", ("mappings",), mappings),
    ("Texts", ("text",), text),
    ("Video", ("video",), video),
    ("Re-encoding", ("reencode",), reencode),
    ("Artwork", ("images",), images),
    ("Thumbnails", ("thumbnails",), thumbnails),
    ("Acceptance", ("acceptance",), _acceptance),
    ("What the partner's errors mean", ("errors",), errors),
    ("Feeds", ("feeds",), feeds),
    ("Waivers", ("waivers",), waivers),
    ("Contacts", ("contacts",), _contacts),
)
