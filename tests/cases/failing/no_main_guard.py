"""A process is started without `if __name__ == "__main__":`, and nobody looks at its exit code."""

from multiprocessing import Process


def report():
    print("report written", flush=True)


process = Process(target=report)
process.start()
process.join()
