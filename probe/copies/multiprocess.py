"""multiprocess (pathos, datasets, mpire): the multiprocessing of the same CPython, with dill in the place of pickle."""

from ..taps import MODULES as _STANDARD

MODULES = {
    name.partition(".")[2]: tap for name, tap in _STANDARD.items() if name.partition(".")[0] == "multiprocessing"
}

CHANGES = {}
