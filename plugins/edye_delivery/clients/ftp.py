"""A session with a partner's FTP server: checked names, bounded answers, every failure a sentence (RFC 959, RFC 3659).

After an error a session is not used again: its server may still be working on a command or keep an offset.
"""

from __future__ import annotations

import ftplib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from edye_delivery.clients.ftp_control import FtpAccount, code_and_text, log_in, new_control
from edye_delivery.clients.ftp_line import SessionLife, in_blocks
from edye_delivery.clients.ftp_listing import Lines, size_in_line
from edye_delivery.clients.ftp_path import RemotePath, check_folder
from edye_delivery.clients.ftp_replies import CONTINUATION, CONTINUATION_END, Meaning, meaning_of
from edye_delivery.errors import AuthRefused, DeliveryError, FtpRefused, Transient

LISTING_MAX_BYTES = 32 * 1024 * 1024
TEXT_MAX_CHARS = 300
LAST_ANSWER_S = 5.0
SIZE_ANSWERS = {
    "SIZE": re.compile(r"213 +(?P<size>\d{1,18})(?!\d)"),
    "MLST": re.compile(r"(?:^|;| )size=(?P<size>\d{1,18});", re.IGNORECASE),
}
REFUSALS = (ftplib.error_perm, ftplib.error_temp)


class OffsetRefused(Transient):
    """The server cannot resume an upload at the end of the partial file; from its beginning it may take the file."""


class FileTooLarge(Transient):
    """A file is larger than it may be; the session can be used further."""


