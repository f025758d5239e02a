"""multiprocessing/context.py: the start method that the user of the observer has chosen (CPython 3.8 to 3.15).

It becomes the default, and only that: a program that sets its own is still free to do so once.
"""

from .. import children

WEAVES = {}


def loaded(module):
    if children.start_method:
        module._default_context._default_context = module._concrete_contexts[children.start_method]
