# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Barrier: nobody goes ahead"
# group = "coordinate"
# order = 450
# [[tool.rockproc.try]]
# do = "Watch the fast hiker-1: how much of its time does it spend at the camps?"
# see = {process = "hiker-1", state = "waiting"}
# [[tool.rockproc.try]]
# do = "Run again and freeze hiker-2 (z) on the way. The others wait at the camp. Let it continue (z)."
# see = {process = "hiker-2", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill hiker-3 on the way. The barrier is for three, and two are left: what happens?"
# see = {process = "hiker-3", signal = "SIGKILL", finding = "barrier-short"}
# ///
"""Work in step.

Three hikers walk at their own pace and meet at every camp. `camp.wait()` sleeps until all three have called it,
then lets all go at once, and is ready for the next round.

`wait()` gives each a different number from 0 to 2. That is a fair way to choose one for what only one should do.
"""

import time
from multiprocessing import Barrier, Process, current_process


def hike(camp, pace):
    name = current_process().name
    for stage in (1, 2, 3):
        time.sleep(pace)
        print(f"{name}: at camp {stage}")
        if camp.wait() == 0:
            print(f"{name}: all are here, I light the fire")
        time.sleep(0.3)


if __name__ == "__main__":
    camp = Barrier(3)
    hikers = [
        Process(target=hike, args=(camp, pace), name=f"hiker-{number}")
        for number, pace in enumerate((0.5, 1.2, 2.0), start=1)
    ]
    for hiker in hikers:
        hiker.start()
    for hiker in hikers:
        hiker.join()
    print("main: all are home")
