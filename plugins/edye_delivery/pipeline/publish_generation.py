"""Publish a generation: what a partner that pulls is shown now, as files that never change; the pointer moves last.

One publisher at a time, and no older state over a newer one, as for a feed (docs/adr/0023).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from edye_delivery.annex.channels import api_folder_of, pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.generation_records import PublishedGeneration
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.manifest import Manifest, read_manifest, read_pointer
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import EPOCH, ItemChange
from edye_delivery.errors import Transient
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.publications import FeedLease, Publications
from edye_delivery.pipeline.exposed_items import ItemWriter, form_digest, lists_of
from edye_delivery.pipeline.publisher_lease import wait_for_lease

ROUNDS = 3
"""So often a generation is built and switched to; before each round but the first it is built again."""
RENEW_EVERY_S = 30.0
FEED = "generation"
"""The name under which the ledger keeps the lease and the version of the generation."""
log = logging.getLogger(__name__)


class OfferUnsteady(Transient):
    """Titles were withdrawn again and again while the generation was built."""


@dataclass(frozen=True, slots=True)
class GenerationPublisher:
    """Publishes what the annex of a pull channel (`pull_annex_of`) exposes now."""

    annex: Annex
    run_id: str
    store: FolderStore
    exposures: Exposures
    publications: Publications
    clock: Clock

    def publish(self) -> PublishedGeneration:
        """The generation that readers have then; the same one where nothing has changed and it is young enough.

        Safe to repeat, and to be killed at any line: readers have the generation before, or this one. FeedBusy,
        OfferUnsteady and FeedLeaseLost where another try may succeed.
        """
        what = f"the generation of {self.annex.display_name}"
        lease = wait_for_lease(self.publications, self.run_id, what, self.clock)
        try:
            return self._publish_under(lease)
        finally:
            self.publications.release(lease)

    def _publish_under(self, lease: FeedLease) -> PublishedGeneration:
        partner = api_folder_of(self.annex)
        for rounds_left in reversed(range(ROUNDS)):
            published = self._build(lease)
            if self.publications.allow_switch(lease, published.version, older_is_allowed=not rounds_left):
                switch_readers(self.store, partner, published.number, published.version)
                log.info("generation %s of %s: %s items", published.number, partner, published.items)
                log.info("added or changed %s, removed %s", published.changed, published.removed)
                return published
            log.info("what %s is offered has changed while its generation was built", partner)
        raise OfferUnsteady(
            f"the generation of {self.annex.display_name} was built {ROUNDS} times, and each time titles were "
            "withdrawn before readers could be switched to it; readers have the generation before, run this step again"
        )

    def _build(self, lease: FeedLease) -> PublishedGeneration:
        pull, now = pull_channel_of(self.annex), self.clock.now()
        partner, digest = api_folder_of(self.annex), form_digest(self.annex)
        base, version = self._base(partner)
        is_full = base is None or base.annex_digest != digest
        after, after_at = (None, None) if base is None or is_full else (version, moment_of(base.as_of_ms))
        writer = ItemWriter(self.annex, None if is_full else lambda shows: self.exposures.of_shows(shows, now))
        with self.exposures.changes(after, after_at, now) as changed:
            built = build_generation(
                self.store,
                partner,
                self._renewing(lease, writer.changes(changed.exposures)),
                now=now,
                version=changed.version,
                annex_digest=digest,
                is_full=is_full,
                lists=lists_of(pull),
                tombstone_days=pull.tombstone_days,
                keep=pull.keep_generations,
            )
        written = read_manifest(self.store, partner, built.number)
        return PublishedGeneration(
            number=built.number,
            as_of=moment_of(built.as_of_ms),
            version=changed.version,
            is_new=built.is_new,
            is_full=is_full,
            items={name: record.total for name, record in written.lists.items()} if written else {},
            changed={name: change.added + change.changed for name, change in built.changes.items()},
            removed={name: change.removed for name, change in built.changes.items()},
            bytes_written=built.bytes_written,
        )

    def _base(self, partner: str) -> tuple[Manifest | None, int]:
        """The generation that the next one is built on, and the version of the offer that it answers for."""
        pointer = read_pointer(self.store, partner)
        if pointer is None:
            return None, 0
        return read_manifest(self.store, partner, pointer.newest), pointer.version

    def _renewing(self, lease: FeedLease, changes: Iterator[ItemChange]) -> Iterator[ItemChange]:
        """The changes; the lease is renewed while they are read."""
        renewed_s = self.clock.monotonic()
        for change in changes:
            if self.clock.monotonic() - renewed_s > RENEW_EVERY_S:
                self.publications.renew(lease)
                renewed_s = self.clock.monotonic()
            yield change


def moment_of(unix_ms: int) -> datetime:
    """The moment of unix milliseconds, in UTC."""
    return EPOCH + timedelta(milliseconds=unix_ms)
