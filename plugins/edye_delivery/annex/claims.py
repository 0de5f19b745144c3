"""What only one annex may have: a client at an API, a folder on an FTP server, a feed's place in a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edye_delivery.annex.channels import folder_of
from edye_delivery.annex.model import Annex


@dataclass(frozen=True, slots=True)
class Claim:
    """One place that an annex writes to; `words` are the parts of it that may be a partner's name."""

    what: str
    words: tuple[str, ...]


def claim_conflicts(annexes: Mapping[str, Annex]) -> dict[str, tuple[str, ...]]:
    """By partner that must not write to a place of another one, the sentences that say so.

    Two annexes that claim one place would overwrite each other's deliveries or feeds. The place belongs to the partner
    whose name is part of it, so that a copied annex does not stop the original. Where that is no partner or several
    ones, it belongs to the first by name.
    """
    claimants: dict[str, list[str]] = {}
    namesakes: dict[str, list[str]] = {}
    for partner in sorted(annexes):
        for claim in dict.fromkeys(claims_of(annexes[partner])):
            claimants.setdefault(claim.what, []).append(partner)
            if partner in claim.words:
                namesakes.setdefault(claim.what, []).append(partner)
    lost: dict[str, dict[tuple[str, str], list[str]]] = {}
    for what, partners in claimants.items():
        owner = namesakes.get(what, partners)[0]
        why = "has its name in it" if what in namesakes else "comes first by name"
        for partner in partners:
            if partner != owner:
                lost.setdefault(partner, {}).setdefault((owner, why), []).append(what)
    return {
        partner: tuple(_sentence(partner, owner, why, what) for (owner, why), what in by_owner.items())
        for partner, by_owner in lost.items()
    }


def _sentence(partner: str, owner: str, why: str, what: list[str]) -> str:
    return (
        f"{owner}.yaml and this one write to the same place: {', '.join(what)}. They would overwrite each other, so it "
        f"belongs to {owner}, which {why}: give {partner} its own"
    )


def claims_of(annex: Annex) -> Iterator[Claim]:
    """Every place that the annex writes to."""
    if annex.api is not None:
        yield Claim(f"the client {annex.client_id!r} of the connection {annex.api.conn_id}", (annex.client_id,))
    if annex.ftp is not None:
        folders = annex.ftp.folders
        for folder in (folders.video, folders.images, folders.metadata):
            path = folder_of(annex, folder)
            yield Claim(f"the folder {path} of the connection {annex.ftp.conn_id}", tuple(path.split("/")))
    for feed in annex.feeds:
        yield Claim(f"the prefix {feed.prefix} of the connection {feed.conn_id}", tuple(feed.prefix.split("/")))
