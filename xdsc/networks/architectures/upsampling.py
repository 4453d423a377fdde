"""A convolution of an upsampled grid, without the upsampled grid."""

from __future__ import annotations

from typing import Any

from keras import layers, ops


class UpsampledConv2D(layers.Conv2D):
    """Nearest upsampling by two, a crop, and a 3 x 3 convolution, all in one.

    Of the nine cells that the kernel sees after upsampling, four at most are different ones. Around
    each corner where four cells meet lie four cells of the upsampled grid, and these four see the
    same four: so one convolution with a 2 x 2 kernel of the grid as it is, which gives all four at
    once, is the same with four ninths of the products. Where the crop cuts a cell in two, the
    kernel sees zeros instead of the half that is cut off: the last row or column is convolved on
    its own.

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
        found = self._whole_cells(x, rows, columns)
        if rows < self.height:
            found = ops.concatenate([found, self._last_row(x)[:, :, :columns]], axis=1)
        if columns < self.width:
            found = ops.concatenate([found, self._last_column(x)], axis=2)
        return self.activation(found + self.bias)

    def _whole_cells(self, x: Any, rows: int, columns: int) -> Any:
        """Rows and columns of the upsampled grid that the crop leaves whole, convolved."""
        _, height, width, _ = x.shape
        kernel = _twice(_twice(self.kernel, axis=0), axis=1)
        channels = kernel.shape[2]
        # (cell, place, cell, place, ...), of which the kernel has the place after a corner first.
        kernel = ops.reshape(kernel, (2, 2, 2, 2, channels, self.filters))
        kernel = ops.transpose(ops.flip(kernel, axis=(1, 3)), (0, 2, 4, 1, 3, 5))
        kernel = ops.reshape(kernel, (2, 2, channels, 4 * self.filters))
        padded = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        found = ops.conv(padded, kernel, padding="valid")
        found = ops.reshape(found, (-1, height + 1, width + 1, 2, 2, self.filters))
        found = ops.transpose(found, (0, 1, 3, 2, 4, 5))
        found = ops.reshape(found, (-1, 2 * height + 2, 2 * width + 2, self.filters))
        # Half of what lies around the corners of the edge is beyond it.
        n = -1 if found.shape[0] is None else found.shape[0]
        return ops.slice(found, (0, 1, 1, 0), (n, rows, columns, self.filters))

    def _last_row(self, x: Any) -> Any:
        """The row below which there is nothing, (batch, 1, width, filters)."""
        rows = ops.pad(x[:, -2:], [[0, 0], [2 - min(2, x.shape[1]), 0], [0, 0], [0, 0]])
        rows = ops.reshape(ops.stack([rows, rows], axis=3), (-1, 2, 2 * x.shape[2], x.shape[3]))
        rows = ops.pad(rows[:, :, : self.width], [[0, 0], [0, 0], [1, 1], [0, 0]])
        return ops.conv(rows, self.kernel[:2], padding="valid")

    def _last_column(self, x: Any) -> Any:
        """The column beside which there is nothing, (batch, height, 1, filters)."""
        columns = ops.pad(x[:, :, -2:], [[0, 0], [0, 0], [2 - min(2, x.shape[2]), 0], [0, 0]])
        columns = ops.reshape(
            ops.stack([columns, columns], axis=2), (-1, 2 * x.shape[1], 2, x.shape[3])
        )
        columns = ops.pad(columns[:, : self.height], [[0, 0], [1, 1], [0, 0], [0, 0]])
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


def _twice(kernel: Any, axis: int) -> Any:
    """Weights along an axis of three, of the two cells that meet at a corner: four.

    A row after the corner sees the cell before it once and its own twice, a row before the corner
    its own twice and the next one once.
    """
    before, after = [[0, 0]] * 4, [[0, 0]] * 4
    before[axis], after[axis] = [1, 0], [0, 1]
    return ops.pad(kernel, before) + ops.pad(kernel, after)
