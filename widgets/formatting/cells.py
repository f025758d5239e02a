"""The type of a formatted line."""

from __future__ import annotations

Cells = tuple[tuple[str, str], ...]
"""The texts of a line, each with its role; see `roles`."""
