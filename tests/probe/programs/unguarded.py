"""No `__main__` guard: the classic error under spawn and forkserver."""

import multiprocessing as mp
import sys

mp.set_start_method(sys.argv[1], force=True)
if mp.parent_process() is None or sys.argv[1] != "fork":
    child = mp.Process(target=print, args=("hello",))
    child.start()
    child.join()
    print(child.exitcode)
