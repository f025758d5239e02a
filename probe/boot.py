"""Begins the observation of a process: at its start, or after a fork."""

import os
import sys

from . import cells, children, copies, importing, journal, records, sites, taps, versions


def begin(session, entry):
    """Begin the observation of this process.

    session: the settings, a line each: folder, cache of woven code, level of detail, default start method and flags.
    entry: the folder by which Python found us.
    """
    flags = session.split("\n")[4].split()
    if "attached" in flags:
        _attach(session, entry)
        return
    configure(session, entry)
    start("exec")
    os.register_at_fork(after_in_child=forked)
    sys.meta_path.insert(0, importing.Finder(taps.table(follow="follow" in flags)))
    if "lines" in flags:
        _line_buffer()
    importing.protect_modules()


def _attach(session, entry):
    """Begin as `attaching` does: this process is a new one of a program that has been attached to."""
    package = __name__.partition(".")[0]
    loader = sys.modules[package].__spec__.loader  # pyright: ignore[reportOptionalMemberAccess]
    sys.meta_path.insert(0, loader)  # pyright: ignore[reportArgumentType]
    try:
        attaching = __import__(package + ".attaching", fromlist=["attach"])
    finally:
        sys.meta_path.remove(loader)  # pyright: ignore[reportArgumentType]
    attaching.attach(session, entry)


def configure(session, entry):
    """Apply the settings, also for new processes; see `begin`."""
    folder, store, level, method, flags = session.split("\n")
    journal.folder = folder
    journal.cache = store
    journal.level = level
    children.session, children.entry, children.start_method = session, entry, method
    children.follow = "follow" in flags.split()


def start(how):
    """Begin the journal of this process. how: see `records.ProbeStarted`."""
    _begin()
    _born(how)


def _begin():
    cells.release()  # so that a fork gives up its parent's map, and with it the descriptor, before it makes its own
    journal.begin()
    sites.begin()
    cells.begin()


def forked():
    """Begin the journal of a child that has just been forked."""
    journal.interrupted = None
    try:
        _begin()
        _born("fork")
    except BaseException as error:
        journal.memory = None
        cells.begin()
        if not isinstance(error, Exception) or journal.is_from_program():
            # What is raised here goes no further, and the child would not end by what the program's handler raises.
            if not sites.tapped().f_globals.get("__name__", "").startswith(copies.PREFIXES):
                raise
            journal.interrupted = error


def _born(how):
    arguments = tuple(getattr(sys, "argv", ()))
    born = records.ProbeStarted(journal.pid, journal.parent, how, versions.current(), sys.executable or "", arguments)
    journal.record(born, journal.get_ident())
    # A fork inherits woven modules from its parent.
    for name, reason in list(journal.failed_taps.items()):
        journal.tap_failed(name, reason)


def _line_buffer():
    """Flush the program's output after each line, as on a terminal, although it goes to a socket of the observer."""
    if sys.stdout is not None:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
