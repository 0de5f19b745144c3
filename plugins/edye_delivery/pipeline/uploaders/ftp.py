"""Upload to a partner's FTP server: media, images, and last the metadata file, which is the commit.

Every file is written under a temporary name of its delivery and content, and is renamed when it is whole. The ledger
says that it is whole before it is renamed, so that a later run knows why the temporary file is gone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import orjson

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.channels import folder_of, ftp_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import image_file_name_of
from edye_delivery.annex.outcome import cause_of
from edye_delivery.annex.template import fill
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.clients.ftp import FtpSession, OffsetRefused
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import FtpRefused, Transient
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery
from edye_delivery.pipeline.heartbeat import Heartbeat
from edye_delivery.pipeline.media_check import MediaCheck, expected_sha256, media_of
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.stores import FileReader
from edye_delivery.pipeline.uploaders.ftp_parts import FoundParts
from edye_delivery.pipeline.uploaders.ftp_pieces import Piece, is_placed, small_piece
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused, UploadReceipt

log = logging.getLogger(__name__)
DELIVERY_CHARS, VERSION_CHARS = 16, 8
LOGGED_FROM_BYTES = 200_000_000


@dataclass(slots=True)
class FtpUploader:
    """Sends titles by FTP; `connect` opens a session, the thumbnails are files of `store`."""

    annex: Annex
    connect: Callable[[], FtpSession]
    media: MediaSource
    ledger: Ledger
    store: FileReader
    _idle: list[FtpSession] = field(default_factory=list, init=False)
    _has_tree: bool = field(default=False, init=False)
    _checks: dict[str, MediaCheck] = field(default_factory=dict, init=False)
    _parts: FoundParts = field(default_factory=FoundParts, init=False)
    _advanced: set[str] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    channel = Channel.FTP

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often one title is tried while nothing new arrives."""
        return ftp_channel_of(self.annex).retry

    @property
    def titles_at_once(self) -> int:
        """As many as there are connections."""
        return ftp_channel_of(self.annex).connections_at_once

    @property
    def lease_s(self) -> float:
        """How long a lease lasts without a renewal."""
        return ftp_channel_of(self.annex).lease_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._idle:
            self._idle.pop().close()

    def has_advanced(self, delivery_key: str) -> bool:
        """Whether the last try found more of the title at the partner than the try before it."""
        return delivery_key in self._advanced

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Sends the files that are not there yet; the tracking id is the name of the metadata file."""
        pieces = self._pieces(checked, delivery)
        heartbeat = Heartbeat(self.ledger, delivery.delivery_key, delivery.lease_holder or "", self.lease_s)
        self._advanced.discard(delivery.delivery_key)
        try:
            with self._session() as session:
                if not is_placed(session, pieces[-1], delivery):
                    self._remove_older(session, delivery, pieces[-1].path.folder)
                    self._place_all(session, pieces, delivery, heartbeat)
        except FtpRefused as error:
            cause = cause_of(self.annex, http_status=None, code=str(error.code), text=error.text)
            raise PartnerRefused(cause, str(error), ended_ingest=False).with_answer(None, str(error.code)) from error
        self._checks.pop(delivery.delivery_key, None)
        return UploadReceipt(pieces[-1].path.name, sum(piece.size_bytes for piece in pieces))

    @contextmanager
    def _session(self) -> Iterator[FtpSession]:
        """An idle session or a new one; one that raised is closed and not used again."""
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or self.connect()
        try:
            with self._lock:
                if not self._has_tree:
                    for folder in self._folders().values():
                        session.make_folder(folder)
                    self._has_tree = True
            yield session
        except BaseException:
            session.close()
            raise
        with self._lock:
            self._idle.append(session)

    def _remove_older(self, session: FtpSession, delivery: Delivery, folder: str) -> None:
        """Removes the metadata files of older contents that nobody has picked up: they would get the new media."""
        memory = self.ledger.memories(delivery.partner, [delivery.external_id])[delivery.external_id]
        for key, other in memory.deliveries.items():
            if key == delivery.delivery_key or other.channel is not Channel.FTP or other.tracking_id is None:
                continue
            older = RemotePath(folder, other.tracking_id)
            is_there = other.state is not DeliveryState.ACCEPTED and session.size(older) is not None
            if other.content_key == delivery.content_key and other.state.is_with_partner and not is_there:
                begin = f"the partner has picked up {older} with the same content (run {other.run_id})"
                raise Transient(f"{begin} and has not said how it ended: this run begins no second ingest before that")
            if is_there:
                session.delete(older)
                log.warning("%s was not picked up and is removed: newer content of its title is sent now", older)

    def _place_all(self, session: FtpSession, pieces: list[Piece], delivery: Delivery, heartbeat: Heartbeat) -> None:
        arrived_bytes = [self._usable_bytes(session, piece, delivery) for piece in pieces]
        if self._parts.note_arrived(delivery.delivery_key, sum(arrived_bytes)):
            self._advanced.add(delivery.delivery_key)
        for piece, offset in zip(pieces, arrived_bytes, strict=True):
            if not is_placed(session, piece, delivery):
                self._place(session, piece, offset, delivery, heartbeat)

    def _usable_bytes(self, session: FtpSession, piece: Piece, delivery: Delivery) -> int:
        """How many bytes of a file are there and can be continued; a part that cannot be continued is removed."""
        if is_placed(session, piece, delivery):
            return piece.size_bytes
        size_bytes = session.size(piece.temporary)
        if size_bytes is None:
            return 0
        usable_bytes = self._parts.usable_bytes(piece.temporary.name, size_bytes, piece.size_bytes)
        is_part = piece.may_continue and 0 < usable_bytes < piece.size_bytes
        if is_part and not self._parts.try_continuation(session, piece.trial):
            usable_bytes = 0
        if piece.may_continue and usable_bytes:
            return usable_bytes
        self._discard(session, piece)
        return 0

    def _discard(self, session: FtpSession, piece: Piece) -> None:
        """Removes the part of a file at the server, so that the next try sends the whole file."""
        session.delete(piece.temporary)
        self._parts.forget(piece.temporary.name)

    def _place(self, session: FtpSession, piece: Piece, offset: int, delivery: Delivery, heartbeat: Heartbeat) -> None:
        """Sends the rest of a file, checks that it is whole, and renames it; LeaseLost before that."""
        heartbeat.beat()
        with piece.blocks(offset) as blocks:
            if offset < piece.size_bytes:
                self._store(session, piece, heartbeat.over(blocks), offset)
            else:  # nothing is missing; a media file is still read where its digest has to be known
                for _ in heartbeat.over(blocks):
                    pass
        arrived_bytes = session.size(piece.temporary)
        if 0 < offset < piece.size_bytes:
            self._parts.note_continued(is_whole=arrived_bytes == piece.size_bytes)
        if arrived_bytes != piece.size_bytes:
            sentence = f"{piece.path}: {arrived_bytes or 0} of {piece.size_bytes} bytes arrived"
            if offset and arrived_bytes is not None:
                self._discard(session, piece)
                sentence += f", because the server did not continue at byte {offset}: the next try sends the whole file"
            raise Transient(sentence)
        if piece.temporary.name in delivery.whole_files:
            heartbeat.renew()
        else:
            self.ledger.note_whole(delivery.delivery_key, piece.temporary.name, heartbeat.holder, self.lease_s)
        session.rename(piece.temporary, piece.path)
        log.info("%s is there, %s bytes", piece.path, piece.size_bytes)

    def _store(self, session: FtpSession, piece: Piece, blocks: Iterator[bytes], offset: int) -> None:
        try:
            session.store(piece.temporary, blocks, offset)
        except OffsetRefused:
            self._parts.note_continued(is_whole=False)
            self._discard(session, piece)
            raise

    def _folders(self) -> dict[str, str]:
        folders = ftp_channel_of(self.annex).folders.model_dump()
        return {kind: folder_of(self.annex, folder) for kind, folder in folders.items()}

    def _pieces(self, checked: CheckedTitle, delivery: Delivery) -> list[Piece]:
        """Media, images, metadata, in the order in which they are sent."""
        channel, folders, plan = ftp_channel_of(self.annex), self._folders(), checked.plan
        number = f"-{delivery.rounds_ended}" if delivery.rounds_ended else ""
        token = f"{delivery.delivery_key[:DELIVERY_CHARS]}{number}"

        def paths_of(kind: str, name: str, version: str = "") -> tuple[RemotePath, RemotePath]:
            mark = f"{token}-{digest_of(version)[:VERSION_CHARS]}" if version else token
            temporary = f"{name}.{mark}{channel.temporary_suffix}"
            return RemotePath(folders[kind], name), RemotePath(folders[kind], temporary)

        pieces = [self._media_piece(checked, delivery.delivery_key, partial(paths_of, "video", plan.file_name))]
        for thumbnail in checked.thumbnails:
            if thumbnail.name in channel.thumbnails:
                content = self.store.get(art_name(thumbnail.art_name))
                image_name = image_file_name_of(self.annex, channel.image_file_name, plan.external_id, thumbnail.name)
                pieces.append(small_piece(content, *paths_of("images", image_name, thumbnail.art_name)))
        words = {"external_id": plan.external_id, "delivery": token}
        metadata = orjson.dumps(plan.metadata, option=orjson.OPT_INDENT_2)
        metadata_name = fill(channel.metadata_file_name, words)
        pieces.append(small_piece(metadata, *paths_of("metadata", metadata_name), is_commit=True))
        return pieces

    def _media_piece(
        self, checked: CheckedTitle, key: str, paths_of: Callable[[str], tuple[RemotePath, RemotePath]]
    ) -> Piece:
        """The media file; a part of it is continued where SHA-256 or ETag show that it is of the same file."""
        file = checked.video or self.media.host.describe(media_of(checked).file)
        size_bytes, identity = file.size_bytes, expected_sha256(checked) or file.etag
        check = self._checks.setdefault(key, MediaCheck(checked))

        @contextmanager
        def blocks(offset: int) -> Iterator[Iterator[bytes]]:
            start = check.first_byte(offset)
            name = checked.plan.file_name
            if start == size_bytes:
                yield iter(())
                check.finish()
                return
            with self.media.open(checked, start) as stream:
                check.refuse_other_file(stream)
                sent = _from(check.hash_blocks(stream.blocks(), start), offset - start)
                yield _log_progress(sent, name, offset, size_bytes)
            check.finish()

        return Piece(*paths_of(f"{identity} {size_bytes}"), size_bytes, blocks, may_continue=bool(identity))


def _log_progress(blocks: Iterator[bytes], name: str, offset: int, size_bytes: int) -> Iterator[bytes]:
    """The blocks; a line in the log after each tenth of a large file."""
    step_bytes = max(LOGGED_FROM_BYTES, size_bytes) // 10
    for block in blocks:
        before, offset = offset, offset + len(block)
        if before // step_bytes < offset // step_bytes:
            log.info("%s: %s of %s MB on their way", name, offset // 1_000_000, size_bytes // 1_000_000)
        yield block


def _from(blocks: Iterator[bytes], skipped_bytes: int) -> Iterator[bytes]:
    """The blocks without their first bytes."""
    for block in blocks:
        yield block[skipped_bytes:] if skipped_bytes < len(block) else b""
        skipped_bytes = max(0, skipped_bytes - len(block))
