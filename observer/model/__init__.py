"""The state of a run at one moment: plain data, which imports nothing else of ours."""

from .channel import Channel
from .command import Command
from .finding import Finding
from .forgotten import Forgotten
from .lock import SIGNALLED, Hold, Lock
from .manager import Managed, Manager
from .message import Message, MessageEvent
from .output_line import OutputLine
from .pool import Pool, Worker
from .process import HELPERS, Doing, Phase, Process, State, UnobservedReason
from .run_state import RunState
from .shared_value import SharedValue
from .site import Site
from .snapshot import Snapshot
from .stream import Stream
from .timeline import Mark, Span
from .world import OBJECTS, World

__all__ = [
    "HELPERS",
    "OBJECTS",
    "SIGNALLED",
    "Channel",
    "Command",
    "Doing",
    "Finding",
    "Forgotten",
    "Hold",
    "Lock",
    "Managed",
    "Manager",
    "Mark",
    "Message",
    "MessageEvent",
    "OutputLine",
    "Phase",
    "Pool",
    "Process",
    "RunState",
    "SharedValue",
    "Site",
    "Snapshot",
    "Span",
    "State",
    "Stream",
    "UnobservedReason",
    "Worker",
    "World",
]
