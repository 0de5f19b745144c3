"""What no reader may see any more, whichever generation he reads: ids that left since, ids withdrawn, ended items."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.index_file import Array
from edye_delivery.delivery_api.generations.list_files import ListFiles
from edye_delivery.delivery_api.generations.postings import hash_of
from edye_delivery.delivery_api.generations.values import Reason


@dataclass(frozen=True)
class Hidden:
    """By list: sorted hashes of ids that left, ids withdrawn with the reason, and what names this state of both."""

    hashes: dict[ListName, Array] = field(default_factory=dict)
    withdrawn: dict[ListName, dict[str, Reason]] = field(default_factory=dict)
    digest: str = ""


NOTHING_HIDDEN = Hidden()


def hidden_of(lists: dict[ListName, ListFiles], after_ms: int, withdrawn: dict[ListName, dict[str, Reason]]) -> Hidden:
    """What left the served generation's lists after a moment, or is withdrawn although the generation has it."""
    hashes = {}
    digest = hashlib.sha256()
    for name in ListName:
        gone = lists[name].tombstone_hashes(after_ms) if name in lists else np.zeros(0, np.uint64)
        said = np.array([hash_of(item_id) for item_id in withdrawn.get(name, ())], np.uint64)
        hashes[name] = np.union1d(gone, said)
        digest.update(f"{name} {len(hashes[name])} ".encode() + hashes[name].tobytes())
    if not any(len(each) for each in hashes.values()):
        return NOTHING_HIDDEN
    return Hidden(hashes, withdrawn, digest.hexdigest()[:16])
