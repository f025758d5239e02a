# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "The life of a process"
# group = "create"
# order = 130
# [[tool.rockproc.try]]
# do = "Wait until the child has ended and main has not joined it yet: it is a zombie."
# see = {process = "child", state = "zombie"}
# [[tool.rockproc.try]]
# do = "Wait longer: join() collects the exit code, and the zombie disappears."
# see = {process = "child", state = "joined"}
# [[tool.rockproc.try]]
# do = "Run again and kill the child (9) while it works. Which negative number is its exit code?"
# see = {process = "child", signal = "SIGKILL"}
# [[tool.rockproc.try]]
# do = "Choose forkserver (s) and run again. There is no zombie now: whose child is it?"
# see = {process = "child", start_method = "forkserver", exitcode = 3}
# ///
"""The life of a process, one step at a time.

| step | what happens |
| --- | --- |
| `Process(…)` | a handle: `pid` is None, `is_alive()` is False |
| `start()` | the operating system makes a child, by fork or by a new interpreter |
| `_bootstrap()` | the child sets itself up, calls `run()`, catches what it raises, makes an exit code of it |
| `run()` | calls your `target` |
| the end | the child is a **zombie**: it has stopped, but its exit code waits to be asked for |
| `join()` | waits for the end and takes the exit code; now the child is gone |

`exitcode` is None while the child lives, 0 after a good end, the number given to `sys.exit()`, 1 after an
exception, and −n when signal n ended it.
"""

import sys
import time
from multiprocessing import Process


def work():
    for step in range(1, 5):
        print(f"child: step {step} of 4")
        time.sleep(0.6)
    sys.exit(3)


def show(moment, child):
    print(f"{moment}: pid={child.pid} is_alive()={child.is_alive()} exitcode={child.exitcode}")


if __name__ == "__main__":
    child = Process(target=work, name="child")
    show("Process(…)", child)
    time.sleep(1)

    child.start()
    show("start()", child)
    child.join(1)  # returns None whether the child has ended or not
    show("join(1)", child)

    # Asking is_alive() or exitcode would take the exit code as join() does. So main keeps still, and the child
    # that ends meanwhile remains a zombie.
    print("main: I look away for some seconds")
    time.sleep(4)

    child.join()
    show("join()", child)

    try:
        child.start()
    except AssertionError as error:
        print(f"main: a handle is good for one life only: {error}")
