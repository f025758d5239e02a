# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "join() before get()"
# group = "break"
# order = 620
# [[tool.rockproc.try]]
# do = "Wait. The writer says that it is done, and does not end: what is it still waiting for?"
# see = {finding = "join-before-get"}
# [[tool.rockproc.try]]
# do = "Terminate the writer. join() returns, and then?"
# see = {process = "writer", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Leave (esc), edit a copy in the Catalog (e), put the line with get() above join(), and run the copy."
# see = {process = "writer", exitcode = 0}
# ///
"""A program that works with little data and hangs with much.

`put()` returns at once, since it only hands the item to a **feeder thread**, which writes it into a pipe. A pipe
holds some 64 KB. A child does not end before its feeder has written everything. So:

- the writer waits until somebody reads the pipe;
- main, the only one who reads, waits in `join()` until the writer ends.

With 1 KB it would fit, and the mistake would stay unnoticed. The cure is to `get()` first and `join()` then.
"""

import time
from multiprocessing import Process, Queue


def write(reports):
    for number, size in enumerate((1_000, 1_000_000), start=1):
        time.sleep(1)
        reports.put("x" * size)
        print(f"writer: report {number} is put, {size} characters")
    print("writer: I am done")


if __name__ == "__main__":
    reports = Queue()
    writer = Process(target=write, args=(reports,), name="writer")
    writer.start()

    print("main: I join the writer first")
    writer.join()
    print(f"main: {len(reports.get())} and {len(reports.get())} characters")
