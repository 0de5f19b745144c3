"""One data connection of the partner's FTP server: cut, broken off or slowed where a fault says so."""

from __future__ import annotations

from pyftpdlib.handlers import DTPHandler, TLS_DTPHandler
from pyftpdlib.log import logger

from sandbox.faults import Fault

_READ_BYTES = 65536


class Transfer(DTPHandler):  # type: ignore[misc]
    """A data connection. What was received is in the file before the caller hears how the transfer ended."""

    _outcome = ""

    @property
    def _fault(self) -> Fault | None:
        call = self.cmd_channel.transfer_call
        return call.fault if call else None

    @property
    def _end_after_bytes(self) -> int | None:
        """After how many bytes of a store the fault ends it; None where it does not."""
        fault = self._fault
        ends = fault is not None and self.receive and not self._outcome and fault.kind in ("cut", "reply")
        return fault.after_bytes if fault and ends else None

    def enable_receiving(self, type: str, cmd: str) -> None:
        """Begin to receive, where a fault lets even the first byte pass."""
        super().enable_receiving(type, cmd)
        if self._end_after_bytes == 0:
            self._end_by_fault()

    def handle_read_event(self) -> None:
        """Receive some bytes, never more than a fault lets pass."""
        before, limit = self.tot_bytes_received, self._end_after_bytes
        if limit is not None:
            self.ac_in_buffer_size = min(_READ_BYTES, limit - before)
        super().handle_read_event()
        if self._closed:
            return
        if limit is not None and self.tot_bytes_received >= limit:
            self._end_by_fault()
        else:
            self._pause(self.tot_bytes_received - before, self.ioloop.READ)

    def handle_close(self) -> None:
        """End with the caller's data: complete, unless a fault still waits for more bytes than came."""
        if self._end_after_bytes is not None and not self._closed:
            self._end_by_fault()
        else:
            super().handle_close()

    def send(self, data: bytes) -> int:
        """Send some bytes, and wait as long as they take at the rate of the fault."""
        sent: int = super().send(data)
        if not self._closed:
            self._pause(sent, self.ioloop.WRITE)
        return sent

    def use_sendfile(self) -> bool:
        """Use the quick way to send a file where no fault counts its bytes."""
        return self._fault is None and bool(super().use_sendfile())

    def _pause(self, size_bytes: int, events: int) -> None:
        fault = self._fault
        if fault and fault.bytes_per_s and size_bytes:
            self.del_channel()
            self.call_later(size_bytes / fault.bytes_per_s, self.add_channel, events=events)

    def _end_by_fault(self) -> None:
        fault, session = self._fault, self.cmd_channel
        if fault is None:
            return
        if fault.kind == "cut":
            self._outcome = "cut"
            session.cut()
            return
        self._outcome = "broken_off"
        self._ssl_established = False
        self._resp = (fault.reply, logger.debug)
        self.close()
        if fault.code == 421:
            session.close_when_done()

    def close(self) -> None:
        """Complete the file, write the call down, then tell the caller."""
        if not self._closed:
            if self.file_obj is not None:
                self.file_obj.close()
            status = int(self._resp[0][:3]) if self._resp else None
            outcome = self._outcome or ("answered" if status else "aborted")
            self.cmd_channel.end_transfer(outcome, status, self.tot_bytes_received, self.tot_bytes_sent)
        super().close()


class TlsTransfer(TLS_DTPHandler, Transfer):  # type: ignore[misc]
    """The same by TLS."""
