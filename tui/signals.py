"""What each signal says to a process, in one line."""

from __future__ import annotations

import signal

MEANINGS = {
    "SIGTERM": "please end: Process.terminate(); Python ends without clean-up",
    "SIGKILL": "end at once; cannot be caught: Process.kill()",
    "SIGINT": "ctrl+c: KeyboardInterrupt in the main thread",
    "SIGSTOP": "stand still until SIGCONT; cannot be caught",
    "SIGCONT": "go on after a stop",
    "SIGHUP": "the terminal has gone: ends it, or makes a daemon read its settings",
    "SIGQUIT": "ctrl+\\: end and leave a core dump",
    "SIGUSR1": "whatever the program means by it; ends it if it has no handler",
    "SIGUSR2": "whatever the program means by it; ends it if it has no handler",
    "SIGALRM": "an alarm of signal.alarm() rings",
    "SIGVTALRM": "an alarm that counts its own CPU time rings",
    "SIGPROF": "a profiler's alarm that counts all its CPU time rings",
    "SIGPIPE": "it wrote to a pipe that nobody reads; Python ignores it and raises BrokenPipeError",
    "SIGCHLD": "a child has ended; ignored if it has no handler",
    "SIGTSTP": "ctrl+z: stand still, if it does not mind",
    "SIGTTIN": "it read from the terminal in the background: stops it",
    "SIGTTOU": "it wrote to the terminal in the background: stops it",
    "SIGWINCH": "the terminal has another size; ignored if it has no handler",
    "SIGABRT": "abort(): end and leave a core dump",
    "SIGSEGV": "as if it touched memory that is not its own: ends it, with a core dump",
    "SIGBUS": "as if memory behind a mapping was missing: ends it, with a core dump",
    "SIGFPE": "as if it divided by zero: ends it, with a core dump",
    "SIGILL": "as if it ran an unknown instruction: ends it, with a core dump",
    "SIGTRAP": "a debugger's breakpoint: ends it if nobody debugs it",
    "SIGSYS": "as if it made a forbidden system call: ends it, with a core dump",
    "SIGURG": "urgent data on a socket; ignored if it has no handler",
    "SIGIO": "a file is ready: ends it if it has no handler",
    "SIGXCPU": "its limit of CPU time is reached: ends it",
    "SIGXFSZ": "its limit of file size is reached; Python ignores it",
    "SIGPWR": "the power fails: ends it if it has no handler",
    "SIGSTKFLT": "unused today: ends it",
    "SIGRTMIN": "the first real-time signal: ends it if it has no handler",
    "SIGRTMAX": "the last real-time signal: ends it if it has no handler",
}


def ordered() -> list[tuple[signal.Signals, str]]:
    """Every signal of this system, those that people send most first."""
    names = list(MEANINGS)
    known = sorted(signal.Signals, key=lambda each: names.index(each.name) if each.name in names else len(names))
    return [(each, MEANINGS.get(each.name, "no word on it here")) for each in known]
