"""A real vsftpd for tests and benchmarks: on loopback only, as whoever starts it, its files in one folder."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

MISSING = "vsftpd is not installed: `apt-get install vsftpd`, then `make test`"
HOST = "127.0.0.1"
LOGIN = "anonymous"
START_S = 10.0
END_S = 10.0

# `run_as_launching_user` keeps the user who starts it, so no root is needed; it also means no chroot, one process a
# session, and that `ftp_username`, `nopriv_user` and `secure_chroot_dir` have to exist but are never changed to.
# An anonymous login is the only one without PAM; `secure_email_list_enable` gives it a password that is checked.
SETTINGS = """\
listen=YES
listen_ipv6=NO
listen_address={host}
listen_port={port}
background=NO
run_as_launching_user=YES
ftp_username=root
nopriv_user=root
secure_chroot_dir={root}
isolate=NO
isolate_network=NO
seccomp_sandbox=NO
anonymous_enable=YES
local_enable=NO
secure_email_list_enable=YES
email_password_file={password_file}
delay_failed_login=0
anon_root={root}
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
pasv_address={host}
idle_session_timeout=3600
data_connection_timeout=3600
ftpd_banner={banner}
xferlog_enable=YES
xferlog_std_format=NO
log_ftp_protocol=YES
vsftpd_log_file={log_file}
"""

# With the default ciphers of vsftpd 3.0.3 no TLS 1.2 is possible: OpenSSL 3 no longer has them.
TLS_SETTINGS = """\
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file={certificate}
rsa_private_key_file={key}
"""


class VsftpdFailed(RuntimeError):
    """The server did not start; the message has what it said (its `500 OOPS: ...`)."""


@dataclass(frozen=True, slots=True)
class VsftpdServer:
    """A server that accepts connections.

    `root` is the folder that a login lands in. There is no chroot: the server's `/` is the disk's, so a client uses
    paths relative to where it landed, or absolute ones below `str(root)`.
    """

    host: str
    port: int
    root: Path
    login: str
    password: str
    pid: int
    log_file: Path  # each command and answer, and each whole upload, one a line
    certificate: Path | None  # what a client trusts when TLS is required


def vsftpd_path() -> str | None:
    """The program, also where a normal user's PATH leaves out `sbin`; None where it is not installed."""
    return shutil.which("vsftpd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def require_vsftpd() -> None:
    """Skips the test where vsftpd is not installed, and says how to run it; in CI the test fails instead."""
    if vsftpd_path() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)


@contextmanager
def vsftpd_server(folder: Path, *, certificate: Path | None = None, key: Path | None = None) -> Iterator[VsftpdServer]:
    """A server whose files are all in `folder`; none of its processes is left at the end.

    With a certificate (PEM; the key may be in the same file) TLS is required for logins and data, and a data connection
    has to resume the control connection's TLS session. A second server in the same folder finds the first one's files.
    """
    folder = folder.resolve()
    root = folder / "root"
    root.mkdir(parents=True, exist_ok=True)
    password = secrets.token_hex(16)
    password_file = folder / "passwords"
    password_file.touch(mode=0o600)
    password_file.write_text(f"{password}\n", encoding="utf-8")
    log_file = folder / "vsftpd.log"
    port = _free_port()
    banner = f"vsftpd of a test, {secrets.token_hex(8)}"
    settings = SETTINGS.format(
        host=HOST, port=port, root=root, password_file=password_file, log_file=log_file, banner=banner
    )
    if certificate:
        settings += TLS_SETTINGS.format(certificate=certificate.resolve(), key=(key or certificate).resolve())
    settings_file = folder / "vsftpd.conf"
    settings_file.write_text(settings, encoding="utf-8")
    said = folder / "vsftpd.said"
    process = _launch(settings_file, said)
    try:
        _wait_for_greeting(process, port, banner, said)
        yield VsftpdServer(HOST, port, root, LOGIN, password, process.pid, log_file, certificate)
    finally:
        end_server(process)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _launch(settings_file: Path, said: Path) -> subprocess.Popen[bytes]:
    program = vsftpd_path()
    if program is None:
        raise VsftpdFailed(MISSING)
    with said.open("w+b") as output:  # vsftpd writes its errors to descriptor 0, which is the client's socket later on
        return subprocess.Popen(
            [program, str(settings_file)], stdin=output, stdout=output, stderr=output, start_new_session=True
        )


def _wait_for_greeting(process: subprocess.Popen[bytes], port: int, banner: str, said: Path) -> None:
    """Returns once this server, and not another one on the same port, greets a client."""
    until = time.monotonic() + START_S
    heard = ""
    while process.poll() is None and time.monotonic() < until:
        heard = greeting(port)
        if heard == f"220 {banner}":
            return
        time.sleep(0.01)
    answer = said.read_text(encoding="utf-8", errors="replace").strip() or heard or "nothing"
    state = f"gives no greeting after {START_S:.0f} s" if process.poll() is None else f"ended with {process.returncode}"
    raise VsftpdFailed(f"vsftpd {state}, it said: {answer}")


def greeting(port: int) -> str:
    """What a client hears first; nothing when there is nobody."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as client, client.makefile("rb") as answers:
            return answers.readline().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def end_server(process: subprocess.Popen[bytes]) -> None:
    """Ends the sessions first, so that the server itself collects them, then the server."""
    if process.poll() is not None:
        return
    sessions = psutil.Process(process.pid).children(recursive=True)
    for session in sessions:
        with suppress(psutil.NoSuchProcess):
            session.kill()
    psutil.wait_procs(sessions, timeout=END_S)
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
