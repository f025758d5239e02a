"""main looks at the exit codes."""

import sys
from multiprocessing import Manager, Process


def export(part, done):
    done.append(part)


def main():
    with Manager() as manager:
        done = manager.list()
        processes = [Process(target=export, args=(part, done)) for part in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        if any(process.exitcode for process in processes):
            sys.exit("an export failed")
        print("all done:", len(done), "of 4")


if __name__ == "__main__":
    main()
