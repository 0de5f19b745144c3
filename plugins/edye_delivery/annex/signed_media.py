"""Stable addresses of ours for media files whose host asks for signatures (spec/delivery-via-api-decisions.md).

Nothing that expires is in a generation: an item has an address of the delivery API, which redirects to a fresh one. The
address names that of the file, without a signature.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64decode
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import Field, StringConstraints

from edye_delivery.annex.part import Part

Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}(:[0-9]{1,5})?$")]
BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=120)]
NAME_MAX_CHARS = 1600
NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{NAME_MAX_CHARS}}}", re.ASCII)
ADDRESS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,1200}")
"""Printable, and without quotation marks and backslashes; a longer address does not fit into a name."""
OF_SIGNATURE = frozenset({"exp", "sig", "token"})
"""Parameters of a signed address."""


class SignedMedia(Part):
    """How the partner reaches media files, where JW Player asks for signed addresses."""

    base_url: BaseUrl
    """The public address of the delivery API, such as https://delivery.example, without a path."""
    hosts: tuple[Host, ...] = Field(("cdn.jwplayer.com", "content.jwplatform.com"), min_length=1)
    """The hosts (or host:port) that ask for signatures; files of others keep their addresses."""
    valid_minutes: int = Field(60, ge=1, le=1440)
    """For how many minutes a signature is valid at least; it is for twice as many at most."""

    def has_host_of(self, address: str) -> bool:
        """Whether the host of the address asks for signatures."""
        split = _split(address)
        if split is None or split.scheme not in ("http", "https") or "@" in split.netloc:
            return False
        return not {split.hostname, f"{split.hostname}:{split.port}"}.isdisjoint(self.hosts)

    def stable_address(self, entry_id: str, address: str) -> str:
        """Our address for a file; its own where the host asks for no signature, or where it is no usual address."""
        plain = without_signature(address)
        if not self.has_host_of(address) or not ADDRESS.fullmatch(plain):
            return address
        name = b64encode(plain.encode("ascii"), b"-_").rstrip(b"=").decode("ascii")
        return self.base_url + path_of(entry_id, name)

    def is_ours(self, address: str) -> bool:
        """Whether `stable_address` made it."""
        return address.startswith(f"{self.base_url}/v1/media/")


def path_of(entry_id: str, name: str) -> str:
    """The path of a media file at the delivery API."""
    return f"/v1/media/{quote(entry_id, safe='')}/sources/{name}"


def address_of(name: str) -> str | None:
    """The address that a name of `stable_address` says; None for a text that is no such name."""
    if not NAME.fullmatch(name):
        return None
    try:
        address = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode("ascii")
    except ValueError:
        return None
    return address if ADDRESS.fullmatch(address) else None


def without_signature(address: str) -> str:
    """The address without the parameters that a signature adds, and without a fragment."""
    address = address.partition("#")[0]
    place, mark, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in OF_SIGNATURE]
    return f"{place}?{'&'.join(kept)}" if mark and kept else place


def _split(address: str) -> SplitResult | None:
    try:
        split = urlsplit(address)
        _ = split.port
    except ValueError:
        return None
    return split
