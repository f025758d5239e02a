# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Pool beside Process"
# group = "scale"
# order = 510
# [[tool.rockproc.try]]
# do = "Count the processes: three for three beans by hand, two for six beans in the pool."
# see = {pool = "pool", min_done = 6}
# [[tool.rockproc.try]]
# do = "Run again and freeze one worker of the pool (z). Which one does the rest, and what does main still wait for?"
# see = {process = "*PoolWorker-*", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill one worker of the pool while it roasts. The pool starts another: why does main hang?"
# see = {finding = "task-lost"}
# ///
"""Many jobs, few workers.

**By hand**: one `Process` for each job. All run at once, however many there are, and what `roast` returns is lost:
a Process has an exit code and nothing else to give.

**A Pool**: a fixed number of workers that live on from job to job. The pool hands out the jobs, brings the results
back, and raises here what was raised there. It saves the price of a start for each job, and never runs more of
them at once than there are workers.
"""

import time
from multiprocessing import Pool, Process, current_process


def roast(bean):
    name = current_process().name
    print(f"{name}: {bean} is in the roaster")
    time.sleep(2)
    return f"{bean}, roasted by {name}"


if __name__ == "__main__":
    print("main: by hand, a process for each")
    roasters = [Process(target=roast, args=(bean,), name=f"roaster-{bean}") for bean in ("arabica", "robusta", "kona")]
    for roaster in roasters:
        roaster.start()
    for roaster in roasters:
        roaster.join()
    print("main: all done, and no result has come back")
    time.sleep(1)

    print("main: a pool of two")
    with Pool(2) as pool:
        for result in pool.imap_unordered(roast, ("arabica", "robusta", "kona", "java", "moka", "sumatra")):
            print(f"main: {result}")
        pool.close()  # no more jobs: the workers may end
        pool.join()
