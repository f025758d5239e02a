"""Two children put a number each into a Queue. `benchmarks.debugger` sets breakpoints at the lines with a comment."""

import multiprocessing
import sys


def work(queue, number):
    square = number * number
    queue.put(square)  # breakpoint
    return square


def main():
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.Queue()
    children = [context.Process(target=work, args=(queue, number)) for number in range(2)]
    for child in children:
        child.start()  # breakpoint
    squares = sorted(queue.get() for _ in children)
    for child in children:
        child.join()  # breakpoint
    print(squares, [child.exitcode for child in children])


if __name__ == "__main__":
    main()
