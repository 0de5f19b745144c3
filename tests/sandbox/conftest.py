"""One sandbox for the suite, cleaned before every test; media are made once for the project."""

from __future__ import annotations

import ftplib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.catalogue import Stocked, load_catalogue, stock
from sandbox.server import Sandbox
from tests.sandbox.ftp_caller import VIDEO, connect

PROJECT = Path(__file__).resolve().parents[2]
PROCESSING_S = 0.2
PARTNER_TOKEN = "abc123"
EDYE_TOKEN = "edye-sandbox-token"


@pytest.fixture(scope="session")
def media_dir() -> Path:
    return PROJECT / "build" / "sandbox" / "media"


@pytest.fixture(scope="session")
def sample(media_dir: Path) -> Stocked:
    return stock(load_catalogue("sample"), media_dir)


@pytest.fixture(scope="session")
def suite_box(tmp_path_factory: pytest.TempPathFactory, media_dir: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("box"), processing_s=PROCESSING_S, media_dir=media_dir) as box:
        yield box


@pytest.fixture
def box(suite_box: Sandbox) -> Sandbox:
    suite_box.clear_faults()
    suite_box.reset()
    return suite_box


@pytest.fixture(scope="session")
def good_mp4(sample: Stocked) -> bytes:
    return sample.files["/media/so-pulpo/video.mp4"].path.read_bytes()


@dataclass
class Partner:
    """A caller of the partner's API, as the delivery would be one."""

    url: str
    default_file: bytes

    def ingest(
        self,
        external_id: str | None = "EDYE_X_ES",
        *,
        file: bytes | None = None,
        metadata: Any = None,
        key: str | None = None,
        token: str = PARTNER_TOKEN,
        **more: Any,
    ) -> httpx.Response:
        if metadata is None:
            metadata = {"titulo": "Prueba", "id_cliente": "roku_premium_subs_mx", "external_id": external_id}
        headers = {"authorization": f"Bearer {token}", **({"idempotency-key": key} if key else {})}
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        parts = {"metadata": (None, text), "file": (f"{external_id}.mp4", file or self.default_file, "video/mp4")}
        parts |= more.pop("parts", {})
        return httpx.post(f"{self.url}/api/ingesta/contenido", headers=headers, files=parts, timeout=10, **more)

    def status(self, tracking_id: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {PARTNER_TOKEN}"}
        return httpx.get(f"{self.url}/api/ingesta/status", params={"id": tracking_id}, headers=headers, timeout=10)

    def final(self, tracking_id: str, limit_s: float = 10) -> dict[str, Any]:
        """Poll until the partner does not change its mind any more."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            told: dict[str, Any] = self.status(tracking_id).json()
            if told["status"] in ("completed", "error"):
                return told
            time.sleep(0.02)
        raise AssertionError(f"{tracking_id} is still {told}")


@pytest.fixture
def partner(box: Sandbox, good_mp4: bytes) -> Partner:
    return Partner(box.partner_url, good_mp4)


@pytest.fixture(scope="session")
def partner_of(good_mp4: bytes) -> Callable[[str], Partner]:
    return lambda url: Partner(url, good_mp4)


@dataclass
class Edye:
    """A caller of the EDYE API."""

    url: str

    def get(self, path: str, token: str = EDYE_TOKEN, **query: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.get(f"{self.url}{path}", params=query, headers=headers, timeout=10)


@pytest.fixture
def edye(box: Sandbox) -> Edye:
    return Edye(box.edye_url)


@pytest.fixture
def ftp(box: Sandbox) -> Iterator[ftplib.FTP]:
    caller = connect(box.ftp_port)
    yield caller
    caller.close()


@pytest.fixture
def on_disk(box: Sandbox) -> Path:
    """The folder of media on the FTP server."""
    return box.ftp_root / VIDEO.strip("/")
