"""Asks the hosts of pictures and media for the addresses that items show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby, islice

from edye_delivery.catalog.exposure import ExpectedItem
from edye_delivery.catalog.exposure_seen import Address
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.media_answers import size_of
from edye_delivery.errors import AnswerMalformed, DeliveryError, Transient
from edye_delivery.pipeline.exposure.redirects import RedirectReader
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.qc.exposure.subjects import AskedAddress

AT_ONCE = 8
BATCH = 64
TRIES = 2
FIRST_BYTE = {"Range": "bytes=0-0"}
"""The head is enough, but some hosts refuse HEAD, or their signatures do not cover it."""
Use = tuple[Address, ListName, str, str]


@dataclass(frozen=True, slots=True)
class AddressChecker:
    """Asks for each address once, several at a time, while `has_time`; an empty file counts as none.

    Where there are `redirects`, stable addresses of ours are followed.
    """

    media: MediaHost
    store: CheckStore
    collector: Collector
    is_https_required: bool
    has_time: Callable[[], bool]
    offer: Callable[[list[Use]], None] = lambda uses: None
    """Gets each address whose file is there, with its uses."""
    redirects: RedirectReader | None = None

    def check_all(self) -> None:
        """Asks for all that the store has; titles whose addresses were not reached in time are held back."""
        groups = (list(uses) for _, uses in groupby(self.store.addresses(), key=lambda use: use[0].url))
        with ThreadPoolExecutor(AT_ONCE, "addresses") as pool:
            while self.has_time() and (batch := list(islice(groups, BATCH))):
                for uses, asked in zip(batch, pool.map(self._ask, [uses[0][0].url for uses in batch]), strict=True):
                    self._check(uses, asked)
        self._hold_back(groups)

    def _check(self, uses: list[Use], asked: AskedAddress) -> None:
        for address, list_name, item_id, external_id in uses:
            item = ExpectedItem(list_name, item_id, external_id)
            self.collector.ask_of_item("EXPO008", replace(asked, address=address), item, external_id)
        if not asked.sentence:
            self.offer(uses)

    def _hold_back(self, groups: Iterator[list[Use]]) -> None:
        not_asked = 0
        for uses in groups:
            not_asked += 1
            for *_, external_id in uses:
                self.store.hold(external_id)
        if not_asked:
            self.collector.skip(f"{not_asked} addresses were not asked for: the time of the check was over", "EXPO008")

    def _ask(self, url: str) -> AskedAddress:
        """What the host says; a failure that may pass is asked for once more."""
        asked = AskedAddress(Address(url, ""), self.is_https_required)
        sentence = ""
        for _ in range(TRIES):
            try:
                return self._read_head(self.redirects.target_of(url) if self.redirects else url, asked)
            except Transient as error:
                sentence = str(error)
                if error.retry_after_s == math.inf:
                    break
            except DeliveryError as error:
                sentence = str(error)
                break
        return replace(asked, sentence=sentence)

    def _read_head(self, url: str, asked: AskedAddress) -> AskedAddress:
        with self.media.open_closing(url, FIRST_BYTE) as response:
            try:
                size_bytes: int | None = size_of(response)
            except AnswerMalformed:  # a playlist may come without a size
                size_bytes = None
            if size_bytes == 0:
                return replace(asked, sentence="the file is empty")
            media_type = response.headers.get("content-type", "")
            return replace(asked, media_type=media_type, size_bytes=size_bytes)
