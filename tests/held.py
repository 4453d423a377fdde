"""What Dask holds in memory while it computes."""

import numpy as np
from dask.callbacks import Callback


class Held(Callback):
    """Bytes of the largest result of a task, and of all different arrays that were held at once."""

    def __init__(self):
        super().__init__()
        self.largest = self.most = 0

    def _posttask(self, key, result, dsk, state, worker_id):
        self.largest = max(self.largest, nbytes([result]))
        self.most = max(self.most, nbytes(state["cache"].values()))


def nbytes(results):
    """Bytes of the arrays in some results; views count as what they are views of."""
    arrays = {}
    for result in results:
        _add(result, arrays)
    return sum(arrays.values())


def _add(value, arrays):
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        arrays[id(value)] = value.nbytes
    elif isinstance(value, (list, tuple)):
        for one in value:
            _add(one, arrays)
    elif isinstance(value, dict):
        _add(list(value.values()), arrays)
    elif hasattr(value, "__dataclass_fields__"):
        _add(list(vars(value).values()), arrays)
