"""Children that raise, exit and are ended, and the exit codes that their parent gets."""

import multiprocessing as mp
import os
import signal
import sys
import time


def raises():
    raise ZeroDivisionError("in the child")


def nested():
    try:
        {}["nothing"]
    except KeyError as error:
        raise ValueError("from another") from error


def leaves(code):
    sys.exit(code)


def leaves_at_once():
    os._exit(5)


def signals_itself(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


def interrupted():
    raise KeyboardInterrupt


class Worker(mp.Process):
    def run(self):
        raise LookupError("in run")


class Odd(mp.Process):
    def __init__(self):
        super().__init__(name="odd one")
        self.code = 3

    def run(self):
        super().run()
        sys.exit(self.code)


def show(child):
    child.start()
    child.join()
    print(child.name, child.exitcode, child.is_alive(), repr(child)[:20])
    sys.stdout.flush()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    for target, args in [
        (raises, ()),
        (nested, ()),
        (leaves, (0,)),
        (leaves, (3,)),
        (leaves, (None,)),
        (leaves, ("text",)),
        (leaves, (1.5,)),
        (leaves, (True,)),
        (leaves_at_once, ()),
        (signals_itself, (signal.SIGTERM,)),
        (signals_itself, (signal.SIGKILL,)),
        (signals_itself, (signal.SIGSEGV if len(sys.argv) > 2 else signal.SIGUSR1,)),
        (interrupted, ()),
        (None, ()),
        (len, ()),
        (raises, (1, 2)),
    ]:
        show(mp.Process(target=target, args=args, name="%s %r" % (getattr(target, "__name__", target), args)))
    show(Worker())
    show(Odd())
    for way in ("terminate", "kill"):
        child = mp.Process(target=time.sleep, args=(60,))
        child.start()
        getattr(child, way)()
        child.join()
        print(way, child.exitcode)
    raise SystemExit(9)
