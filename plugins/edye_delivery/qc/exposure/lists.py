"""Rules EXPO on whole lists: the generation, who is in it, the delta, the walks, the catalogue's sum."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.exposure import ExpectedItem, RemovedItem
from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.qc.exposure.rule import rule
from edye_delivery.qc.exposure.subjects import CatalogueSum, DeltaEntry, Presence, Served, Walks
from edye_delivery.qc.exposure.terms import ExposureTerms

PAGES_NAMED = 5


@rule("EXPO001", "generation-not-served", on=Served, cause=Cause.TRANSIENT, takes_back=True)
def generation_not_served(served: Served, terms: ExposureTerms) -> Iterator[str]:
    """The API does not answer a list with the generation that was published.

    Why: the partner reads an old catalogue, or nothing, while the ledger counts the titles as shown.
    Fix: look at the delivery API's log and at its folder of generations, then publish again.
    """
    if served.sentence:
        yield f"{served.list}: {served.sentence}"
    elif served.generation != served.expected:
        yield f"{served.list}: generation {_or_none(served.generation)}, expected {served.expected}"


@rule("EXPO002", "accepted-title-not-shown", on=Presence, cause=Cause.TRANSIENT)
def accepted_title_not_shown(presence: Presence, terms: ExposureTerms) -> Iterator[str]:
    """A title that is in the generation is not in its list exactly once, or with other content than was published.

    Why: the partner does not get the title, gets it twice, or gets an old state of it.
    Fix: publish again with a whole generation; if it stays, look for the title in the generation's files.
    """
    expected = presence.expected
    if presence.times != 1:
        times = "not" if presence.times == 0 else f"{presence.times} times"
        yield f"{_name(expected)} is {times} in the list {expected.list}, expected once"
    elif expected.digest and presence.digest != expected.digest:
        yield f"{_name(expected)} has other content in the list {expected.list} than was published"


@rule("EXPO004", "change-not-in-delta", on=DeltaEntry, cause=Cause.TRANSIENT)
def change_not_in_delta(entry: DeltaEntry, terms: ExposureTerms) -> Iterator[str]:
    """The delta from the last checkpoint does not have a change or a tombstone of the generation.

    Why: a partner that reads only what changed never learns of it, and keeps a title that was withdrawn.
    Fix: publish again with a whole generation, and have the partner sync from the start; report the lost change.
    """
    expected = entry.expected
    is_removed = isinstance(expected, RemovedItem)
    if entry.is_deleted is None:
        missing = f"tombstone ({expected.reason})" if isinstance(expected, RemovedItem) else "change"
        yield f"the {missing} of {_name(expected)} is not in the delta of {expected.list} from the last checkpoint"
    elif entry.is_deleted != is_removed:
        shown, should = ("deleted", "shown") if entry.is_deleted else ("shown", "deleted")
        yield f"{_name(expected)} is {shown} in the delta of {expected.list}, expected {should}"


@rule("EXPO005", "walks-differ", on=Walks, cause=Cause.TRANSIENT)
def walks_differ(walks: Walks, terms: ExposureTerms) -> Iterator[str]:
    """Reading a list by links and by page gives different items, or another number than `total`, or a wrong order.

    Why: partners read either way; where the two differ, one of them loses or doubles titles.
    Fix: look at the delivery API's log for this list; publish again with a whole generation.
    """
    if walks.total != walks.walked:
        yield f"{walks.list}: {walks.walked} items by links, total is {_or_none(walks.total)}"
    if walks.out_of_order:
        yield f"{walks.list}: {walks.out_of_order} is not in the order (updated_at, id)"
    if walks.differing_pages:
        named = ", ".join(map(str, walks.differing_pages[:PAGES_NAMED]))
        rest = len(walks.differing_pages) - PAGES_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        yield f"{walks.list}: page {named}{more} has other items by number than by links"


@rule("EXPO012", "catalogue-sum-differs", on=CatalogueSum, cause=Cause.TRANSIENT)
def catalogue_sum_differs(sums: CatalogueSum, terms: ExposureTerms) -> Iterator[str]:
    """The number or the sum of a list's items is not the ledger's.

    Why: the report says what the partner can see, and takes it from the ledger.
    Fix: publish again with a whole generation; if it stays, compare the list with the ledger's exposures.
    """
    if sums.total != sums.expected_count:
        yield f"{sums.list}: {_or_none(sums.total)} items, the ledger has {sums.expected_count}"
    elif sums.sum is not None and sums.expected_sum is not None and sums.sum != sums.expected_sum:
        yield f"{sums.list}: the sum of {sums.total} items is {sums.sum:016x}, the ledger's is {sums.expected_sum:016x}"


def _name(item: ExpectedItem | RemovedItem) -> str:
    return item.external_id or f"the item {item.id}"


def _or_none(number: int | None) -> str:
    return "none" if number is None else str(number)
