"""Quantiles in one pass: the same to the bit for NumPy and Dask, whatever the chunks.

Quantiles of a whole variable come from a *tally*: the different values in ascending order and how
often each occurs. Tallies of chunks are merged. One that gets too long has trailing bits of its
values cut off, as few as make it short enough; since a part of the data never needs more bits cut
off than the whole, the tally of the whole does not depend on the parts it was merged from.

They are exact where the values are of at most 2^20 (a million) different ones, as all values that
were packed into 16 bits are. Of more, trailing bits are cut off until 2^20 different ones are left,
and half the width of such a bin is the largest error: some 10^-6 of the interquartile range for
temperature, pressure or wind, and for no values there are more than 2^-12 of the quantile in single
precision, 2^-9 in double.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xdsc.preprocessing.array_types import Array
from xdsc.preprocessing.block import QUANTILE, X, Y, samples

#: Different values that a tally holds at most; 12 to 16 bytes each.
LONGEST = 2**20
# Values at a time, so that tallying needs little memory besides the data, and tallies at a time.
_PIECE, _MERGED = 2**22, 8


@dataclass(frozen=True)
class Tally:
    """How often each value occurs.

    Attributes
    ----------
    keys : array of unsigned int, (N,)
        Bits of the different values, turned so that they ascend as the values do.
    counts : array of int, (N,)
        How often each occurs.
    cut : int
        Number of trailing bits that were cut off (are 0) in `keys`.
    """

    keys: Array
    counts: Array
    cut: int = 0


def cell_quantiles(values: xr.DataArray, q: Sequence[float]) -> xr.DataArray:
    """Exact quantiles of each cell over its samples, interpolated linearly; lazy.

    Dask data are brought into chunks of few cells with all their times, which needs as much memory
    as the data unless they are chunked so already.

    Parameters
    ----------
    values : DataArray of float, ([member,] time, y, x)
        NumPy or Dask; NaN is left out.
    q : sequence of float
        Which ones, Q numbers from 0 to 1.

    Returns
    -------
    DataArray of float64, (quantile, y, x)
        NaN where there is no value.
    """
    over = samples(values)
    if values.chunks is not None:
        whole: dict[Any, Any] = {**dict.fromkeys(over, -1), Y: "auto", X: "auto"}
        values = values.chunk(whole)
    found: xr.DataArray = xr.apply_ufunc(
        _of_cells,
        values,
        kwargs={"q": tuple(q)},
        input_core_dims=[over],
        output_core_dims=[[QUANTILE]],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={"output_sizes": {QUANTILE: len(q)}},
    )
    return found.transpose(QUANTILE, Y, X)


def tally(values: Array) -> Tally:
    """Tally of an array of float, of any shape, without its NaN."""
    longest = int(np.argmax(values.shape))
    tallies: list[Tally] = []
    for piece in np.array_split(values, -(-values.size // _PIECE) or 1, axis=longest):
        floats = piece[~np.isnan(piece)] + piece.dtype.type(0)  # -0.0 + 0.0 is 0.0: one zero only
        keys = _keys(floats)
        keys.sort()
        tallies.append(_shortened(keys, np.ones(keys.size, np.int64), 0))
        if len(tallies) == _MERGED:
            tallies = [merged_tallies(tallies)]
    return merged_tallies(tallies)


def merged_tallies(tallies: Sequence[Tally]) -> Tally:
    """Tally of all values of several tallies."""
    keys = np.concatenate([one.keys for one in tallies])
    counts = np.concatenate([one.counts for one in tallies])
    order = np.argsort(keys)
    return _shortened(keys[order], counts[order], max(one.cut for one in tallies))


def _shortened(keys: Array, counts: Array, cut: int) -> Tally:
    """Tally of ascending keys, of which `cut` bits or, where needed, more are cut off."""
    changes = keys[1:] ^ keys[:-1]
    if np.count_nonzero(changes >> changes.dtype.type(cut)) >= LONGEST:
        # Two neighbours stay apart where their highest different bit stays: all but LONGEST - 1
        # of the pairs of neighbours have to fall together.
        largest_to_go = np.partition(changes, -LONGEST)[-LONGEST]
        cut = int(largest_to_go).bit_length()
    bits = keys.dtype.type(cut)
    keys = keys >> bits << bits
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    return Tally(keys[starts], np.add.reduceat(counts, starts) if starts.size else counts, cut)


def quantiles_of(tally: Tally, q: Sequence[float]) -> Array:
    """Quantiles of what was tallied, interpolated linearly between neighbours.

    Parameters
    ----------
    tally : Tally
        Of all values.
    q : sequence of float
        Which ones, Q numbers from 0 to 1.

    Returns
    -------
    array of float64, (Q,)
        NaN where there is no value. Cut values are put in the middle of their bin.
    """
    if not tally.keys.size:
        return np.full(len(q), np.nan)
    ends = np.cumsum(tally.counts)
    below, above, weight = _neighbours(ends[-1], np.asarray(q))
    middle = tally.keys.dtype.type(2**tally.cut >> 1)
    low, high = (
        _floats(tally.keys[np.searchsorted(ends, position, side="right")] | middle)
        for position in (below, above)
    )
    return _between(low, high, weight)


def _of_cells(values: Array, q: Sequence[float]) -> Array:
    """Quantiles, shape (y, x, Q), of values (y, x, [member,] time)."""
    values = np.sort(values.reshape(*values.shape[:2], -1), axis=-1)  # NaN come last
    count = np.count_nonzero(~np.isnan(values), axis=-1)[..., np.newaxis]
    below, above, weight = _neighbours(np.maximum(count, 1), np.asarray(q))
    low, high = (np.take_along_axis(values, position, axis=-1) for position in (below, above))
    return _between(low, high, weight)


def _neighbours(count: Any, q: Array) -> tuple[Array, Array, Array]:
    """Positions of the values on both sides of a quantile of `count` values; weight of the second.

    The quantile is at (count - 1) q, which is NumPy's "linear".
    """
    position = (count - 1) * q
    below = np.floor(position).astype(np.int64)
    return below, np.minimum(below + 1, count - 1), position - below


def _between(low: Array, high: Array, weight: Array) -> Array:
    low, high = low.astype(np.float64), high.astype(np.float64)
    between: Array = low + (high - low) * weight
    return between


def _keys(floats: Array) -> Array:
    """Bits of floats as unsigned integers in the order of the floats."""
    bits = floats.view(f"u{floats.itemsize}")
    # Negative floats are sorted by magnitude: turn all of their bits, and of the others the sign.
    sign = bits.dtype.type(1 << (8 * bits.itemsize - 1))
    return np.where(bits & sign, ~bits, bits | sign)


def _floats(keys: Array) -> Array:
    """Floats of `_keys`."""
    sign = keys.dtype.type(1 << (8 * keys.itemsize - 1))
    bits = np.where(keys & sign, keys & ~sign, ~keys)
    return bits.view(f"f{bits.itemsize}")
