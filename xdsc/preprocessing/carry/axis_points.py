"""Coordinates along one axis of a grid: which points two of them share, and which lie between.

Longitudes are on a circle: 350 and -10 are one place, and an axis around the globe has no ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from xdsc.cf.axes.longitude import from_minus_180
from xdsc.errors import InputError, message

Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

#: Points nearer to each other than this share of the spacing are the same point.
TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class AxisPoints:
    """The n points of a grid along one axis.

    Attributes
    ----------
    name : str
        Of the coordinate.
    values : ndarray, (n,)
        In any order.
    kind : {"latitude", "longitude", "plain", "projected"}
        In degrees; or an axis of the grid's own, without or with 2-D latitudes and longitudes.
    """

    name: str
    values: Values
    kind: Literal["latitude", "longitude", "plain", "projected"]

    @property
    def is_numeric(self) -> bool:
        """Whether points can lie between these."""
        return self.values.dtype.kind in "iuf" and bool(np.isfinite(self.values).all())

    @property
    def floats(self) -> Floats:
        """The values as float64, (n,)."""
        return self.values.astype(np.float64)

    @property
    def spacing(self) -> float:
        """Usual distance from one point to the next; NaN of a single point."""
        return float(np.median(np.diff(np.sort(self.floats)))) if self.values.size > 1 else np.nan

    def __str__(self) -> str:
        """Name, ends and spacing, for errors."""
        if not self.values.size or not self.is_numeric:
            return f"{self.name!r} of {self.values.size} labels"
        first, last = self.floats[[0, -1]]
        ends = f"{self.name!r} from {first:g} to {last:g}"
        return (
            ends + f" by {self.spacing:g}" if self.values.size > 1 else f"{self.name!r} {first:g}"
        )


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each of n new points the two old ones around it.

    Attributes
    ----------
    lower, upper : ndarray of int, (n,)
        Positions of the old points; the same one where a new point lies on an old one.
    weight : ndarray of float, (n,)
        Of the upper one.
    """

    lower: Ints
    upper: Ints
    weight: Floats

    def nearest(self) -> Neighbours:
        """The nearer one of each two."""
        index = np.where(self.weight > 0.5, self.upper, self.lower)
        return on_points(index)

    def mean(self, values: Values, axis: int) -> Values:
        """Weighted mean of the neighbours along an axis of `values`; missing where one is.

        Not `Dataset.interp`: that makes points beside a missing value missing even where they are
        points of both grids, and float64 of float32.
        """
        low = np.take(values, self.lower, axis)
        if not self.weight.any():
            return low
        shape = [1] * values.ndim
        shape[axis] = -1
        weight = self.weight.astype(values.dtype).reshape(shape)
        with np.errstate(invalid="ignore"):  # infinity less infinity
            return np.asarray(low + weight * (np.take(values, self.upper, axis) - low))


def on_points(index: Ints) -> Neighbours:
    """Neighbours of new points that lie on the old ones at `index`, (n,)."""
    return Neighbours(index, index, np.zeros(index.size))


def shared_positions(wanted: AxisPoints, given: AxisPoints) -> Ints | None:
    """Where the points of one axis are along another.

    Parameters
    ----------
    wanted : AxisPoints
        Of n points.
    given : AxisPoints
        Of these points and others, in any order, with longitudes in any range.

    Returns
    -------
    ndarray of int, (n,), or None
        Positions in `given`; None where it lacks a point.
    """
    if not wanted.is_numeric or not given.is_numeric:
        same = wanted.values.tolist() == given.values.tolist()
        return np.arange(wanted.values.size) if same else None
    if not given.values.size:
        return None
    turns = (0, -360, 360) if _is_circle(wanted, given) else (0,)
    # Of places that are there twice, as 0 and 360, the first.
    places, index = np.unique(
        np.concatenate([given.floats + turn for turn in turns]), return_index=True
    )
    steps = [points.spacing for points in (wanted, given) if points.spacing > 0]
    found = pd.Index(places).get_indexer(
        wanted.floats, method="nearest", tolerance=TOLERANCE * min(steps, default=1.0)
    )
    return None if (found < 0).any() else index[found] % given.values.size


