"""Compares a finished sweep of JW Player with the catalogue, and with what a partner was given (rules SYNC)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwMedia, JwPlaylist, JwStatus, JwSweep
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Severity
from edye_delivery.pipeline.sync_agreement import AgreedCounts, Agreement, ToCheck, files_agree
from edye_delivery.pipeline.sync_findings import SyncFindings, findings_of_report
from edye_delivery.pipeline.sync_known import KnownMedia
from edye_delivery.pipeline.sync_sources import Looks
from edye_delivery.pipeline.sync_titles import SyncTitle, SyncTitles
from edye_delivery.qc.sync import all_rules  # noqa: F401 (registers every rule)
from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.rule import SyncRule, SyncSubject, rules_on
from edye_delivery.qc.sync.subjects import EXTERNAL_ID_PARAMS, Offered, Pair, PlaylistUse, Usage, is_published
from edye_delivery.reports.sync.model import Compared, SyncRow

TITLE, SOURCES, MEDIA, PLAYLIST = (rules_on(subject) for subject in (
    SyncSubject.TITLE, SyncSubject.SOURCES, SyncSubject.MEDIA, SyncSubject.PLAYLIST,
))  # fmt: skip
SHARED, ORPHANED = (rule for rule in MEDIA)
NOT_OF_THE_PARTNER = frozenset({"SYNC006"})
"""Rules that say nothing about the state of a title that a partner was given."""
NO_ACRONYM, NO_EXTERNAL_ID, NAME_DIFFERS = "SYNC012", "SYNC013", "SYNC018"
AS_GIVEN = "as the partner was given it: "
DELIVER_AGAIN = "deliver the title to the partner again: it has an older state than EDYE"
DELIVERY_IS_DUE = "nothing yet: EDYE changed the title lately, and the next delivery sends it"


@dataclass(slots=True)
class SyncCheck:
    """One comparison; `titles` have the media of `library`. `is_whole` where every title is compared, not named ones.

    Where the sweep is not complete, no media counts as missing. Nor does one outside `confirmed`: JW Player was not
    asked for it by id. None means that it was asked for all.
    """

    titles: SyncTitles
    library: JwLibrary
    sweep: JwSweep
    limits: SyncLimits
    now: datetime
    known: KnownMedia
    looks: Looks
    is_whole: bool = True
    confirmed: frozenset[str] | None = None
    findings: SyncFindings = field(default_factory=SyncFindings)
    _counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Compared.model_fields, 0))

    def run(self, playlists: Iterable[tuple[JwPlaylist, str | None]] = ()) -> None:
        """Applies every rule; each playlist comes with its tag, or None where it should have every title."""
        self.titles.load_looks(self.looks.ids())
        agreement = Agreement(self.titles, self.limits, self.now, is_complete=self.sweep.is_complete)
        self._count_agreeing(agreement)
        for found in agreement.rest():
            if not (found.agrees and self._has_its_files(found)):
                self._check_title(self.titles.title(found.number))
        for one in self.titles.titles_of_partner_alone():
            self._counts["given"] += 1
            self._add(one, self._findings_on_given(one.title, one.title, known=frozenset()))
        if not self.is_whole:
            return
        self._check_orphans(agreement)
        for playlist, tag in playlists:
            self._check_playlist(playlist, tag)

    @property
    def compared(self) -> Compared:
        """How much was compared."""
        return Compared.model_validate(self._counts | {"sources": self.looks.count, "media": len(self.library)})

    def is_sure_of(self, media_id: str) -> bool:
        """Whether a media that is not in the library is gone."""
        return self.sweep.is_complete and (self.confirmed is None or media_id in self.confirmed)

    def _count_agreeing(self, agreement: Agreement) -> None:
        """Counts the titles about which no rule has a finding, as if each had been asked."""
        counts, not_judged = agreement.counts(), agreement.not_judged()
        self._counts["titles"] += counts.titles + not_judged
        self._counts["given"] += counts.given
        self._counts["not_judged"] += not_judged
        self._skip_of_agreeing(counts)
        for rule in SOURCES:
            self.findings.skip(rule.code, counts.titles)
        for rule in (*TITLE, *SOURCES):
            self.findings.skip(rule.code, not_judged)

    def _skip_of_agreeing(self, counts: AgreedCounts) -> None:
        skipped = {NO_ACRONYM: counts.without_acronym, NAME_DIFFERS: counts.without_name}
        compares_ids = self.limits.external_ids & EXTERNAL_ID_PARAMS.keys()
        skipped[NO_EXTERNAL_ID] = 0 if compares_ids else counts.titles
        for code, count in skipped.items():
            self.findings.skip(code, count)

    def _has_its_files(self, one: ToCheck) -> bool:
        """Whether a title that agrees has its files too; then it is counted."""
        look = self.looks.get(one.media_id)
        if look is None or not files_agree(self.titles.content(one.number), look.delivered, self.limits):
            return False
        self._counts["titles"] += 1
        self._counts["given"] += one.is_given
        self._skip_of_agreeing(AgreedCounts(1, one.is_given, not one.has_acronym, not one.has_name))
        return True

    def _check_title(self, one: SyncTitle) -> None:
        self._counts["titles"] += 1
        pair = self._pair(one.title)
        findings, shared = (
            self._of_pair(pair) if pair is not None else self._skip_title(),
            self._sharing_findings(one.title),
        )
        if shared:  # the media has the name of one of its titles, so another name says nothing more
            findings = [finding for finding in findings if finding.code != NAME_DIFFERS]
        findings += shared
        if one.given is not None:
            self._counts["given"] += 1
            known = frozenset((finding.code, finding.message) for finding in findings)
            findings += self._findings_on_given(one.given, one.title, known)
        self._add(one, findings)

    def _pair(self, title: Title) -> Pair | None:
        """The title and its media; None where the sweep cannot say whether JW Player has the media."""
        media_id = title.jwp_id or ""
        media = self.library.get(media_id) if media_id else None
        if media is None and media_id and not self.is_sure_of(media_id):
            return None
        return Pair(title, media, self.now, was_known=media is None and media_id in self.known)

    def _skip_title(self) -> list[Finding]:
        self._counts["not_judged"] += 1
        for rule in (*TITLE, *SOURCES):
            self.findings.skip(rule.code)
        return []

    def _of_pair(self, pair: Pair) -> list[Finding]:
        found = self._apply(TITLE, pair)
        look = self.looks.get(pair.media.id) if pair.media is not None and pair.is_ready else None
        if look is not None:
            return found + self._apply(SOURCES, Offered(pair, look.delivered))
        for rule in SOURCES:
            self.findings.skip(rule.code)
        return found

    def _findings_on_given(self, given: Title, now: Title, known: frozenset[tuple[str, str]]) -> list[Finding]:
        """What differs in the state that the partner was given, and that the catalogue's state does not have."""
        whole = given if given.jwp_id is not None else given.model_copy(update={"jwp_id": now.jwp_id})
        pair = self._pair(whole) if whole.jwp_id else None
        if pair is None:
            return []
        is_due = (
            bool(known or now is not given) and (self.now - now.updated_at).total_seconds() < self.limits.sync_lag_s
        )
        rules = [rule for rule in TITLE if rule.code not in NOT_OF_THE_PARTNER]
        found = self._apply(rules, pair, counts_skipped=False)
        return [_finding_on_delivery(one, is_due=is_due) for one in found if (one.code, one.message) not in known]

    def _apply(self, rules: Iterable[SyncRule], subject: Any, *, counts_skipped: bool = True) -> list[Finding]:
        found: list[Finding] = []
        for rule in rules:
            if rule.skip_reason(subject, self.limits) is None:
                found += rule.findings(subject, self.limits)
            elif counts_skipped:
                self.findings.skip(rule.code)
        return found

    def _add(self, one: SyncTitle, findings: list[Finding]) -> None:
        if not findings:
            return
        title = one.title
        self.findings.add(
            SyncRow(
                edye_id=title.id,
                external_id=one.external_id,
                media_id=title.jwp_id or "",
                title=title.name,
                series=title.series.titles.get(title.lang or "", "") if title.series else "",
                kind=title.kind,
                lang=title.lang or "",
                findings=findings_of_report(findings),
            )
        )

    def _sharing_findings(self, title: Title) -> list[Finding]:
        """Whether other visible titles of the title's language name its media too."""
        media_id = title.jwp_id or ""
        if not media_id or self.titles.uses(media_id) < 2:
            return []
        users = tuple(user for user in self.titles.visible_users(media_id) if user[1] == (title.lang or ""))
        return self._apply([SHARED], Usage(media_id, None, users, len(users), self.now))

    def _check_orphans(self, agreement: Agreement) -> None:
        if not self.sweep.is_complete:
            self.findings.skip(ORPHANED.code, len(self.library))
            return
        self._counts["unreadable_media"] += agreement.unreadable_media()
        for media_id in agreement.orphans():
            media = self.library.get(media_id)
            if media is not None:
                self._add_media(media, self._apply([ORPHANED], Usage(media_id, media, (), 0, self.now)))

    def _check_playlist(self, playlist: JwPlaylist, tag: str | None) -> None:
        self._counts["playlists"] += 1
        if not self.sweep.is_complete:
            self.findings.skip(PLAYLIST[0].code)
            return
        members = frozenset(playlist.media_ids)
        expected = (one for one in self.titles.with_tag(tag) if one[0] not in members)
        missing = dict((one, name) for one, name in expected if self._is_published(one))
        strangers = tuple(self._name(one) for one in playlist.media_ids if not self.titles.has_tag(one, tag))
        found = self._apply(PLAYLIST, PlaylistUse(playlist, tuple(missing.values()), strangers, self.now))
        if found:
            name = playlist.title or playlist.id
            self.findings.add(
                SyncRow(media_id=playlist.id, title=name, kind="playlist", findings=findings_of_report(found))
            )

    def _add_media(self, media: JwMedia, findings: list[Finding]) -> None:
        if findings:
            named = findings_of_report(findings)
            self.findings.add(SyncRow(media_id=media.id, title=media.title, kind="media", findings=named))

    def _is_published(self, media_id: str) -> bool:
        """Whether JW Player puts the media into playlists now: it is ready and within its publishing dates."""
        media = self.library.get(media_id)
        return media is not None and media.known_status is JwStatus.READY and is_published(media, self.now)

    def _name(self, media_id: str) -> str:
        media = self.library.get(media_id)
        return (media.title if media is not None else "") or media_id


def _finding_on_delivery(finding: Finding, *, is_due: bool) -> Finding:
    """The finding as one on what the partner has: a delivery corrects it, and one that is due soon is no one's turn."""
    changes: Mapping[str, Any] = {"message": f"{AS_GIVEN}{finding.message}", "fix": DELIVER_AGAIN}
    if is_due:
        cause = Cause.TRANSIENT
        changes = {**changes, "fix": DELIVERY_IS_DUE, "severity": Severity.WARN, "cause": cause}
        changes = {**changes, "owner": CAUSE_OWNERS[cause]}
    return finding.model_copy(update=dict(changes))
