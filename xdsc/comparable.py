"""Which runs of a comparison can be compared: as many regimes, and of the same time steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, message

#: Share of the time steps that have a frame which a run has to label, or else it is not ranked.
COVERAGE = 0.9


def require_comparison(result: xr.Dataset) -> None:
    """Raise unless a Dataset is what a comparison returns, with one K.

    Raises
    ------
    InputError
        It is something else, or has several K.
    """
    dims = {"method", "run", "metric"}
    there = {str(name) for name in getattr(result, "variables", ())}
    if "k" in getattr(result, "dims", ()):
        raise InputError(
            message(
                "a comparison with one K",
                f"one with k={result['k'].values.tolist()}",
                f"draw one at a time, e.g. result.sel(k={result['k'].values[0]})",
            )
        )
    if not {"score", "direction"} <= there or set(result["score"].dims) != dims:
        raise InputError(
            message(
                "a comparison: score(method, run, metric) and direction(metric)",
                f"a {type(result).__name__} with {sorted(there) or 'no variables'}",
                "pass what ds.dsc.compare(...) returned",
            )
        )
    if not all(result.sizes[dim] for dim in dims):
        raise InputError(
            message(
                "at least one method, run and metric",
                f"{dict(result.sizes)}",
                "pass all of what ds.dsc.compare(...) returned",
            )
        )


def comparable(result: xr.Dataset) -> xr.DataArray:
    """Which runs have the K that was asked for, and labels for nearly all time steps.

    Scores are better of fewer regimes, or of more, and where what is hard to place has no label;
    so other runs are shown, but not ranked.

    Parameters
    ----------
    result : Dataset
        From `xdsc.compare`, with one K. Without ``n_clusters`` or ``labels`` all is taken for
        comparable.

    Returns
    -------
    DataArray of bool, (method, run)
        True for runs that failed as well, which have no scores.
    """
    good = _with_scores(result)
    fine = xr.ones_like(good)
    if "n_clusters" in result:
        k = _asked_k(result, good)
        fine &= (result["n_clusters"] == k).reset_coords(drop=True)
    if (share := _coverage(result)) is not None:
        fine &= share >= COVERAGE
    return (fine | ~good).transpose("method", "run")


def remarks(result: xr.Dataset) -> list[str]:
    """What is to be said of each method: runs that are not comparable, or follow the calendar.

    That is nothing, "", where all is well.

    Examples
    --------
    >>> result = xr.Dataset(
    ...     {
    ...         "score": (("method", "run", "metric"), [[[0.5]], [[0.9]]]),
    ...         "n_clusters": (("method", "run"), [[4], [2]]),
    ...     },
    ...     attrs={"k": [4]},
    ... )
    >>> remarks(result)
    ['', 'k = 2']
    """
    fine, good, share = comparable(result), _with_scores(result), _coverage(result)
    found = []
    for i in range(result.sizes["method"]):
        odd, parts = ~fine.values[i], _calendar(result, i)
        if odd.any():
            if "n_clusters" in result:
                numbers = result["n_clusters"].transpose("method", "run").values[i][odd]
                parts.append(f"k = {_range([str(number) for number in np.unique(numbers)])}")
            if share is not None and (low := float(share.values[i][odd].min())) < COVERAGE:
                parts.append(f"{low:.0%} labelled")
            some = int(odd.sum()), int(good.values[i].sum())
            if some[0] < some[1]:
                parts.append(f"{some[0]} of {some[1]} runs, not ranked")
        found.append(", ".join(parts))
    return found


def _calendar(result: xr.Dataset, method: int) -> list[str]:
    """What the calendar says of the labels of a method at most, where that is telling."""
    if "calendar" not in result:
        return []
    said = [words for words in result["calendar"].isel(method=method).values.ravel() if words]
    return [f"calendar: {max(said, key=percent_of)}"] if said else []


def percent_of(words: str) -> int:
    """The number in words as "62% month"."""
    return int(words.partition("%")[0])


def ranked_scores(result: xr.Dataset) -> tuple[xr.DataArray, npt.NDArray[np.bool_]]:
    """Scores to rank methods by.

    Parameters
    ----------
    result : Dataset
        As for `comparable`.

    Returns
    -------
    scores : DataArray, (method, run, metric)
        NaN for runs that cannot be compared, but for methods that have no others.
    ranked : array of bool, shape (methods,)
        Which methods have runs that can be compared.
    """
    scores = result["score"].transpose("method", "run", "metric")
    fine = comparable(result)
    ranked = (fine & _with_scores(result)).any("run")
    return scores.where(fine | ~ranked), ranked.values | ~_with_scores(result).any("run").values


def _with_scores(result: xr.Dataset) -> xr.DataArray:
    """Which runs have a score, (method, run)."""
    there = result["score"].notnull().any("metric").reset_coords(drop=True)
    return there.transpose("method", "run")


def _asked_k(result: xr.Dataset, good: xr.DataArray) -> int:
    """The K that was asked for, or else the one that most runs have found."""
    asked = np.atleast_1d(result["k"].values if "k" in result.coords else result.attrs.get("k", []))
    if asked.size == 1:
        return int(asked[0])
    numbers = result["n_clusters"].transpose("method", "run").values[good.values]
    return int(np.bincount(numbers.astype(int)).argmax()) if numbers.size else 0


def _coverage(result: xr.Dataset) -> xr.DataArray | None:
    """Share of the time steps with a frame that each run labels, (method, run)."""
    if "labels" not in result:
        return None
    known = (result["labels"] >= 0).reset_coords(drop=True)
    over = [dim for dim in known.dims if dim not in ("method", "run")]
    # Missing frames have no label in any run.
    number = known.sum(over)
    frames = max(int(known.any(["method", "run"]).sum()), 1)
    return (number / frames).transpose("method", "run")


def _range(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{words[0]} to {words[-1]}"
