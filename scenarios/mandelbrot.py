# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "A picture in shared memory"
# group = "share"
# order = 315
# [[tool.rockproc.try]]
# do = "Focus Shared (4) and enlarge it (enter): four painters draw one picture, each of them every fourth row."
# see = {process = "painter-1", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Run again and terminate painter-2 halfway. Its rows stay empty: no other painter has the task of drawing them."
# see = {process = "painter-2", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Run again and freeze painter-3 (z), then let it continue (z). The others do not wait for it, but main does."
# see = {process = "painter-3", state = "stopped"}
# ///
"""Four processes compute one picture, each into its own part of the same memory.

The `Array` belongs to all of them: a worker puts a finished row where it belongs, and main has the whole picture
at the end, with no message and no copy. No two of them write the same row, so none has to wait for another; the
lock that comes with the Array makes each row appear whole.

The picture is the **Mandelbrot set**: for each point how often `z = z * z + c` can be computed before `z` grows
beyond all bounds.
"""

import time
from multiprocessing import Array, Process

WIDTH, HEIGHT = 78, 54
MOST = 32
PAINTERS = 4
SHADES = " .:-=+*#%@"


def steps(c):
    z = 0j
    for step in range(MOST):
        if abs(z) > 2:
            return step
        z = z * z + c
    return MOST


def row(y):
    return [steps(complex(-2.2 + 3.2 * x / WIDTH, -1.2 + 2.4 * y / HEIGHT)) for x in range(WIDTH)]


def paint(picture, first):
    for y in range(first, HEIGHT, PAINTERS):
        picture[y * WIDTH : (y + 1) * WIDTH] = row(y)
        time.sleep(0.4)


if __name__ == "__main__":
    picture = Array("i", WIDTH * HEIGHT)
    painters = [Process(target=paint, args=(picture, n), name=f"painter-{n + 1}") for n in range(PAINTERS)]
    for painter in painters:
        painter.start()
    for painter in painters:
        painter.join()
    for y in range(0, HEIGHT, 3):
        line = picture[y * WIDTH : (y + 1) * WIDTH]
        print("".join(SHADES[number * 9 // MOST] for number in line[::2]).rstrip())
