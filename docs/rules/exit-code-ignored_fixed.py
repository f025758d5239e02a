"""A process fails, and the main process reports it."""

from multiprocessing import Process


def export(part):
    open(f"/nonexistent/{part}")


if __name__ == "__main__":
    process = Process(target=export, args=(1,))
    process.start()
    process.join()
    print("exported" if process.exitcode == 0 else "the export failed")
