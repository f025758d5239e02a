"""Only the main process starts another one."""

from multiprocessing import get_context


def report(name):
    print(name, "written")


if __name__ == "__main__":
    process = get_context("spawn").Process(target=report, args=("summary",))
    process.start()
    process.join()
