"""Lets a thread's system call return EINTR, as a signal does whose handler is called, without a signal.

A call of CPython that waits then looks for pending signals and scripts, and waits on. Nothing else changes.
"""

from __future__ import annotations

import ctypes
import os
import platform

SUPPORTED = platform.system() == "Linux" and platform.machine() == "x86_64"
"""True if the layout of this machine's registers is known."""
_SEIZE, _INTERRUPT, _GET_REGISTERS, _SET_REGISTERS, _DETACH = 0x4206, 0x4207, 12, 13, 17
_ALL_THREADS = 0x40000000
"""__WALL: waitpid() for threads, too."""
_RESTARTS = (-512, -513, -514, -516)
"""ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK: how the kernel marks a call to be repeated."""
_EINTR, _NO_CALL = -4, -1
_REGISTERS = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi"),
    *("orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
)


class _Registers(ctypes.Structure):
    """`struct user_regs_struct` of x86-64."""

    _fields_ = tuple((name, ctypes.c_longlong) for name in _REGISTERS)


def interrupt(tid: int) -> None:
    """Interrupt the system call of a thread that waits. A thread that runs is left as it is.

    Raises OSError when the thread has ended, is traced by another process, or may not be traced.
    """
    _ptrace(_SEIZE, tid)
    try:
        _ptrace(_INTERRUPT, tid)
        os.waitpid(tid, _ALL_THREADS)
        registers = _Registers()
        _ptrace(_GET_REGISTERS, tid, ctypes.addressof(registers))
        if registers.orig_rax >= 0 and registers.rax in _RESTARTS:
            registers.rax, registers.orig_rax = _EINTR, _NO_CALL
            _ptrace(_SET_REGISTERS, tid, ctypes.addressof(registers))
    finally:
        _ptrace(_DETACH, tid)


def _ptrace(request: int, tid: int, data: int = 0) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.ptrace.restype = ctypes.c_long
    if library.ptrace(request, tid, None, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
