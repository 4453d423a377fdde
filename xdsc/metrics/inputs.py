"""What metrics read: labels as a partition of the rows, and the rows in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from xdsc.arguments import one_of
from xdsc.errors import ParameterError, message
from xdsc.labels import regimes_and_codes

#: Size of a block of rows in float64, in bytes. A metric holds a few such blocks at a time.
BLOCK_BYTES = 64 * 2**20

#: "equation": what the paper says. "published": what its published code computes.
Convention: TypeAlias = Literal["equation", "published"]

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Partition:
    """The clusters that occur, numbered from 0.

    Attributes
    ----------
    rows : numpy.ndarray of int, shape (N,)
        Positions of the rows that have a label, ascending.
    codes : numpy.ndarray of int, shape (N,)
        Their clusters, from 0 to K - 1.
    sizes : numpy.ndarray of int, shape (K,)
        Number of rows in each cluster, 1 or more.
    """

    rows: Integers
    codes: Integers
    sizes: Integers

    @classmethod
    def of(cls, labels: npt.ArrayLike, n_rows: int) -> Partition:
        """Read labels of `n_rows` rows.

        Raises
        ------
        ParameterError
            There are more or fewer labels than rows, or they are no labels.
        """
        codes = codes_of(labels)
        if len(codes) != n_rows:
            raise ParameterError(
                message(
                    f"{n_rows} labels, one for each row of X",
                    f"{len(codes)} labels",
                    "select the same time steps in X and in the labels",
                )
            )
        rows = np.flatnonzero(codes >= 0)
        return cls(rows, codes[rows], np.bincount(codes[rows]))

    def __len__(self) -> int:
        """K."""
        return len(self.sizes)


def codes_of(labels: npt.ArrayLike) -> Integers:
    """Labels as integers from 0 to K - 1 without gaps; -1 where there is none.

    Parameters
    ----------
    labels : array-like of int, float or str, shape (T,)
        Negative labels, NaN and None mean "no label".

    Raises
    ------
    ParameterError
        They have another shape, or are numbers that are not whole.

    Examples
    --------
    >>> codes_of([7, -1, 3, 7]).tolist()
    [1, -1, 0, 1]
    >>> codes_of(["warm", None, "cold"]).tolist()
    [1, -1, 0]
    """
    given = np.asarray(labels)
    if given.ndim != 1:
        raise ParameterError(
            message(
                "labels of shape (T,), one for each row",
                f"shape {given.shape}",
                "pass one label a row, e.g. membership.argmax(axis=1)",
            )
        )
    return regimes_and_codes(given)[1]


def as_rows(X: npt.ArrayLike) -> np.ndarray:
    """X as an array of shape (T, F); a memmap stays on disk.

    Raises
    ------
    ParameterError
        It has other dimensions, no feature, masked values or is not numeric.
    """
    if np.ma.is_masked(X):
        raise _not_finite("masked values")
    rows = np.asarray(X)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ParameterError(
            message(
                "X of shape (T, F), one row for each label",
                f"shape {rows.shape}",
                "flatten the frames, e.g. X.reshape(len(X), -1)",
            )
        )
    if rows.dtype.kind not in "fiub":
        raise ParameterError(
            message("X of real numbers", f"dtype {rows.dtype}", "pass X.astype('float32')")
        )
    return rows


def check_finite(totals: np.ndarray) -> None:
    """Raise ParameterError where sums over X show that a value is NaN or infinite."""
    if not np.isfinite(totals).all():
        raise _not_finite("NaN or infinite values")


def _not_finite(received: str) -> ParameterError:
    return ParameterError(
        message(
            "X without gaps",
            received,
            "leave out masked cells, e.g. X[:, np.isfinite(X).all(axis=0)], "
            "and label missing frames -1",
        )
    )


def check_convention(convention: Convention) -> None:
    """Raise ParameterError for anything but a `Convention`."""
    one_of("convention", convention, get_args(Convention))


def block_length(n_features: int, block_bytes: int) -> int:
    """Rows of `n_features` float64 that fit into `block_bytes`, 1 or more."""
    if block_bytes < 1:
        raise ParameterError(
            message("block_bytes of 1 or more", f"{block_bytes}", "leave it out for the default")
        )
    return max(1, block_bytes // (8 * n_features))


def slices(n: int, length: int) -> Iterator[slice]:
    """Cut ``range(n)`` into pieces of `length`."""
    return (slice(start, min(start + length, n)) for start in range(0, n, length))


def take(X: np.ndarray, rows: Integers) -> np.ndarray:
    """Rows of X; a view where they follow each other and ascend."""
    first, last = int(rows[0]), int(rows[-1])
    if last - first == len(rows) - 1 and (np.diff(rows) == 1).all():
        return X[first : last + 1]
    return X[rows]


def ratio(numerator: float, denominator: float) -> float:
    """Divide as IEEE 754 does: x / 0 is infinite, 0 / 0 is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(np.float64(numerator), np.float64(denominator)))
