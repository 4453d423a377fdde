"""A convolution of an upsampled grid, without the upsampled grid."""

from __future__ import annotations

from typing import Any

from keras import layers, ops

#: Rows of a 2 x 2 block, and columns: even, odd.
_PAIR = (0, 1)


class UpsampledConv2D(layers.Conv2D):
    """Nearest upsampling by two, a crop, and a 3 x 3 convolution, all in one.

    Of the nine cells that the kernel sees after upsampling, four at most are different ones: which
    these are, and what weights they have in sum, depends on whether row and column are even or odd
    alone. So four convolutions with 2 x 2 kernels of the grid as it is, one for each place in a
    2 x 2 block, give the same with four ninths of the products. Where the crop cuts a block in two,
    the kernel sees zeros instead of the half that is cut off: the last row or column is convolved
    on its own.

    Parameters
    ----------
    filters : int
        Channels of the result.
    height, width : int
        Of the result: twice that of the input, or one less.

    Notes
    -----
    Input (batch, H, L, channels), output (batch, height, width, filters). The weights are those of
    a convolution: a kernel (3, 3, channels, filters) and a bias.
    """

    def __init__(self, filters: int, height: int, width: int, **kwargs: Any) -> None:
        kwargs = {**kwargs, "kernel_size": 3, "padding": "same"}
        super().__init__(filters, data_format="channels_last", **kwargs)
        self.height, self.width = height, width

    def call(self, x: Any) -> Any:
        """Convolve."""
        rows, columns = self.height - self.height % 2, self.width - self.width % 2
        found = self._blocks(x)[:, :rows, :columns]
        if rows < self.height:
            found = ops.concatenate([found, self._last_row(x)[:, :, :columns]], axis=1)
        if columns < self.width:
            found = ops.concatenate([found, self._last_column(x)], axis=2)
        return self.activation(found + self.bias)

    def _blocks(self, x: Any) -> Any:
        """The convolution of the whole upsampled grid, by place in its 2 x 2 blocks."""
        _, height, width, _ = x.shape
        rows = []
        for i in _PAIR:
            places = []
            for j in _PAIR:
                # An even row or column sees the cell before, an odd one the cell after its own.
                grid = ops.pad(x, [[0, 0], [1 - i, i], [1 - j, j], [0, 0]])
                places.append(ops.conv(grid, self._weights_of(i, j), padding="valid"))
            rows.append(ops.stack(places, axis=3))
        return ops.reshape(ops.stack(rows, axis=2), (-1, 2 * height, 2 * width, self.filters))

    def _weights_of(self, i: int, j: int) -> Any:
        """The sums of weights that meet each of the 2 x 2 cells, for row i, column j of a block."""
        return _summed(_summed(self.kernel, i, axis=0), j, axis=1)

    def _last_row(self, x: Any) -> Any:
        """The row below which there is nothing, (batch, 1, width, filters)."""
        rows = ops.pad(x[:, -2:], [[0, 0], [2 - min(2, x.shape[1]), 0], [0, 0], [0, 0]])
        rows = ops.repeat(rows, 2, axis=2)[:, :, : self.width]
        rows = ops.pad(rows, [[0, 0], [0, 0], [1, 1], [0, 0]])
        return ops.conv(rows, self.kernel[:2], padding="valid")

    def _last_column(self, x: Any) -> Any:
        """The column beside which there is nothing, (batch, height, 1, filters)."""
        columns = ops.pad(x[:, :, -2:], [[0, 0], [0, 0], [2 - min(2, x.shape[2]), 0], [0, 0]])
        columns = ops.repeat(columns, 2, axis=1)[:, : self.height]
        columns = ops.pad(columns, [[0, 0], [1, 1], [0, 0], [0, 0]])
        return ops.conv(columns, self.kernel[:, :2], padding="valid")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, height, width, filters)."""
        return (input_shape[0], self.height, self.width, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        config = super().get_config()
        for name in ("kernel_size", "padding", "data_format"):
            del config[name]
        return {**config, "height": self.height, "width": self.width}


def _summed(kernel: Any, place: int, axis: int) -> Any:
    """Weights along an axis of three, of the two cells that they meet.

    An even row sees the cell before once and its own twice, an odd one its own twice and the next.
    """
    first, middle, last = ops.split(kernel, 3, axis=axis)
    both = [first, middle + last] if place == 0 else [first + middle, last]
    return ops.concatenate(both, axis=axis)
