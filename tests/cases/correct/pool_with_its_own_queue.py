# A Pool whose task queue is a class of its own (joblib's MemmappingPool does so): a Lock and a Pipe
import multiprocessing as mp, multiprocessing.pool as mpp


class MyQueue:
    def __init__(self, ctx):
        self._reader, self._writer = ctx.Pipe(duplex=False)
        self._rlock, self._wlock = ctx.Lock(), ctx.Lock()

    def get(self):
        with self._rlock:
            return self._reader.recv()

    def put(self, x):
        with self._wlock:
            self._writer.send(x)


class MyPool(mpp.Pool):
    def _setup_queues(self):
        self._inqueue, self._outqueue = MyQueue(self._ctx), MyQueue(self._ctx)
        self._quick_put, self._quick_get = self._inqueue._writer.send, self._outqueue._reader.recv


if __name__ == "__main__":
    with MyPool(2, context=mp.get_context("fork")) as p:
        print(p.map(abs, [-1, -2]))
