"""The types of objects and of what their methods are, and the pickles in which they travel."""

import copy
import ctypes
import inspect
import multiprocessing as mp
import multiprocessing.context
import multiprocessing.reduction
import multiprocessing.sharedctypes
import pickle
import pickletools
import re
import sys


class Popen:
    """Stands for the one in whose start an object is pickled."""

    def duplicate_for_child(self, fd):
        return 5

    DupFd = duplicate_for_child


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


def shape(data):
    """The opcodes of a pickle, with texts and without numbers, which are handles and descriptors."""
    found = []
    for opcode, argument, _ in pickletools.genops(data):
        name = re.sub(r"^(BININT\d?|LONG\d)$", "INT", opcode.name)
        if name in ("FRAME", "INT"):
            argument = ""
        if name == "SHORT_BINBYTES" and len(argument) == 32:
            argument = "authkey"
        text = re.sub(r"/mp-\w+", "/mp-N", str(argument))
        found.append("%s %s" % (name, text))
    return found


def target():
    pass


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    a, b = mp.Pipe()
    c, d = mp.Pipe(False)
    objects = {
        "queue": mp.Queue(3),
        "joinable": mp.JoinableQueue(),
        "simple": mp.SimpleQueue(),
        "a": a,
        "b": b,
        "c": c,
        "d": d,
        "lock": mp.Lock(),
        "rlock": mp.RLock(),
        "semaphore": mp.Semaphore(2),
        "bounded": mp.BoundedSemaphore(2),
        "condition": mp.Condition(),
        "event": mp.Event(),
        "barrier": mp.Barrier(2),
        "value": mp.Value("i", 5),
        "array": mp.Array("d", 3),
        "text": mp.Array("c", b"abc"),
        "raw": mp.RawValue("i", 5),
        "raw array": mp.RawArray("d", 3),
        "unlocked": mp.Value("i", lock=False),
        "point": mp.Value(Point, 1, 2.5),
        "direct": multiprocessing.sharedctypes.Value("i", 5),
        "process": mp.Process(target=target, args=(1,), kwargs={"x": 2}, name="n", daemon=True),
    }
    a.send(1)
    b.recv()
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for end in (a, d):
            print(shape(pickle.dumps(end, protocol)))
    twin = copy.copy(a)
    twin._handle = None  # it would close it
    print(twin.__dict__)
    multiprocessing.context.set_spawning_popen(Popen())
    for name, item in objects.items():
        print("==", name, type(item), type(item).__mro__, isinstance(item, type(item)))
        for attribute in sorted(set(dir(item)) - {"_rockproc"}):
            try:
                value = getattr(item, attribute)
            except Exception as error:
                value = error
            if inspect.ismethod(value):
                print(attribute, inspect.signature(value), value.__qualname__, value.__module__, value.__doc__)
            elif callable(value) and attribute not in ("acquire", "release", "__class__"):
                print(attribute, type(value))
        print(re.sub(r"0x\w+|\d\d+|mp-\w+", "N", repr(item)))
        try:
            print("\n".join(shape(bytes(multiprocessing.reduction.ForkingPickler.dumps(item)))))
        except Exception as error:
            print(type(error), error)
    for function in (
        mp.Queue,
        mp.Process,
        mp.Process.start,
        mp.queues.Queue.put,
        mp.queues.Queue.get,
        mp.connection.Connection.send,
    ):
        print(inspect.signature(function), inspect.getsourcefile(function), inspect.getdoc(function))
    print(inspect.getsource(mp.queues.Queue.put))
    print(mp.queues.Queue.put.__code__.co_varnames, mp.queues.Queue.put.__code__.co_firstlineno, mp.queues.__file__)
    print(mp.queues.__spec__, mp.queues.__loader__.__class__, mp.queues.__cached__)
    print(
        sorted(vars(mp.queues)),
        sorted(set(vars(mp.synchronize.SemLock)) - {"_rockproc"}),
        pickle.__name__,
    )
