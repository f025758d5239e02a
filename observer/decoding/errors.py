"""Shortens the texts of exceptions."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def without_addresses(error: str) -> str:
    """Return the text of an exception without the addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("", error)
