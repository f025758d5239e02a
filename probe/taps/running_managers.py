"""multiprocessing/managers.py in a program that runs already: the calls of proxies, also of those that exist.

The threads of a server are in progress and keep their code, so objects are only known by the calls of their clients.
"""

from . import managers
from .managers import called as called
from .managers import calling as calling
from .managers import failed as failed
from .managers import made as made
from .managers import tap_of as tap_of

VARIANT = "running"
WEAVES = {name: managers.WEAVES[name] for name in ("BaseProxy.__init__", "BaseProxy._callmethod")}


def loaded(module):
    module.BaseProxy._rockproc = None
