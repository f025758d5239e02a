"""The states of a run."""

from __future__ import annotations

import enum


class RunState(enum.StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
