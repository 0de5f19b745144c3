"""A caller of the partner's FTP server, and a certificate for it."""

from __future__ import annotations

import ftplib
import io
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD
from sandbox.server import Sandbox

TIMEOUT_S = 10
VIDEO = "/incoming/roku_premium_subs_mx/video"
CONTENT = bytes(range(256)) * 1200  # 307,200 bytes
CUTS = (OSError, EOFError)  # what a caller meets when its connection is cut


def entries(box: Sandbox, operation: str) -> list[tuple[Any, ...]]:
    return [(entry["status"], entry["outcome"], entry["fault"]) for entry in box.journal("ftp", operation=operation)]


def connect(port: int, *, password: str = FTP_PASSWORD, timeout_s: float = TIMEOUT_S) -> ftplib.FTP:
    caller = ftplib.FTP(timeout=timeout_s)  # noqa: S321 - the plain channel is what is tested
    caller.connect("127.0.0.1", port)
    caller.login(FTP_LOGIN, password)
    return caller


def connect_by_tls(port: int, certificate_file: Path) -> ftplib.FTP_TLS:
    trust = ssl.create_default_context(cafile=str(certificate_file))
    caller = ftplib.FTP_TLS(timeout=TIMEOUT_S, context=trust)  # noqa: S321 - it goes by TLS
    caller.connect("127.0.0.1", port)
    caller.login(FTP_LOGIN, FTP_PASSWORD)
    caller.prot_p()
    return caller


def store(caller: ftplib.FTP, path: str, content: bytes, *, command: str = "STOR", rest: int | None = None) -> None:
    caller.storbinary(f"{command} {path}", io.BytesIO(content), rest=rest)


def retrieve(caller: ftplib.FTP, path: str) -> bytes:
    chunks: list[bytes] = []
    caller.retrbinary(f"RETR {path}", chunks.append)
    return b"".join(chunks)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return certificate_file, key_file
