"""Functions that the programs beside this one share."""

import resource


def used():
    """Seconds of CPU of this process and of those children that it has joined."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
