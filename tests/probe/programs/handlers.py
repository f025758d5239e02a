"""Signal handlers that use multiprocessing while they interrupt it, in main and in a child."""

import multiprocessing as mp
import os
import signal
import sys
import time


def install(counter, queue):
    def handler(number, frame):
        with counter.get_lock():
            counter.value += 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)


def works(counter, queue, lock):
    install(counter, queue)
    done = 0
    ends = mp.Pipe()
    end = time.monotonic() + 0.2
    while time.monotonic() < end or done <= 10 or counter.value <= 10:  # it takes longer on a busy machine
        with lock:
            done += 1
        lock.acquire()
        lock.release()
        queue.put(done)
        assert queue.get() == done
        ends[0].send(done)
        assert ends[1].recv() == done
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(done > 10, counter.value > 10)
    sys.stdout.flush()


class Stop(Exception):
    pass


def raises(number, frame):
    raise Stop


def is_stopped(action):
    """A handler that raises: the exception is the program's, wherever it arrives."""
    signal.signal(signal.SIGALRM, raises)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0)
        while True:
            action()
    except Stop:
        print("stopped")
        sys.stdout.flush()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def turn_on_and_off(lock):
    with lock:
        pass


def ends(writer):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(11))
    writer.send(1)
    while True:  # a signal that comes just before Python waits is heeded after the wait
        time.sleep(0.01)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    counter, queue, lock = mp.Value("i", 0, lock=mp.RLock()), mp.Queue(), mp.Lock()
    works(counter, queue, lock)
    child = mp.Process(target=works, args=(counter, queue, lock))
    child.start()
    child.join()
    print(child.exitcode)
    private, value, pair, free = mp.Queue(), mp.Value("i"), mp.Pipe(), mp.RLock()
    is_stopped(free.acquire)
    is_stopped(private.get)
    is_stopped(mp.Event().wait)
    is_stopped(lambda: turn_on_and_off(free))
    is_stopped(lambda: pair[1].send(1) or pair[0].recv())
    is_stopped(lambda: value.value)
    is_stopped(lambda: setattr(value, "value", 1))
    reader, writer = mp.Pipe(False)
    child = mp.Process(target=ends, args=(writer,))
    child.start()
    reader.recv()
    child.terminate()
    child.join()
    print(child.exitcode)
