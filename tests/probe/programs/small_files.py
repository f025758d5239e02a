"""Has a limit of file sizes, and is ended by SIGXFSZ."""

import multiprocessing
import resource
import signal


def work():
    print("works", flush=True)


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    child = context.Process(target=work)
    child.start()
    child.join()
    print(child.exitcode)
