"""The wait for outcomes on the partner's FTP server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from edye_delivery.annex.channels import deprecation_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.sensors.batch import BatchSensor

if TYPE_CHECKING:
    from edye_delivery.triggers.ftp import FtpTrigger

log = logging.getLogger(__name__)


class FtpSensor(BatchSensor):
    """Waits until the partner has said on its FTP server how every title of a batch ended."""

    channel: ClassVar[Channel] = Channel.FTP

    def trigger(self, tracking_ids: list[str], deadline_at: str) -> FtpTrigger:
        """The trigger that looks for every metadata file."""
        from edye_delivery.triggers.ftp import FtpTrigger

        log.warning("%s", deprecation_of(self.annex, self.channel))
        return FtpTrigger(self.annex.model_dump(mode="json"), tracking_ids, deadline_at)
