"""The sort orders of the list of processes, in a module of their own because preferences are read before the list."""

from __future__ import annotations

SORT_ORDERS = ("tree", "cpu", "memory", "name", "time in state")
