"""Processes that do not want to end: deaf ones, a stopped one, one that waits for a lock, a daemon and an orphan."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import shared_memory

DEAF = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def be_deaf(ready):
    for number in DEAF:
        signal.signal(number, signal.SIG_IGN)
    ready.release()
    while True:
        time.sleep(60)


def wait_for_ever(lock, ready):
    ready.release()
    lock.acquire()


def daemonise(ready):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            be_deaf(ready)
        os._exit(0)
    os.wait()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    ready = multiprocessing.Semaphore(0)
    lock = multiprocessing.Lock()
    lock.acquire()
    memory = shared_memory.SharedMemory(os.environ["ROCKPROC_TEST"], create=True, size=4096)
    shared = multiprocessing.Array("d", 1000)
    deaf = multiprocessing.Process(target=be_deaf, args=(ready,), name="deaf")
    stopped = multiprocessing.Process(target=be_deaf, args=(ready,), name="stopped", daemon=True)
    waiting = multiprocessing.Process(target=wait_for_ever, args=(lock, ready), name="waiting")
    orphan = multiprocessing.Process(target=daemonise, args=(ready,), name="parent of a daemon")
    for process in (deaf, stopped, waiting, orphan):
        process.start()
    orphan.join()
    for _ in range(4):
        ready.acquire()
    os.kill(stopped.pid, signal.SIGSTOP)
    code = "import os, sys, time; os.setsid(); print('ALL', 'HERE', flush=True); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", code])
    for number in DEAF:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
