"""Bare forks: in the main thread, in another thread, twice over as a daemon does, and an exec after `start()`."""

import multiprocessing as mp
import os
import sys
import threading


def report(text):
    os.write(1, (text + "\n").encode())


def child_of(action):
    pid = os.fork()
    if not pid:
        try:
            action()
        finally:
            os._exit(3)
    return os.waitpid(pid, 0)[1]


def uses(queue, lock, value):
    with lock:
        value.value += 1
        report("value %d" % value.value)
    queue.put("from a fork")
    queue.close()
    queue.join_thread()


def daemonises(writer):
    os.setsid()
    if os.fork():
        os._exit(0)
    writer.send("from a daemon")
    os._exit(0)


def executes():
    os.execv(sys.executable, [sys.executable, "-c", "import os; print('executed', sorted(os.environ), flush=True)"])


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    queue, lock, value = mp.Queue(), mp.Lock(), mp.Value("i", 0)
    report("status %d" % child_of(lambda: uses(queue, lock, value)))
    report(queue.get())
    thread = threading.Thread(target=lambda: report("status %d" % child_of(lambda: uses(queue, lock, value))))
    thread.start()
    thread.join()
    report(queue.get())
    reader, writer = mp.Pipe(False)
    report("status %d" % child_of(lambda: daemonises(writer)))
    report(reader.recv())
    child = mp.Process(target=executes)
    child.start()
    child.join()
    report("exit %s" % child.exitcode)
    with lock:
        report("status %d" % child_of(lambda: report("acquired %s" % lock.acquire(timeout=0.1))))
    child = mp.Process(target=report, args=("a child before the end",))
    child.start()
    child.join()
    os.execv(sys.executable, [sys.executable, "-c", "import sys; print('the end', sys.path[1:], flush=True)"])
