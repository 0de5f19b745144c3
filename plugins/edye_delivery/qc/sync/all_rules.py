"""Registers every rule SYNC: import this where the registry has to be complete."""

from __future__ import annotations

from edye_delivery.qc.sync import media, metadata, sources  # noqa: F401 (each registers its rules)
