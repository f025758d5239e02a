"""The pools of a program: their workers, and the tasks whose result is still to come."""

from __future__ import annotations

from msgspec.structs import replace

from ..model import Pool, Worker, World
from ..model.keys import ChannelKey, ProcessKey
from .program_reading import ProgramReading
from .reading import ProcessReading
from .shared_objects import Kind, SharedObject


def add_pools(world: World, program: ProgramReading) -> None:
    """Add the pools to a world that has the processes already."""
    queues: set[int] = set()
    """The keys of the queues from which the workers of the pools take their tasks."""
    for (pid, address), named in program.objects.pools.items():
        reading = next(reading for reading in program.readings if reading.pid == pid)
        thing = reading.objects.at(address) if reading.objects is not None else None
        if thing is None or reading.objects is None or _is_copy(reading, thing):
            continue
        tasks = _task_queue(program, reading, thing)
        if tasks is not None and tasks in queues:
            continue  # a worker has inherited it before the pool knew this worker
        if tasks is not None:
            queues.add(tasks)
        workers: list[Worker] = []
        for part, worker_address in thing.parts.items():
            worker = reading.objects.at(worker_address) if part.startswith("worker") else None
            child = program.outer_pid(worker.numbers.get("pid")) if worker is not None else None
            process = world.processes.get(ProcessKey(child)) if child is not None else None
            if process is not None:
                process.pool = named.key
                workers.append(Worker(process.key, process.name, alive=process.state.alive))
        pool = Pool(named.key, named.kind, named.name(named.kind), owner=ProcessKey(pid), workers=tuple(workers))
        pool.size = thing.numbers.get("_processes", thing.numbers.get("_max_workers", len(workers)))
        pool.ended = {"CLOSE": "closed", "TERMINATE": "terminated"}.get(thing.texts.get("_state", ""), "")
        pool.shared_with_unobserved = (ProcessKey(program.root.pid),)
        if named.kind == Kind.POOL:
            _add_history(world, program, reading, pool, thing)
        thread = reading.objects.handover_thread(thing)
        pool.handover_thread = thread.ident if thread is not None else None
        pending = thing.numbers.get("pending", 0)
        needed = reading.objects.needs_handover_thread(thing)
        if thread is None and needed and pending and pool.ended != "terminated":
            pool.handover_ended = _threads_known(reading)
            program.incomplete_stacks = program.incomplete_stacks or not pool.handover_ended
        living = [worker for worker in workers if worker.alive]
        busy = {worker.process for worker in living if not _is_idle(program, worker.process)}
        if pending and busy:
            # Each of them has at least one task in its hands; of a `map` it may be several.
            pool.submitted, pool.taken_up = pending, min(len(busy), pending)
            pool.workers = tuple(replace(worker, running=1) if worker.process in busy else worker for worker in workers)
        elif pending and (
            not living
            or pool.handover_ended
            or (named.kind == Kind.POOL and _waits_for_results(reading) and not _sends_tasks(reading))
        ):
            # If each worker waits for a task, no task waits for a worker.
            pool.nothing_on_its_way = True
            pool.submitted, pool.taken_up = pending, pending if living else 0
            pool.stalled = max(map(program.clock.since, reading.threads.values()), default=None)
        world.pools[named.key] = pool


def _task_queue(program: ProgramReading, reading: ProcessReading, pool: SharedObject) -> int | None:
    address = pool.parts.get("_inqueue", pool.parts.get("_call_queue"))
    queue = reading.objects.at(address) if reading.objects is not None and address is not None else None
    channel = program.objects.channel_of(reading, queue) if queue is not None else None
    return channel.key if channel is not None else None


def _add_history(
    world: World, program: ProgramReading, reading: ProcessReading, pool: Pool, thing: SharedObject
) -> None:
    """Add the workers that have ended without a task, as the difference from earlier readings shows."""
    channel = world.channels.get(ChannelKey(_task_queue(program, reading, thing) or 0))
    waiting = channel.pipe_bytes if channel is not None else None
    jobs = thing.texts.get("jobs", "")
    tasks = (waiting, jobs) if waiting and jobs and not pool.ended and _has_sent_tasks(reading) else None
    objects = [
        reading.objects.at(address) if reading.objects is not None and part.startswith("worker") else None
        for part, address in thing.parts.items()
    ]
    pids = {worker.numbers["pid"] for worker in objects if worker is not None and "pid" in worker.numbers}
    pool.ended_without_task, pool.untouched = program.pool_histories.note(pool.key, tasks, pids, world.now)


def _is_copy(reading: ProcessReading, pool: SharedObject) -> bool:
    """Return True if a forked process has inherited the pool: it did not start the workers."""
    found = [reading.objects.at(address) if reading.objects is not None else None for address in pool.parts.values()]
    parents = [
        worker.numbers["_parent_pid"] for worker in found if worker is not None and "_parent_pid" in worker.numbers
    ]
    return bool(parents) and reading.inner_pid not in parents


def _threads_known(reading: ProcessReading) -> bool:
    """Return True if the frames of each thread of a process were read up to the outermost one."""
    others = [thread for tid, thread in reading.threads.items() if tid != reading.pid]
    stacks = [thread.python.frames if thread.python is not None else () for thread in others]
    return all(stack and stack[-1].function.rpartition(".")[2] == "_bootstrap" for stack in stacks)


def _waits_for_results(reading: ProcessReading) -> bool:
    """Return True if the thread that delivers the results of a Pool reads from the pipe, and unpickles none."""
    for thread in reading.threads.values():
        frames = thread.python.frames if thread.python is not None else ()
        functions = [frame.function.rpartition(".")[2] for frame in frames[:5]]
        if thread.lasting and functions[:1] == ["_recv"] and "_handle_results" in functions:
            return True
    return False


def _sends_tasks(reading: ProcessReading) -> bool:
    """Return True if a thread that sends tasks pickles one, writes it, or reads the iterable of an `imap`.

    It takes its next task in a function of C, so that `_handle_tasks` is its innermost frame while it has none.
    """
    for thread in reading.threads.values():
        frames = thread.python.frames if thread.python is not None else ()
        functions = [frame.function.rpartition(".")[2] for frame in frames]
        if "_handle_tasks" in functions and (functions[0] != "_handle_tasks" or not thread.lasting):
            return True
    return False


def _has_sent_tasks(reading: ProcessReading) -> bool:
    """Return True if the thread that sends tasks was seen to wait for another one."""
    for thread in reading.threads.values():
        frames = thread.python.frames if thread.python is not None else ()
        if thread.lasting and frames and frames[0].function.rpartition(".")[2] == "_handle_tasks":
            return not _sends_tasks(reading)
    return False


def _is_idle(program: ProgramReading, key: ProcessKey) -> bool:
    """Return whether a worker waits for a task."""
    reading = next((reading for reading in program.readings if reading.pid == key), None)
    main = reading.main_thread if reading is not None else None
    if main is None or main.operation is None or main.python is None or not main.lasting:
        return False
    functions = [frame.function.rpartition(".")[2] for frame in main.python.frames]
    return main.operation.name == "get" and not {"worker", "_process_worker"}.isdisjoint(functions[:5])
