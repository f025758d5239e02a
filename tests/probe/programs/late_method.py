"""set_start_method, contexts and their errors."""

import multiprocessing as mp
import sys


def say(text, queue):
    queue.put((text, mp.get_start_method(allow_none=True), mp.current_process().name))


if __name__ == "__main__":
    print(mp.get_all_start_methods())
    context = mp.get_context(sys.argv[1])
    for method in ("fork", "spawn", "forkserver"):
        other = mp.get_context(method)
        queue = other.Queue()
        child = other.Process(target=say, args=(method, queue))
        child.start()
        print(queue.get(), type(child).__mro__, child._start_method)
        child.join()
    print(type(context.Process()).__name__, type(queue).__name__, type(context.Lock()).__name__)
    mp.set_start_method("spawn")
    try:
        mp.set_start_method("fork")
    except RuntimeError as error:
        print(error)
    mp.set_start_method("fork", force=True)
    print(mp.get_start_method(), mp.get_context())
    queue = mp.Queue()
    child = mp.Process(target=say, args=("default", queue))
    child.start()
    print(queue.get())
    child.join()
