"""Prepares the environment of new processes of the program, so that they are observed too."""

import os

from . import journal, records

session = ""
"""The text by which a Python finds the session; see `boot.begin`."""
entry = ""
"""The folder that loads the probe."""
start_method = ""
"""The default start method that the user of the observer has chosen, or ""."""
follow = False
"""True if Pythons that the program starts by `subprocess` are observed, too."""

_MAX_WORDS, _MAX_WORD_CHARACTERS = 12, 200


def record_launch(pid, words, followed):
    """Record a program that has been started, by the first words of its command line."""
    arguments = tuple([os.fsdecode(word)[:_MAX_WORD_CHARACTERS] for word in words[:_MAX_WORDS]])
    journal.record(records.Launched(pid, followed, arguments))


def additions(variables=None, followed=False):
    """Return the variables to add to the environment of a Python interpreter that is to load the probe.

    variables: its environment; by default that of this process. Nothing is added before `boot.begin`.
    followed: it is started by `subprocess`, and its output may go anywhere: it is not flushed with each line.
    """
    if not session:
        return {}
    path = (os.environ if variables is None else variables).get("PYTHONPATH")
    text = session.rpartition("\n")[0] + "\nfollow" if followed else session
    added = {"PYTHONPATH": entry + os.pathsep + path if path else entry, "ROCKPROC_SESSION": text}
    if path is not None:
        added["ROCKPROC_PYTHONPATH"] = path
    return added
