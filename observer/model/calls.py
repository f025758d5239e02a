"""Texts for what a function may call; see `SignalHandler.calls` and `World.thread_calls`.

Each is the last name of an object and a method, as in `done.set`, or `.set` where the object is not known.
"""

RAISES = ".raise"
"""The function may raise an exception."""
ANYTHING = ".*"
"""The source is not known, or leads too far."""
CALLBACK = ".()"
"""The function calls what a variable of its own refers to, or what another call has returned."""
