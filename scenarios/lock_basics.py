# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Lock: one at a time"
# group = "coordinate"
# order = 410
# [[tool.rockproc.try]]
# do = "Compare the two rounds in the output: which pages can be read?"
# see = {lock = "printer", min_contended = 2}
# [[tool.rockproc.try]]
# do = "Run again and freeze the writer that holds the printer (z). The others wait. Let it continue (z)."
# see = {process = "*-[123]", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill the writer that holds the printer. Why does no writer print again?"
# see = {finding = "holder-died"}
# ///
"""Three writers, one printer.

In the first round each writer prints whenever it has a line, and the pages get mixed. In the second each writer takes
the `printer` lock for a whole page: `with printer:` waits until the lock is free, takes it, and releases it at the
end of the block, whatever happens inside it.

A Lock protects nothing by itself. It works because *all* of them ask for it.
"""

import time
from contextlib import nullcontext
from multiprocessing import Lock, Process, current_process


def write(printer):
    name = current_process().name
    for page in (1, 2):
        with printer:
            for line in ("top", "middle", "bottom"):
                print(f"{name}: page {page}, {line}")
                time.sleep(0.3)
        time.sleep(0.1)


def run(printer, name):
    writers = [Process(target=write, args=(printer,), name=f"{name}-{number}") for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    print("main: everybody at once")
    run(nullcontext(), "hasty")
    time.sleep(1)

    print("main: one at a time")
    printer = Lock()
    run(printer, "orderly")
