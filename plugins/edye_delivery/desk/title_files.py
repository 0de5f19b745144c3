"""What the artifact store has of a delivery: the title in its run's files, and small copies of its thumbnails."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from airflow.sdk.exceptions import AirflowNotFoundException

from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.desk.access import Visitor
from edye_delivery.desk.airflow_title_runs import requests_of
from edye_delivery.desk.run_files import RunFiles, TitleFile
from edye_delivery.errors import DeliveryError, PictureBroken
from edye_delivery.hooks.artifacts import ArtifactHook, ArtifactStore
from edye_delivery.ledger.records import Delivery

UNKNOWN_RUN = (
    "Airflow no longer knows the run {}, or you may not see it, so the files that it left cannot be looked up. What "
    "the ledger knows is on this page."
)
NO_STORE = "Airflow has no connection artifact_store; add it, see docs/guides/connect-real-systems.md"
THUMBNAIL_MAX_BYTES, THUMBNAIL_MAX_PIXELS = 16_000_000, 4096 * 2304
DECODED_AT_ONCE, PICTURES_KEPT = 2, 300
RUN_FILES = RunFiles()
_decoding = threading.BoundedSemaphore(DECODED_AT_ONCE)
_pictures: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


def title_file(caller: Visitor, delivery: Delivery) -> TitleFile | str:
    """The delivery's title in the files of its run; a sentence where there is none, or the store does not answer."""
    answer: TitleFile | str = UNKNOWN_RUN.format(delivery.run_id)
    try:
        for request in requests_of(delivery.run_id, caller.dags_of(delivery.partner)):
            if request.partner == delivery.partner:
                answer = RUN_FILES.title(artifact_store(), request, delivery.delivery_key)
                if isinstance(answer, TitleFile):
                    return answer
    except DeliveryError as error:
        return f"The files of the run cannot be read: {error}."
    return answer


def artifact_store() -> ArtifactStore:
    """The store of the connection `artifact_store`; a DeliveryError where there is none."""
    try:
        return ArtifactHook().get_conn()
    except AirflowNotFoundException:
        raise DeliveryError(NO_STORE) from None


def small_thumbnail(file: TitleFile, name: str) -> bytes | None:
    """A small JPEG of one of the title's thumbnails; None where it has none of this name, or it cannot be shown.

    Only files whose content is what their name says are decoded: they are those that a run of ours has rendered.
    """
    if name not in {one.art_name for one in file.checked.thumbnails}:
        return None
    with _lock:
        known = _pictures.get(name)
    return known if known is not None else _read_thumbnail(name)


def _read_thumbnail(name: str) -> bytes | None:
    from edye_delivery.artwork.thumbnails import small_picture  # pillow loads slowly

    store = artifact_store()
    try:
        if store.size(art_name(name)) > THUMBNAIL_MAX_BYTES:
            return None
        content = store.get(art_name(name))
        if hashlib.sha256(content).hexdigest() != name.partition(".")[0]:
            return None
        with _decoding:
            small = small_picture(content, THUMBNAIL_MAX_PIXELS)
    except (FileNotFoundError, PermissionError, PictureBroken):
        return None
    with _lock:
        _pictures[name] = small
        while len(_pictures) > PICTURES_KEPT:
            _pictures.popitem(last=False)
    return small
