"""The bucket of `serve-api --root s3://...`: copied into a folder, which is what is served."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edye_delivery.catalog.printable import printable
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import ConfigurationInvalid, InvalidRequest

if TYPE_CHECKING:
    from edye_delivery.clients.s3_bucket import S3Bucket

SCHEME = "s3://"
BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[A-Za-z0-9_./-]{0,200}))?")
SENTENCE_MAX_CHARS = 1000


@contextmanager
def served_folder(root: str, cache: Path | None, look_every_s: float, clock: Clock) -> Iterator[Path]:
    """The folder with the generations: the root itself, or the one into which its bucket is copied meanwhile.

    Key, secret, endpoint and authorities of the bucket are those of the AWS environment (AWS_ACCESS_KEY_ID,
    AWS_ENDPOINT_URL, AWS_CA_BUNDLE, ~/.aws, the machine's role). InvalidRequest, ConfigurationInvalid; StoreUnavailable
    where the bucket does not answer a server that was never started before.
    """
    if not root.startswith(SCHEME):
        if cache is not None:
            raise InvalidRequest("--cache is only for a root in a bucket (s3://...)")
        yield Path(root)
        return
    named = BUCKET.fullmatch(root)
    if named is None or cache is None:
        raise InvalidRequest("a root in a bucket is s3://BUCKET/PREFIX, and needs --cache, a folder of this machine")
    # These load slowly, and a folder does not need them.
    from edye_delivery.delivery_api.generations.mirror import Mirror
    from edye_delivery.delivery_api.generations.store import FolderStore
    from edye_delivery.delivery_api.private_files import share_cursor_key

    bucket = _bucket(named["bucket"], named["prefix"] or "")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        share_cursor_key(cache, bucket)
    except OSError as error:
        raise ConfigurationInvalid(f"the folder {cache} cannot be used: {error.strerror or error}") from error
    mirror = Mirror(bucket, FolderStore(cache), clock.monotonic, _tell, look_every_s)
    mirror.start()
    try:
        yield cache
    finally:
        mirror.stop()


def _bucket(name: str, prefix: str) -> S3Bucket:
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    from edye_delivery.clients.bounds import CallBounds
    from edye_delivery.clients.s3_bucket import OBJECT_MAX_BYTES, S3Bucket
    from edye_delivery.clients.s3_transport import GENERATIONS, bind_s3, certificates_of
    from edye_delivery.clients.secret_mask import SecretMask
    from edye_delivery.hooks.tls import tls_context

    try:
        session = Session()
        client = session.create_client("s3")
        keys = session.get_credentials()
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationInvalid(f"the AWS environment does not describe a client of S3: {error}") from error
    if keys is None:
        raise ConfigurationInvalid("the AWS environment has no key and secret for the bucket (AWS_ACCESS_KEY_ID, ...)")
    frozen = keys.get_frozen_credentials()
    mask = SecretMask.of(*(word for word in (frozen.access_key, frozen.secret_key, frozen.token) if word))
    bind_s3(
        client,
        CallBounds(max_bytes=OBJECT_MAX_BYTES),
        tls_context("of the AWS environment", *certificates_of(client)),
        GENERATIONS,
    )
    return S3Bucket(client, name, prefix, mask)


def _tell(sentence: str) -> None:
    print(f"serve-api: {printable(sentence, SENTENCE_MAX_CHARS)}", file=sys.stderr, flush=True)
