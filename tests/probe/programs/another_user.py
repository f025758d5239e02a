"""Becomes a user who may not write where it began, if it may, and goes on with shared memory and children."""

import multiprocessing
import multiprocessing.heap
import multiprocessing.popen_fork
import multiprocessing.queues
import multiprocessing.sharedctypes
import os


def work(array, queue):
    array[-1] = 7
    queue.put(os.getuid())


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    if os.getuid() == 0:
        os.chdir("/")
        os.environ["TMPDIR"] = "/tmp"
        os.setgid(65534)
        os.setuid(65534)
    array, queue = context.Array("i", 5_000_000), context.Queue()
    child = context.Process(target=work, args=(array, queue))
    child.start()
    print(queue.get() == os.getuid())
    child.join()
    print(child.exitcode, array[-1])
