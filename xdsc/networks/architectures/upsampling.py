"""A convolution of an upsampled grid, without the upsampled grid."""

from __future__ import annotations

from typing import Any

from keras import layers, ops

#: Rows around a corner of cells, and columns: before it, after it.
_AROUND = (0, 1)


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
        # Half of what lies around the corners of the edge is beyond it.
        found = _part(_part(self._around_corners(x), 1, rows, axis=1), 1, columns, axis=2)
        if rows < self.height:
            found = ops.concatenate([found, self._last_row(x)[:, :, :columns]], axis=1)
        if columns < self.width:
            found = ops.concatenate([found, self._last_column(x)], axis=2)
        return self.activation(found + self.bias)

    def _around_corners(self, x: Any) -> Any:
        """The upsampled grid and a row and column more at each edge, after the convolution."""
        _, height, width, _ = x.shape
        padded = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        kernels = [
            _summed(_summed(self.kernel, i, axis=0), j, axis=1) for i in _AROUND for j in _AROUND
        ]
        found = ops.conv(padded, ops.concatenate(kernels, axis=-1), padding="valid")
        found = ops.reshape(found, (-1, height + 1, width + 1, 2, 2, self.filters))
        found = ops.transpose(found, (0, 1, 3, 2, 4, 5))
        return ops.reshape(found, (-1, 2 * height + 2, 2 * width + 2, self.filters))

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
    """Weights along an axis of three, of the two cells that meet at a corner.

    A row before the corner sees its own cell twice and the next one once, a row after it the cell
    before once and its own twice.
    """
    first, middle, last = ops.split(kernel, 3, axis=axis)
    both = [first + middle, last] if place == 0 else [first, middle + last]
    return ops.concatenate(both, axis=axis)


def _part(x: Any, start: int, n: int, axis: int) -> Any:
    """`n` of an axis, from `start`; on TensorFlow the gradient of a slice costs far more."""
    return ops.split(x, [start, start + n], axis=axis)[1]
