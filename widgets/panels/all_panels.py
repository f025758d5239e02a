"""The list of the Lab's panels. A new panel is a file in this folder and an entry here."""

from __future__ import annotations

from ..bases.panel import Panel
from .command_log import CommandLog
from .findings import Findings
from .locks import Locks
from .messages import Messages
from .output import Output
from .pools import Pools
from .processes import Processes
from .shared_values import SharedValues
from .source import Source
from .stack import Stack
from .steps import Steps
from .timeline import Timeline

PANELS: tuple[type[Panel], ...] = (Processes, Timeline, Messages, SharedValues, Locks, Output)
"""The panels with a place of their own, in the order of their numbers."""
DRAWERS: tuple[type[Panel], ...] = (Findings, Pools, Source, Stack, Steps, CommandLog)
"""The panels that open on demand."""
