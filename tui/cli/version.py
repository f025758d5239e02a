"""The version of rockproc-tui."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version that is installed."""
    try:
        return metadata.version("rockproc-tui")
    except metadata.PackageNotFoundError:
        return "(not installed)"
