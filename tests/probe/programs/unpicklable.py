"""What cannot be sent to a spawned child, or cannot be found there."""

import multiprocessing as mp
import sys
import threading
import traceback


def attempt(child):
    try:
        child.start()
    except BaseException:
        traceback.print_exc()
    else:
        child.join()
        print(child.exitcode)
        sys.stdout.flush()


def local():
    def inner():
        print("inner")

    return inner


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    attempt(mp.Process(target=lambda: print("lambda")))
    attempt(mp.Process(target=local()))
    attempt(mp.Process(target=print, args=(threading.Lock(),)) if sys.argv[1] != "fork" else mp.Process(target=print))
    attempt(
        mp.Process(target=print, args=(threading.current_thread().name, (letter for letter in "abc")))
        if sys.argv[1] != "fork"
        else mp.Process(target=print)
    )

    def hidden():
        print("hidden")

    attempt(mp.Process(target=hidden))
    try:
        import pickle

        pickle.dumps(mp.Lock())
    except RuntimeError:
        traceback.print_exc()
    try:
        pickle.dumps(mp.Queue())
    except RuntimeError:
        traceback.print_exc()
    try:
        pickle.dumps(mp.Value("i"))
    except RuntimeError:
        traceback.print_exc()
