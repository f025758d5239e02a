"""Finds what each thread of a program waits for: the operation, the object, and since when."""

from __future__ import annotations

from signal import SIGTERM

from ..kernel.blocked_threads import Files, standard_files
from ..kernel.signals import ignores
from ..kernel.thread_sampler import what_blocks
from ..model import Blocked as BlockedBy
from ..model import BlockedPlace, Hold, Lock, Phase, State, Wait, World
from ..model import ThreadState as OtherThread
from ..model.keys import ChannelKey, PoolKey, ProcessKey
from ..model.thread_state import CONFIRM_SECONDS
from ..source.terminated_before import terminated_before
from .event_loops import is_over
from .identified_objects import IdentifiedObject, channel_key, lock_key
from .process_states import ended_process, phase_of
from .program_reading import ProgramReading
from .reading import ProcessReading, ThreadReading
from .shared_objects import Kind, SharedObject, is_library
from .system_calls import Blocked
from .thread_calls import source_path

_QUEUE_LOCKS = {"_rlock": "the reading lock of", "_wlock": "the writing lock of"}


class ThreadWaits:
    """Combines the call that the kernel names with the Python function and the object of a thread."""

    def __init__(self, world: World, program: ProgramReading) -> None:
        """Create it for one program.

        Args:
            world: the model, which already has the processes, locks, channels and pools of the program.
            program: the readings of the processes.
        """
        self._world = world
        self._program = program
        self._objects = program.objects
        self._standard_files = standard_files(program.root.pid)

    def add(self, reading: ProcessReading) -> None:
        process = self._world.processes[ProcessKey(reading.pid)]
        waits: list[Wait] = []
        for tid, thread in sorted(reading.threads.items(), key=lambda entry: entry[0] != reading.pid):
            call = thread.state.call
            if tid == reading.pid:
                process.timed = call.timed if thread.lasting else None
                process.line = thread.operation.site if thread.operation is not None else None
                process.idle = self._repeated(reading, thread) if thread.repeats else ""
            if not thread.lasting or call.blocked is Blocked.RUNS:
                continue
            wait = self._wait(reading, thread)
            if wait is not None:
                waits.append(wait)
                if wait.op == "join" and _terminates(reading, thread, wait):
                    self._note_terminated(wait)
            elif tid == reading.pid:
                process.idle = {Blocked.SLEEP: "asleep", Blocked.FUTEX: "waits for a thread"}.get(call.blocked, "")
        process.waits = tuple(waits)
        waiting = {wait.thread for wait in waits}
        process.other_threads = tuple(
            self._other_thread(reading, thread) for thread in reading.threads.values() if thread.ident not in waiting
        )
        process.handlers = reading.handlers
        for thread in reading.threads.values():
            if thread.calls:
                self._world.thread_calls[process.key, thread.ident] = thread.calls
            if thread.python is not None and is_over(thread.python.frames):
                self._world.blocked_places[process.key, thread.ident] = BlockedPlace(None, is_over=True)
        if process.main_wait is not None and process.state is State.RUNNING:
            process.state = State.WAITING

    def _note_terminated(self, join: Wait) -> None:
        """Record when the joined process was asked to terminate, and whether it ignores that request."""
        target = self._world.processes.get(ProcessKey(join.key))
        if target is not None and target.pid is not None and target.state.alive:
            target.terminated = join.since
            target.ignores_sigterm = ignores(target.pid, SIGTERM)

    def add_buffered(self, reading: ProcessReading) -> None:
        """Add the items that feeder threads have not written yet: those in their buffers, and those being written."""
        for thread in reading.threads.values():
            operation = thread.operation
            if operation is None or operation.name != "feed" or operation.frame is None or reading.objects is None:
                continue
            channel = self._channel_fed_by(reading, thread)
            if channel is not None:
                last = (
                    1 if phase_of(reading) is Phase.EXITING else 0
                )  # the sentinel that ends the feeder is in the buffer, too
                waiting = reading.objects.length(operation.frame.local_variables.get("buffer"))
                writing = thread.state.call.blocked is Blocked.WRITE
                self._world.channels[channel.key].buffered += max(waiting - last, 0) + writing

    def _wait(self, reading: ProcessReading, thread: ThreadReading) -> Wait | None:
        operation = thread.operation
        if operation is not None and operation.own:
            return None
        name = operation.name if operation is not None else ""
        thing = None
        if operation is not None and reading.objects is not None and operation.subject is not None:
            thing = reading.objects.at(operation.subject)
        found = self._subject(reading, thread, name, thing)
        if found is None:
            return None
        op, key, text = found
        site = operation.site if operation is not None else None
        end = self._end(reading, thread, thing) if key in self._world.channels else 0
        return Wait(op, text, key, self._program.clock.since(thread), site, thread.ident, thread.state.call.timed, end)

    def _repeated(self, reading: ProcessReading, thread: ThreadReading) -> str:
        """Return a text for a wait with a time-out that a thread begins again and again: it is no lasting wait."""
        if thread.state.call.blocked is Blocked.SLEEP:
            return "sleeps repeatedly"
        wait = self._wait(reading, thread)
        return f"repeats {wait.op} {wait.object} with a time-out" if wait is not None else ""

    def _other_thread(self, reading: ProcessReading, thread: ThreadReading) -> OtherThread:
        """Return the state, as the kernel sees it, of a thread that is in no operation of multiprocessing."""
        blocked, tid, since = BlockedBy.NO, thread.state.tid, self._program.clock.since(thread)
        if thread.lasting and thread.state.call.address not in reading.semaphores:
            found, switches = what_blocks(reading.pid, tid, self._private_files(reading))
            blocked = found if switches == thread.state.switches else BlockedBy.NO
        if not blocked and thread.lasting and self._has_no_worker(reading, thread):
            blocked = BlockedBy.THREAD
        ident = thread.python.ident if thread.python is not None else None
        confirmed = bool(blocked) and self._world.now - since >= CONFIRM_SECONDS
        return OtherThread(tid, ident, blocked, since, confirmed)

    def _has_no_worker(self, reading: ProcessReading, thread: ThreadReading) -> bool:
        """Return True for the thread of an executor that waits for results or tasks, and has no worker any more.

        Only another thread of its process can wake it, by a task.
        """
        frames = thread.python.frames if thread.python is not None else ()
        if thread.state.call.blocked is not Blocked.POLL or not all(map(is_library, frames)):
            return False
        pools = [
            self._world.pools.get(named.key) for (pid, _), named in self._objects.pools.items() if pid == reading.pid
        ]
        return any(
            pool.handover_thread == thread.ident
            and pool.kind == Kind.EXECUTOR
            and not any(worker.alive for worker in pool.workers)
            for pool in pools
            if pool is not None
        )

    def _private_files(self, reading: ProcessReading) -> Files:
        """Return the files that only the process itself can make ready, such as those that wake an event loop.

        Everything else may be answered by another process: a pipe, a connection to a manager or a server.
        """
        own = {descriptor.inode for descriptor in reading.descriptors.values()}
        shared = {
            f"{descriptor.kind}:[{descriptor.inode}]"
            for descriptor in reading.descriptors.values()
            if descriptor.kind == "pipe" or self._objects.socket_peers.get(descriptor.inode) not in own
        }
        return Files((), self._standard_files | shared)

    def _end(self, reading: ProcessReading, thread: ThreadReading, thing: SharedObject | None) -> int:
        """Return the key of the end of a Pipe that a thread uses; 0 for a Queue."""
        numbers = list(thread.state.call.files)
        if thing is not None and thing.kind is Kind.CONNECTION:
            numbers = list(thing.descriptors.values()) or numbers
        descriptor = reading.descriptors.get(numbers[0]) if len(numbers) == 1 else None
        if descriptor is None or self._objects.channels[self._objects.pipe(descriptor.inode)].kind != "Pipe":
            return 0
        return channel_key(descriptor.inode)

    def _subject(
        self, reading: ProcessReading, thread: ThreadReading, name: str, thing: SharedObject | None
    ) -> tuple[str, int, str] | None:
        """Return the operation, and the key and name of its object."""
        call = thread.state.call
        semaphore = reading.semaphores.get(call.address) if call.blocked is Blocked.FUTEX else None
        if semaphore in self._objects.queue_locks and self._program.semaphores.holder_has_ended(semaphore):
            return "acquire", lock_key(semaphore), self._add_queue_lock(semaphore).name
        if name == "call" and thing is not None and thing.kind is Kind.PROXY:
            return self._call(reading, thread, thing)
        if name == "join" and thing is not None and thing.kind is Kind.POOL:
            own = self._objects.pools.get((reading.pid, thing.address))
            pool = self._world.pools.get(own.key) if own is not None else None
            return (name, pool.key, pool.name) if pool is not None else None
        if call.blocked is Blocked.FUTEX and semaphore is None and name not in ("feed", "flush", "result"):
            return None  # it waits for a thread of its own process, whatever the function is called
        channel = self._objects.channel_of(reading, thing) if thing is not None else None
        if name in ("get", "put", "join", "recv", "send", "poll") and channel is not None:
            return name, channel.key, self._world.channels[channel.key].name
        if name == "join" and thing is not None and thing.kind is Kind.PROCESS:
            pid = self._program.outer_pid(thing.numbers.get("pid"))
            if pid is not None:
                process = self._world.processes.get(ProcessKey(pid))
                return "join", pid, process.name if process is not None else thing.texts.get("_name", f"pid {pid}")
        if name in ("wait", "notify", "set") and semaphore is not None and semaphore in self._objects.locks:
            named = self._objects.locks[semaphore]
            if named.kind in (Kind.CONDITION, Kind.EVENT, Kind.BARRIER):
                op = "acquire" if self._objects.is_guard(semaphore) else name
                return op, named.key, self._world.locks[named.key].name
        if name in ("feed", "flush") and (found := self._of_feeder(reading, thread, name)) is not None:
            return found
        if name == "result" and (pool := self._pool_of(reading, thread)) is not None:
            return name, pool.key, self._world.pools[pool.key].name
        if semaphore is not None:
            named = self._objects.locks[semaphore]
            return "acquire", named.key, self._world.locks[named.key].name
        if call.blocked is Blocked.CHILD and call.child is not None:
            process = self._world.processes.get(ProcessKey(self._program.outer_pid(call.child) or 0))
            return ("join", process.key, process.name) if process is not None else None
        if call.blocked in (Blocked.READ, Blocked.WRITE, Blocked.POLL) and len(call.files) == 1:
            descriptor = reading.descriptors.get(call.files[0])
            named = self._objects.channels.get(self._objects.pipe(descriptor.inode)) if descriptor is not None else None
            if named is not None:
                op = {Blocked.READ: "recv", Blocked.WRITE: "send"}.get(call.blocked, "poll")
                return op, named.key, self._world.channels[named.key].name
        return None

    def _call(self, reading: ProcessReading, thread: ThreadReading, proxy: SharedObject) -> tuple[str, int, str] | None:
        """Return the call of a proxy that waits for the answer of a manager."""
        frame = thread.operation.frame if thread.operation is not None else None
        if frame is None or reading.objects is None:
            return None
        method = reading.objects.text(frame.local_variables.get("methodname")) or "call"
        key = self._program.managed_keys.get((proxy.texts.get("address", ""), proxy.texts.get("id", "")))
        if key is None:
            return method, 0, proxy.names[0] if proxy.names else proxy.texts.get("typeid", "a proxy")
        return method, key, self._world.managed[key].name

    def _of_feeder(self, reading: ProcessReading, thread: ThreadReading, name: str) -> tuple[str, int, str] | None:
        """Return the wait of a feeder thread that cannot write, or of a main thread that waits for one at its exit."""
        feeders = [
            (thread, channel)
            for thread in reading.threads.values()
            if thread.operation is not None and thread.operation.name == "feed"
            if (channel := self._channel_fed_by(reading, thread)) is not None
        ]
        if name == "feed":
            if thread.state.call.blocked is Blocked.FUTEX and thread.state.call.address not in reading.semaphores:
                return None  # its buffer is empty: it waits for the next put()
            channel = next((channel for feeder, channel in feeders if feeder is thread), None)
        else:
            busy = [channel for feeder, channel in feeders if feeder.state.call.blocked is Blocked.WRITE]
            channel = busy[0] if len(busy) == 1 or (busy and len(set(map(id, busy))) == 1) else None
        return (name, channel.key, self._world.channels[channel.key].name) if channel is not None else None

    def _channel_fed_by(self, reading: ProcessReading, thread: ThreadReading) -> IdentifiedObject[ChannelKey] | None:
        """Find the channel of a feeder thread by the Connection whose `send_bytes` the thread calls."""
        frame = thread.operation.frame if thread.operation is not None else None
        method = frame.local_variables.get("send_bytes") if frame is not None else None
        if method is None or reading.objects is None or reading.memory is None:
            return None
        connection = reading.objects.bound_to(method)
        return self._objects.channel_of(reading, connection) if connection is not None else None

    def _pool_of(self, reading: ProcessReading, thread: ThreadReading) -> IdentifiedObject[PoolKey] | None:
        """Return the pool of the process that has promised each result for which a thread waits."""
        operation, objects = thread.operation, reading.objects
        if operation is None or objects is None:
            return None
        several = operation.several_results
        results = objects.members(several) if several is not None else [operation.subject or 0]
        for (pid, address), named in self._objects.pools.items():
            pool = objects.at(address) if pid == reading.pid and named.key in self._world.pools else None
            if pool is not None and objects.promises(pool, results):
                return named
        return None

    def _add_queue_lock(self, inode: int) -> Lock:
        """Add the lock of a Queue that will never be released, and return it."""
        named, part = self._objects.queue_locks[inode]
        name = f"{_QUEUE_LOCKS[part]} {self._world.channels[named.key].name}"
        lock = Lock(lock_key(inode), "Lock", name, internal=True, value=0)
        lock.shared_with_unobserved = (ProcessKey(self._program.root.pid),)
        lock.holders = (Hold(ended_process(self._world), 0, 0.0, None),)
        return self._world.locks.setdefault(lock.key, lock)


def _terminates(reading: ProcessReading, thread: ThreadReading, join: Wait) -> bool:
    """Return True if a thread has called `terminate()` on the process that it joins; a Pool does so at its end."""
    frames = thread.python.frames if thread.python is not None else ()
    if any(frame.function.rpartition(".")[2] == "_terminate_pool" and is_library(frame) for frame in frames):
        return True
    if join.site is None:
        return False
    return terminated_before(source_path(reading.pid, join.site.path), join.site.line)
