"""The program's version, of which CHANGELOG.md tells what is new."""

from __future__ import annotations

VERSION = "0.1.0"
