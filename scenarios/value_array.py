# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Value and Array"
# group = "share"
# order = 310
# [[tool.rockproc.try]]
# do = "Watch the shared memory: one element after the other is squared, without a message to main."
# see = {value = "squares", equals = [1, 4, 9, 16, 25, 36]}
# [[tool.rockproc.try]]
# do = "Run again and freeze the squarer halfway. Half of squares is new, half is old: could another process tell?"
# see = {process = "squarer", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill the squarer halfway. What it had written stays."
# see = {process = "squarer", signal = "SIGKILL"}
# ///
"""Memory that belongs to two processes at once.

A `Value` holds one number, an `Array` many, in memory that all processes see: what the child writes is there for
the main process at once, with no message and no copy. They have the fixed types of C: `"i"` an int, `"d"` a
double, `"c"` characters, or a `Structure` of your own with named fields.

Each comes with a lock, or shares one that you pass as `lock=`. With `lock=False` it has none at all.

This is the example of Python's own documentation, slowed down so that every step can be seen.
"""

import time
from ctypes import Structure, c_double
from multiprocessing import Array, Lock, Process, Value


class Point(Structure):
    _fields_ = [("x", c_double), ("y", c_double)]


def square(number, fraction, greeting, squares, points):
    number.value **= 2
    time.sleep(0.7)
    fraction.value **= 2
    time.sleep(0.7)
    for index in range(len(greeting)):
        greeting[index] = greeting[index].upper()
        time.sleep(0.15)
    for index in range(len(squares)):
        squares[index] **= 2
        time.sleep(0.4)
    for point in points:  # each point is a view into the shared memory, not a copy
        point.x **= 2
        time.sleep(0.3)
        point.y **= 2
        time.sleep(0.3)


def show(number, fraction, greeting, squares, points):
    corner = points[0]
    print(f"main: {number.value} {fraction.value:.3f} {greeting.value.decode()} {squares[:]} ({corner.x}, {corner.y})")


if __name__ == "__main__":
    lock = Lock()
    number = Value("i", 7)
    fraction = Value("d", 1 / 3, lock=False)
    greeting = Array("c", b"hello world", lock=lock)
    squares = Array("i", [1, 2, 3, 4, 5, 6])
    points = Array(Point, [(1.875, -6.25), (-5.75, 2.0), (2.375, 9.5)], lock=lock)
    shared = (number, fraction, greeting, squares, points)

    squarer = Process(target=square, args=shared, name="squarer")
    squarer.start()
    while squarer.is_alive():
        show(*shared)
        squarer.join(timeout=1)
    show(*shared)
