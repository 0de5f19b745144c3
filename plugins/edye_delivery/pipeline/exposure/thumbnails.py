"""Downloads a sample of the thumbnails that items show, and measures them: the head of an answer shows no pixels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

from edye_delivery.annex.limits import Images
from edye_delivery.catalog.exposure import ExpectedItem
from edye_delivery.catalog.exposure_seen import Address
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind, ListName
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.pictures import fetch_picture
from edye_delivery.errors import DeliveryError
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.qc.exposure.subjects import DownloadedThumbnail

AT_ONCE = 4
"""A thumbnail is held whole while it is measured."""
Use = tuple[Address, ListName, str, str]


@dataclass(slots=True)
class ThumbnailChecker:
    """Measures at most `most` of the thumbnails that it is offered, chosen by chance, while `has_time`.

    `limits` bound bytes, pixels and processor time; `run` decodes.
    """

    media: MediaHost
    run: Run
    limits: Images
    collector: Collector
    most: int
    has_time: Callable[[], bool]
    chance: Callable[[], float]
    _sample: list[list[Use]] = field(default_factory=list)
    _offered: int = 0

    def offer(self, uses: list[Use]) -> None:
        """Takes an address whose file is there into the choice, with the items that show it, if it is a thumbnail's."""
        sized = [use for use in uses if use[0].width_px is not None and use[0].height_px is not None]
        if not sized or self.most == 0:
            return
        self._offered += 1
        if len(self._sample) < self.most:
            self._sample.append(sized)
        elif (place := int(self.chance() * self._offered)) < self.most:
            self._sample[place] = sized

    def check_all(self) -> None:
        """Downloads and measures the chosen ones, several at a time."""
        chosen = iter(self._sample)
        with ThreadPoolExecutor(AT_ONCE, "thumbnails") as pool:
            while self.has_time() and (batch := list(islice(chosen, AT_ONCE))):
                found = pool.map(self._download, [uses[0][0] for uses in batch])
                for uses, downloaded in zip(batch, found, strict=True):
                    self._check(uses, downloaded)
        if left := len(list(chosen)):
            self.collector.skip(f"{left} thumbnails were not measured: the time of the check was over", "EXPO013")

    def _check(self, uses: list[Use], downloaded: DownloadedThumbnail) -> None:
        for address, list_name, item_id, external_id in uses:
            item = ExpectedItem(list_name, item_id, external_id)
            self.collector.ask_of_item("EXPO013", replace(downloaded, address=address), item, external_id)

    def _download(self, address: Address) -> DownloadedThumbnail:
        image = Image(kind=ImageKind.KEY_ART, url=address.url)
        try:
            facts, _ = fetch_picture(self.media, image, self.limits, self.run)
        except DeliveryError as error:
            return DownloadedThumbnail(address, str(error))
        if facts.failure is not None:
            return DownloadedThumbnail(address, facts.detail or facts.failure.value)
        return DownloadedThumbnail(address, "", facts.format or "", facts.width_px, facts.height_px)
