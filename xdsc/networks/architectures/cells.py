"""The cells that carry data as a row, and back onto the grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


class UnmaskedCells:
    """Takes the unmasked cells out of frames, and puts such cells back.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data: d cells.

    Attributes
    ----------
    numbers : numpy.ndarray of int, shape (d,)
        Which of the H L V cells they are.
    variable : numpy.ndarray of int, shape (d,)
        The variable of each.
    """

    def __init__(self, mask: np.ndarray) -> None:
        self.shape = mask.shape
        self.numbers = np.flatnonzero(mask).astype("int32")
        self.variable = np.nonzero(mask)[-1].astype("int32")
        # Where each point of the grid finds its cell; masked ones find their variable's mean, which
        # is appended to the cells.
        self._places = len(self) + np.arange(mask.size, dtype="int32") % mask.shape[-1]
        self._places[self.numbers] = np.arange(len(self))

    def __len__(self) -> int:
        """D."""
        return len(self.numbers)

    def of(self, frames: Any) -> Any:
        """Frames (batch, n, H, L, V) as rows of cells, (batch, n, d)."""
        flat = ops.reshape(frames, (-1, frames.shape[1], self._places.size))
        return ops.take(flat, self.numbers, axis=-1)

    def on_grid(self, cells: Any, means: Any) -> Any:
        """Rows of cells (batch, n, d) as frames (batch, n, H, L, V); others get `means`, (V,)."""
        masked = ops.zeros_like(cells[..., :1]) + ops.broadcast_to(means, self.shape[-1:])
        placed = ops.take(ops.concatenate([cells, masked], axis=-1), self._places, axis=-1)
        return ops.reshape(placed, (-1, cells.shape[1], *self.shape))
