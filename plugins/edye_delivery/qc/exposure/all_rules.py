"""Registers every rule EXPO: import this where the registry has to be complete."""

from __future__ import annotations

from edye_delivery.qc.exposure import access, items, lists  # noqa: F401 (each registers its rules)
from edye_delivery.qc.exposure.rule import RULES as RULES