class FtpSession:
    """One logged-in connection; its data connections never go to another address than the server's.

    Every call ends, with TooSlow at the latest: the account says how long an answer may take and how slow a transfer
    may be, `life` how long the whole session may take.
    """

    def __init__(self, account: FtpAccount, life: SessionLife | None = None) -> None:
        self.mask, self._where = account.mask, account.where
        self._control = new_control(account)
        with self._failures("login", is_login=True):
            log_in(self._control, account, life or SessionLife())
        try:
            self._features = self._fetch_features()
            self._sizes_by = ["SIZE", *(["MLST"] if "MLST" in self._features else [])]
        except BaseException:
            self._control.close()
            raise

    def size(self, path: RemotePath) -> int | None:
        """The file's size in bytes by SIZE, else MLST, else LIST; None where there is no such file."""
        while self._sizes_by:
            command = f"{self._sizes_by[0]} {path}"
            with self._failures(command):
                try:
                    answer = self._control.sendcmd(command)
                except REFUSALS as refusal:
                    error = self._error_of(refusal)
                    match self._meaning_of(refusal):
                        case Meaning.ABSENT:
                            return None
                        case Meaning.UNSUPPORTED:
                            del self._sizes_by[0]
                            continue
                        case Meaning.PERHAPS_ABSENT if self._names(path.folder, [path.name]) == (frozenset(), True):
                            return None
                    raise error from refusal
            found = SIZE_ANSWERS[self._sizes_by[0]].search(answer)
            return int(found["size"]) if found else None
        return self._size_in_list(path)

    def store(self, path: RemotePath, blocks: Iterable[bytes], offset: int = 0) -> None:
        """Writes the blocks into the file, from `offset` on; the caller has to check the size afterwards.

        It resumes by REST where the server announces that, else by APPE; OffsetRefused where the server cannot. A
        server that answers "transfer complete" may still have lost the end.
        """
        by_restart = offset and "REST STREAM" in self._features
        command = f"{'APPE' if offset and not by_restart else 'STOR'} {path}"
        with self._failures(command):
            with self._offset_refusals(path, offset, CONTINUATION):
                transfer = self._control.transfer(command, offset if by_restart else None)
            with self._offset_refusals(path, offset, CONTINUATION_END), transfer:
                for block in in_blocks(blocks):
                    try:
                        transfer.send(block)
                    except OSError:
                        transfer.close()
                        self._read_last_answer(command)
                        raise
                self._control.begin_answer(command, transfer.finish())
                self._control.voidresp()

    def rename(self, old: RemotePath, new: RemotePath) -> None:
        """Renames the file, over one with the new name; where the server refuses that, the other is deleted first."""
        try:
            self._rename(old, new)
        except FtpRefused:
            if self.size(old) is None:  # somebody else has renamed it: the file with the new name has to stay
                raise
            with suppress(FtpRefused):
                self.delete(new)
            self._rename(old, new)

    def delete(self, path: RemotePath) -> None:
        """Removes a file."""
        self._command(f"DELE {path}")

    def make_folder(self, folder: str) -> None:
        """Makes the folder and those above it where they are missing; FtpRefused where it does not exist then."""
        parts = check_folder(folder)[1:].split("/")
        for number in range(1, len(parts) + 1):
            above = "/" + "/".join(parts[:number])
            with suppress(FtpRefused):
                self._command(f"CWD {above}")
                continue
            with suppress(FtpRefused):
                self._command(f"MKD {above}")
        self._command(f"CWD {folder}")

    def names(self, folder: str, candidates: Iterable[str]) -> frozenset[str]:
        """Those of the candidates that are in a folder; other names that the server lists are ignored."""
        return self._names(folder, candidates)[0]

    def read(self, path: RemotePath, max_bytes: int) -> bytes:
        """A small file; FileTooLarge where it is larger than it may be."""
        content = bytearray()
        self._retrieve(f"RETR {path}", content.extend, max_bytes)
        return bytes(content)

    def read_end(self, path: RemotePath, max_bytes: int) -> bytes:
        """The last bytes of a growing file, from the beginning of a line."""
        size_bytes = self.size(path) or 0
        offset = max(0, size_bytes - max_bytes)
        content = bytearray()
        self._retrieve(f"RETR {path}", content.extend, 2 * max_bytes, offset or None)
        return bytes(content.partition(b"\n")[2] if offset else content)

    def close(self) -> None:
        """Ends the session, with QUIT where the server still answers."""
        with suppress(*ftplib.all_errors, ValueError, Transient):
            self._control.begin_answer("QUIT", LAST_ANSWER_S)
            self._control.putline("QUIT")
            self._control.voidresp()
        self._control.close()

    def _fetch_features(self) -> frozenset[str]:
        try:
            answer = self._command("FEAT")
        except FtpRefused:
            return frozenset()
        lines = [line.strip().upper() for line in answer.splitlines()[1:-1]]
        return frozenset([*lines, *(line.partition(" ")[0] for line in lines)])

    def _command(self, command: str) -> str:
        with self._failures(command):
            return self._control.sendcmd(command)

    def _rename(self, old: RemotePath, new: RemotePath) -> None:
        with self._failures(f"RNFR {old}, RNTO {new}"):
            self._control.rename(str(old), str(new))

    def _names(self, folder: str, candidates: Iterable[str]) -> tuple[frozenset[str], bool]:
        """The candidates in a folder, and whether the server listed it: some servers do not list an empty folder."""
        self._command(f"CWD {check_folder(folder)}")
        names = {name.encode(self._control.encoding): name for name in candidates}
        matches: set[str] = set()

        def take(line: bytes) -> None:
            name = line.rpartition(b"/")[2]
            if name in names:
                matches.add(names[name])

        is_listed = self._list("NLST", take)
        return frozenset(matches), is_listed

    def _size_in_list(self, path: RemotePath) -> int | None:
        if not self.names(path.folder, [path.name]):
            return None
        sizes: list[int] = []

        def take(line: bytes) -> None:
            size_bytes = size_in_line(line, path.name)
            if size_bytes is not None:
                sizes[:] = [size_bytes]

        self._list(f"LIST {path}", take)
        if not sizes:
            raise FtpRefused(f"LIST {path}", 200, "the server does not give the size of a file in a form that we know")
        return sizes[0]

    def _list(self, command: str, take: Callable[[bytes], None]) -> bool:
        lines = Lines(take)
        is_listed = self._retrieve(command, lines.add, LISTING_MAX_BYTES)
        lines.end()
        return is_listed

    def _retrieve(
        self, command: str, take: Callable[[bytes], object], max_bytes: int, offset: int | None = None
    ) -> bool:
        """Passes what the server sends for the command to `take`, block by block; FileTooLarge above the limit.

        False where the server answers that there is nothing to list.
        """
        arrived_bytes = 0
        with self._failures(command):
            try:
                with self._control.transfer(command, offset) as transfer:
                    while block := transfer.receive():
                        arrived_bytes += len(block)
                        if arrived_bytes > max_bytes:
                            transfer.close()
                            with suppress(ftplib.Error):  # the server's complaint that we closed the connection
                                self._read_last_answer(command)
                            raise FileTooLarge(f"{command}: {self._where} sends more than {max_bytes} bytes")
                        take(block)
                self._control.begin_answer(command)
                self._control.voidresp()
            except REFUSALS as refusal:
                if arrived_bytes or self._meaning_of(refusal) is not Meaning.EMPTY:
                    raise
                return False
        return True

    def _read_last_answer(self, command: str) -> None:
        """Raises the server's answer to a transfer that broke off, such as 452, disk full; waits only shortly."""
        self._control.begin_answer(command, LAST_ANSWER_S)
        with suppress(OSError, EOFError, ValueError, Transient):
            self._control.voidresp()

    @contextmanager
    def _failures(self, command: str, *, is_login: bool = False) -> Iterator[None]:
        """Turns what ftplib raises into our errors; a permanent refusal of the login is AuthRefused."""
        with self.mask.errors(), self._translate_errors(command, is_login=is_login):
            yield

    @contextmanager
    def _translate_errors(self, command: str, *, is_login: bool) -> Iterator[None]:
        try:
            yield
        except REFUSALS as refusal:
            raise self._error_of(refusal, is_login=is_login) from refusal
        except ssl.SSLCertVerificationError as error:
            raise AuthRefused(
                f"the certificate of {self._where} is not trusted ({error.verify_message}): give the authority's file "
                "in the connection's extra verify, or have the certificate renewed"
            ) from error
        except (ftplib.Error, EOFError, OSError, ValueError, OverflowError) as error:
            cause = f"{type(error).__name__}: {self._plain(str(error))}"
            raise Transient(f"{self._where}: the connection broke at {command} ({cause})") from error

    def _error_of(self, refusal: ftplib.Error, *, is_login: bool = False) -> DeliveryError:
        """The refusal as our error, which names the refused command."""
        command, (code, answer) = self._control.last_command, code_and_text(refusal)
        meaning, text = self._meaning_of(refusal), self._plain(answer)
        if meaning is Meaning.NO_ROOM:
            return Transient(f"{self._where} has no room ({code} to {command}): {text}")
        if meaning is Meaning.TEMPORARY or isinstance(refusal, ftplib.error_temp):
            return Transient(f"{self._where} answered {code} to {command}: {text}")
        if meaning is Meaning.LOGIN_REFUSED or is_login:
            reply = f"{code}" if command.partition(" ")[0] in ("USER", "PASS") else f"{code} to {command}"
            return AuthRefused(f"{self._where} refused our login ({reply}): {text}: check its connection")
        return FtpRefused(command, code, text)

    def _meaning_of(self, refusal: ftplib.Error) -> Meaning:
        return meaning_of(self._control.last_command.partition(" ")[0], *code_and_text(refusal))

    @contextmanager
    def _offset_refusals(self, path: RemotePath, offset: int, step: str) -> Iterator[None]:
        """Turns a refusal to resume at an offset into OffsetRefused; other refusals stay as they are."""
        try:
            yield
        except REFUSALS as refusal:
            verb, (code, text) = self._control.last_command.partition(" ")[0], code_and_text(refusal)
            command = {"REST": "REST", "STOR": step, "APPE": step}.get(verb, verb)
            if offset and meaning_of(command, code, text) is Meaning.OFFSET_REFUSED:
                sentence = f"{self._where} does not resume {path} at byte {offset} ({code}): {self._plain(text)}"
                raise OffsetRefused(sentence) from refusal
            raise

    def _plain(self, text: str) -> str:
        """The server's text on one line, bounded, without our password."""
        return self.mask.words(text, TEXT_MAX_CHARS)
