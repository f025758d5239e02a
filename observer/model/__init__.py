"""The state of a run at one moment: plain data, which imports nothing else of ours."""

from .access import Access, Thread
from .channel import Channel
from .command import Command
from .coverage import Coverage, Unobserved, coverage_of, is_part_of_program, is_unobserved
from .finding import Finding
from .forgotten import Forgotten
from .intervention import (
    AcquireLock,
    ClearEvent,
    DropItem,
    Intervention,
    Plan,
    PutItem,
    ReleaseLock,
    SetEvent,
    SetValue,
)
from .keys import USER
from .lock import SIGNALLED, Hold, Lock
from .lock_order import LockOrder, Section
from .manager import ChangedCopy, LostItem, ManagedObject, Manager, SharedItem
from .message import Message, MessageEvent
from .output_line import OutputLine
from .pool import Pool, Worker
from .process import HELPER_ROLES, TRANSITIONS, Phase, Process, State, UnobservedReason, Wait
from .repeated_read import RepeatedRead
from .run_state import RunState
from .sent_signal import SentSignal
from .severity import Severity, Verdict
from .shared_value import SharedValue
from .signal_handler import SignalHandler
from .site import Site
from .snapshot import Snapshot
from .stream import Stream
from .thread_cpu import ThreadCpu
from .thread_state import Blocked, BlockedPlace, ConnectionEnd, ThreadState
from .timeline import StateInterval, ThreadChange, TimelineMark
from .unshared_change import UnsharedChange, UnsharedKind
from .update import Dependence, Updater, Updates
from .world import OBJECTS, World

__all__ = [
    "HELPER_ROLES",
    "OBJECTS",
    "SIGNALLED",
    "TRANSITIONS",
    "USER",
    "Access",
    "AcquireLock",
    "Blocked",
    "BlockedPlace",
    "ChangedCopy",
    "Channel",
    "ClearEvent",
    "Command",
    "ConnectionEnd",
    "Coverage",
    "Dependence",
    "DropItem",
    "Finding",
    "Forgotten",
    "Hold",
    "Intervention",
    "Lock",
    "LockOrder",
    "LostItem",
    "ManagedObject",
    "Manager",
    "Message",
    "MessageEvent",
    "OutputLine",
    "Phase",
    "Plan",
    "Pool",
    "Process",
    "PutItem",
    "ReleaseLock",
    "RepeatedRead",
    "RunState",
    "Section",
    "SentSignal",
    "SetEvent",
    "SetValue",
    "Severity",
    "SharedItem",
    "SharedValue",
    "SignalHandler",
    "Site",
    "Snapshot",
    "State",
    "StateInterval",
    "Stream",
    "Thread",
    "ThreadChange",
    "ThreadCpu",
    "ThreadState",
    "TimelineMark",
    "Unobserved",
    "UnobservedReason",
    "UnsharedChange",
    "UnsharedKind",
    "Updater",
    "Updates",
    "Verdict",
    "Wait",
    "Worker",
    "World",
    "coverage_of",
    "is_part_of_program",
    "is_unobserved",
]
