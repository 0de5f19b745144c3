"""Reads and writes pages of feeds, and published pictures, in a bucket, through the S3 protocol."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import ConfigurationInvalid, DeliveryError, Transient

CONTENT_TYPE = "application/json"
DIGEST_KEY = "sha256"
KEYS_A_CALL = 1000
CODE_MAX_CHARS = 100
CONDITION_NOT_MET = (409, 412)
NOT_IMPLEMENTED = 501
REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled"}
log = logging.getLogger(__name__)


class S3FeedStore:
    """The objects below one prefix of a bucket; `public_url` is where readers find that bucket.

    `mask` hides the key and the secret with which the client signs.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, public_url: str, mask: SecretMask = NO_SECRETS) -> None:
        self._client, self._bucket, self._prefix, self._mask = client, bucket, prefix.strip("/"), mask
        self._public_url = public_url.rstrip("/")

    def sha256_of(self, name: str) -> str | None:
        """The digest with which the object was written; None where there is no object."""
        head = self._head(name)
        return head["Metadata"].get(DIGEST_KEY) if head is not None else None

    def etag_of(self, name: str) -> str | None:
        """The object's ETag as the store gives it; None where there is no object."""
        head = self._head(name)
        return head["ETag"] if head is not None else None

    def put(self, name: str, content: bytes, sha256: str, cache_control: str, content_type: str = CONTENT_TYPE) -> None:
        """Writes a file in one call, so that its ETag is the MD5 of its bytes and the same bytes keep the same ETag."""
        try:
            self._put(name, content, sha256, cache_control, ContentType=content_type)
        except (ClientError, BotoCoreError) as error:
            raise self._public_error(error) from error

    def replace(self, name: str, content: bytes, sha256: str, cache_control: str, etag: str | None) -> bool:
        """As `put`, but only over the object with this ETag (None: only where there is none); False where it differs.

        A store that does not support conditional writes (it answers 501) gets the page whatever it has.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            self._put(name, content, sha256, cache_control, **condition)
        except ClientError as error:
            status, code = error.response["ResponseMetadata"].get("HTTPStatusCode"), error.response["Error"].get("Code")
            if status in CONDITION_NOT_MET or code == "NoSuchKey":
                return False
            if status == NOT_IMPLEMENTED:
                log.info("the feed store %s does not support conditional writes: written without a check", self._bucket)
                self.put(name, content, sha256, cache_control)
                return True
            raise self._public_error(error) from error
        except BotoCoreError as error:
            raise self._public_error(error) from error
        return True

    def get(self, name: str) -> bytes | None:
        """The object's bytes; None where there is none."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except ClientError as error:
            if error.response["Error"].get("Code") in ("NoSuchKey", "404"):
                return None
            raise self._public_error(error) from error
        except BotoCoreError as error:
            raise self._public_error(error) from error
        return content

    def delete(self, names: Sequence[str]) -> None:
        """Deletes objects; one that does not exist is no error."""
        for start in range(0, len(names), KEYS_A_CALL):
            keys = [{"Key": self._key(name)} for name in names[start : start + KEYS_A_CALL]]
            try:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
            except (ClientError, BotoCoreError) as error:
                raise self._public_error(error) from error

    @property
    def host(self) -> str:
        """The host at which readers find the bucket."""
        return urlsplit(self._public_url).hostname or ""

    def url(self, name: str) -> str:
        """The address at which readers find the object."""
        return f"{self._public_url}/{self._key(name)}"

    def _head(self, name: str) -> Any:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["ResponseMetadata"].get("HTTPStatusCode") == 404:
                return None
            raise self._public_error(error) from error
        except BotoCoreError as error:
            raise self._public_error(error) from error

    def _put(self, name: str, content: bytes, sha256: str, cache_control: str, **more: str) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=self._key(name),
            Body=content,
            CacheControl=cache_control,
            Metadata={DIGEST_KEY: sha256},
            **({"ContentType": CONTENT_TYPE} | more),
        )

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _public_error(self, error: ClientError | BotoCoreError) -> DeliveryError:
        """The error for people; secrets are also hidden in the error that it is raised from."""
        code = str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""
        self._mask.clean(error)
        shown = self._mask.words(code or type(error).__name__, CODE_MAX_CHARS)
        message = f"the feed store {self._bucket} answers {shown}: {error}"
        if code in REFUSED or code in ("NoSuchBucket", "403"):
            return ConfigurationInvalid(f"{message}; check the connection of the feed")
        return Transient(message)