def neighbours(wanted: AxisPoints, given: AxisPoints) -> Neighbours:
    """The points along an axis around each point of another.

    Parameters
    ----------
    wanted : AxisPoints
        Of n points.
    given : AxisPoints
        In any order; without ends where it is the whole circle of longitudes. A point beyond an
        end, within half a step or between the last row and the pole, has only the end itself.

    Raises
    ------
    InputError
        `given` does not reach over `wanted`.
    """
    if (gap := not_covered(wanted, given)) is not None:
        raise InputError(
            message(
                f"data over the whole fitted grid, {wanted}",
                f"{given}",
                f"use data that reach over {gap}",
            )
        )
    targets, places, index = _unrolled(wanted, given)
    if places.size == 1:
        return on_points(np.full(targets.size, index[0]))
    left = np.clip(np.searchsorted(places, targets, side="right") - 1, 0, places.size - 2)
    share = (targets - places[left]) / (places[left + 1] - places[left])
    # A neighbour of no weight is none, so that a missing value there does no harm.
    lower = np.where(share > 1 - TOLERANCE, index[left + 1], index[left])
    upper = np.where(share < TOLERANCE, index[left], index[left + 1])
    return Neighbours(lower, upper, np.where(lower == upper, 0.0, share))


def not_covered(wanted: AxisPoints, given: AxisPoints) -> str | None:
    """Which part of an axis another does not reach over, in words; None where it does."""
    outside = np.full(wanted.values.size, True)
    if given.values.size:
        targets, places, _ = _unrolled(wanted, given)
        first, last = _ends(places, "latitude" in (wanted.kind, given.kind))
        outside = (targets < first) | (targets > last)
    if not outside.any():
        return None
    name = wanted.name if wanted.kind in ("plain", "projected") else wanted.kind
    low, high = wanted.floats[outside].min(), wanted.floats[outside].max()
    return f"{name} {low:g}" if low == high else f"{name} {low:g} to {high:g}"


def goes_round(longitudes: AxisPoints) -> bool:
    """Whether longitudes go all the way round the globe."""
    return longitudes.kind == "longitude" and _arc(longitudes.floats)[1]


def comparable(points: AxisPoints, other: AxisPoints) -> bool:
    """Whether two axes can be in the same units: degrees are no metres of a projection."""
    kinds = {points.kind, other.kind}
    return "projected" not in kinds or not kinds & {"latitude", "longitude"}


def _is_circle(points: AxisPoints, other: AxisPoints) -> bool:
    return "longitude" in (points.kind, other.kind)


def _unrolled(wanted: AxisPoints, given: AxisPoints) -> tuple[Floats, Floats, Ints]:
    """Both on one axis: targets (n,), ascending places (m,) and their index in `given`.

    A circle is cut opposite to the middle of `given`. Where that goes all the way round, its first
    place is repeated after the last one, and its last before the first.
    """
    targets, places = wanted.floats, given.floats
    if not _is_circle(wanted, given):
        places, index = np.unique(places, return_index=True)
        return targets, places, index
    middle, is_closed = _arc(places)
    targets = from_minus_180(targets - middle)
    places, index = np.unique(from_minus_180(places - middle), return_index=True)
    if is_closed:
        places = np.concatenate([places[-1:] - 360, places, places[:1] + 360])
        index = np.concatenate([index[-1:], index, index[:1]])
    return targets, places, index


def _arc(longitudes: Floats) -> tuple[float, bool]:
    """Middle of the arc that longitudes lie on, and whether they go all the way round."""
    around = np.unique(longitudes % 360)
    gaps = np.diff(around, append=around[0] + 360)
    widest = int(np.argmax(gaps))
    is_closed = around.size > 2 and gaps[widest] <= 1.5 * np.median(gaps)
    return float(around[widest] + gaps[widest] + (360 - gaps[widest]) / 2), bool(is_closed)


def _ends(places: Floats, is_latitude: bool) -> tuple[float, float]:
    """How far the cells around ascending places reach."""
    first, last = float(places[0]), float(places[-1])
    if places.size == 1:
        return first, last
    slack = 0.5 + TOLERANCE
    below, above = float(places[1] - places[0]), float(places[-1] - places[-2])
    # The pole belongs to the last row before it, however far the row of a Gaussian grid is.
    south = -90.0 if is_latitude and first - below <= -90 else first
    north = 90.0 if is_latitude and last + above >= 90 else last
    return min(south, first - slack * below), max(north, last + slack * above)
