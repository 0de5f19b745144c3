"""Objects below one prefix of a bucket, through the S3 protocol: whole or not at all, large ones in parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import (
    AnswerMalformed,
    ConfigurationInvalid,
    DeliveryError,
    StoreUnavailable,
    TooSlow,
    Transient,
)

PART_BYTES = 16 * 1024 * 1024
"""So much of an object is in memory and in one call."""
OBJECT_MAX_BYTES = 2 * PART_BYTES
"""The bound on one answer; larger objects are read part by part."""
TRIES = 3
NAMES_MAX = 200_000
CODE_MAX_CHARS = 100
CONDITION_NOT_MET = (409, 412)
ABSENT = (404, 416)
REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled", "NoSuchBucket", "403"}
NOT_IMPLEMENTED = 501


@dataclass(frozen=True, slots=True)
class ObjectState:
    """An object as the store tells it: its ETag, its size, and when it was written."""

    etag: str
    size_bytes: int
    changed_at: datetime


class S3Bucket:
    """The objects below a prefix; `mask` hides the key and the secret with which the client signs.

    FileNotFoundError where an object is not there; ConfigurationInvalid where the store refuses us; StoreUnavailable,
    AnswerMalformed and TooSlow where another try may succeed.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "", mask: SecretMask = NO_SECRETS) -> None:
        self._client, self._bucket, self._prefix, self._mask = client, bucket, prefix.strip("/"), mask

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def state(self, name: str) -> ObjectState | None:
        """The object's state; None where there is none."""
        try:
            with self._answer(name):
                return _state(self._client.head_object(Bucket=self._bucket, Key=self._key(name)))
        except FileNotFoundError:
            return None

    def read(self, name: str) -> tuple[bytes, ObjectState]:
        """A small object's bytes with their state."""
        with self._answer(name):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(name))
            return answer["Body"].read(), _state(answer)

    def blocks(self, name: str, size_bytes: int) -> Iterator[bytes]:
        """The first bytes of an object, part by part; a part whose connection is cut is asked for again."""
        for start in range(0, size_bytes, PART_BYTES):
            yield self._part(name, start, min(start + PART_BYTES, size_bytes))

    def write(self, name: str, content: bytes) -> str:
        """Writes an object, whatever there is; its ETag."""
        with self._answer(name):
            return str(self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=content)["ETag"])

    def replace(self, name: str, content: bytes, etag: str | None) -> str | None:
        """Writes over the object with this ETag only (None: only where there is none); the new ETag, None where not.

        ConfigurationInvalid where the store knows no conditional writes: an older pointer could replace a newer one.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            with self._answer(name):
                answer = self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=content, **condition)
                return str(answer["ETag"])
        except (FileNotFoundError, _ConditionNotMetError):
            return None

    def upload(self, name: str, source: Path) -> None:
        """Writes an object from a file, in parts where it is large; it appears when all of it is there."""
        with source.open("rb") as file:
            first = file.read(PART_BYTES)
            second = file.read(PART_BYTES)
            if not second:
                self.write(name, first)
                return
            with self._answer(name):
                self._upload_parts(self._key(name), _parts(file, first, second))

    def names(self, folder: str) -> tuple[dict[str, datetime], datetime | None]:
        """The objects of a folder, as `folder/name`, each with the moment of its writing; and the store's own time."""
        found: dict[str, datetime] = {}
        now = None
        with self._answer(folder):
            for answer in self._pages(f"{folder}/"):
                now = now or _date_of(answer)
                for one in answer.get("Contents", ()):
                    found[f"{folder}/{one['Key'].rpartition('/')[2]}"] = one["LastModified"]
                self._refuse_too_many(len(found))
        return found, now

    def folders(self) -> list[str]:
        """The names of the folders right below the prefix."""
        found: list[str] = []
        with self._answer(""):
            for answer in self._pages(""):
                found += [one["Prefix"].rstrip("/").rpartition("/")[2] for one in answer.get("CommonPrefixes", ())]
                self._refuse_too_many(len(found))
        return found

    def delete(self, name: str) -> None:
        """Removes an object; it is no error where there is none."""
        with self._answer(name):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def _part(self, name: str, start: int, end: int) -> bytes:
        for tries_left in reversed(range(TRIES)):
            try:
                with self._answer(name):
                    part = f"bytes={start}-{end - 1}"
                    answer = self._client.get_object(Bucket=self._bucket, Key=self._key(name), Range=part)
                    content: bytes = answer["Body"].read()
                if len(content) == end - start:
                    return content
                raise StoreUnavailable(f"{self} gives {len(content)} of {end - start} bytes of {name}")
            except Transient as error:
                if not tries_left or isinstance(error, TooSlow):
                    raise
        raise AssertionError("the last try returns or raises")

    def _upload_parts(self, key: str, parts: Iterator[bytes]) -> None:
        where = {"Bucket": self._bucket, "Key": key}
        where["UploadId"] = self._client.create_multipart_upload(**where)["UploadId"]
        try:
            done = [
                {"PartNumber": number, "ETag": self._client.upload_part(**where, PartNumber=number, Body=part)["ETag"]}
                for number, part in enumerate(parts, 1)
            ]
            self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": done})
        except BaseException:
            self._client.abort_multipart_upload(**where)
            raise

    def _pages(self, folder: str) -> Iterator[Any]:
        pages = self._client.get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=self._bucket, Prefix=self._key(folder), Delimiter="/")

    def _refuse_too_many(self, count: int) -> None:
        if count > NAMES_MAX:
            raise ConfigurationInvalid(
                f"{self} has more than {NAMES_MAX:,} objects in a folder: is it the right bucket?"
            )

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    @contextmanager
    def _answer(self, name: str) -> Iterator[None]:
        try:
            with self._mask.errors():
                yield
        except ClientError as error:
            status = error.response["ResponseMetadata"].get("HTTPStatusCode")
            code = str(error.response["Error"].get("Code", ""))
            if status in CONDITION_NOT_MET:
                raise _ConditionNotMetError from error
            if (status in ABSENT and code != "NoSuchBucket") or code == "NoSuchKey":
                raise FileNotFoundError(2, "no such object", name) from error
            raise self._public_error(error, code, status) from error
        except BotoCoreError as error:
            raise self._public_error(error, type(error).__name__, None) from error
        except (KeyError, ResponseParserError) as error:
            raise AnswerMalformed(f"the bucket {self} does not answer as S3 does ({type(error).__name__})") from error

    def _public_error(self, error: Exception, code: str, status: int | None) -> DeliveryError:
        self._mask.clean(error)
        message = f"the bucket {self} answers {self._mask.words(code, CODE_MAX_CHARS)}: {error}"
        if status == NOT_IMPLEMENTED:
            return ConfigurationInvalid(f"{message}; generations need a store with conditional writes (If-Match)")
        if code in REFUSED:
            return ConfigurationInvalid(f"{message}; check its key, its secret and its name")
        return StoreUnavailable(message)


class _ConditionNotMetError(Exception):
    """Somebody else has written the object."""


def _state(answer: Any) -> ObjectState:
    return ObjectState(answer["ETag"], answer["ContentLength"], answer["LastModified"])


def _date_of(answer: Any) -> datetime | None:
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        return parsedate_to_datetime(told)
    except ValueError:
        return None


def _parts(file: Any, *first: bytes) -> Iterator[bytes]:
    yield from first
    while part := file.read(PART_BYTES):
        yield part
