"""The orders that the list of processes can have. By themselves, for they are kept, and read before there is a list."""

from __future__ import annotations

SORT_ORDERS = ("tree", "cpu", "memory", "name", "time in state")
