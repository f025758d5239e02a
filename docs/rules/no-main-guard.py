"""The main module starts a process while it is imported by the process that it has started."""

from multiprocessing import get_context


def report(name):
    print(name, "written")


process = get_context("spawn").Process(target=report, args=("summary",))
process.start()
process.join()
