"""Which regime of one labelling is which of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf.variables import names_given
from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER, no_regime_of
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.matching.patterns import correlations, given_patterns, patterns_of
from xdsc.statistics.sequence.pairing import cross_table, second_series, shared_codes
from xdsc.statistics.sequence.series import label_series

_DIMS = (CLUSTER, "reference_cluster")
_ONE = {"units": "1"}


@runtime_checkable
class Labeller(Protocol):
    """What is asked of a fitted model; `xdsc.ClusterModel` is one."""

    def predict(self, ds: xr.Dataset, /) -> xr.DataArray: ...  # noqa: D102


def match(
    ds: xr.Dataset | xr.DataArray,
    reference: xr.Dataset | xr.DataArray | str | npt.ArrayLike | Labeller,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    by: Literal["labels", "patterns"] | None = None,
    variables: str | Sequence[str] | None = None,
    interpolate: bool = False,
    preprocessor: Preprocessor | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""Match regimes one to one with others: by the time steps they share, or by their patterns.

    The pairs are those with the largest sum of numbers of shared time steps, or of correlations
    (Hungarian algorithm [1]_), so that none is taken twice; of K and K' regimes the smaller number
    are matched. No regime, ``no_regime`` in ``flag_meanings``, is matched with nothing.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, which are matched by labels.
    reference : Dataset, DataArray, str, array-like or ClusterModel
        A labelled Dataset or labels; a fitted model, which is asked for its labels of `ds` (of
        labels alone: those of its fit); or patterns, a Dataset with a dimension ``cluster`` or
        ``regime`` and the grid of `ds`, or a part of it, or more (latitudes in any order,
        longitudes of any turn), such as what `composites` gives or what others have published:
        anomalies of variables of the same names.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step of `ds`, as for `composites`.
    by : {"labels", "patterns"}, optional
        By default labels where the reference has some at time steps of `ds`, otherwise patterns.
    variables : str or sequence of str, optional
        Variables whose patterns are compared; by default all that both have.
    interpolate : bool, default False
        Whether patterns of another grid are interpolated linearly to that of `ds`.
    preprocessor : Preprocessor, optional
        Of the fit, for anomalies, as for `composites`.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Along ``cluster``: ``reference``, the label of its match, -1 (text: "") for none, and
        ``score``: the share of time steps that both have of those that either has (Jaccard), or
        the correlation. Along ``cluster`` and ``reference_cluster``: ``n_frames``, the time steps
        that are shared, or ``correlation``, weighted by area, of anomalies without their mean over
        the grid; of several variables the mean of their correlations. `reorder` takes it.

    Raises
    ------
    NotFittedError
        `ds` has no labels.
    ParameterError
        An argument is wrong, or the grids differ.
    InputError
        No time step or no variable is shared.

    References
    ----------
    .. [1] Kuhn, H. W. (1955): The Hungarian method for the assignment problem. Naval Research
       Logistics Quarterly 2, 83-97.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> mine = xr.DataArray([0, 0, 1, 1, 1], dims="time")
    >>> theirs = xdsc.rename(xr.DataArray([1, 1, 0, 0, 1], dims="time"), ["NAO+", "NAO-"])
    >>> found = xdsc.match(mine, theirs)
    >>> found.reference.values.tolist(), found.score.values.round(2).tolist()
    ([1, 0], [0.67, 0.67])
    >>> xdsc.reorder(mine, found).attrs["flag_meanings"]
    'no_label NAO+ NAO-'
    """
    one_of("by", by, ("labels", "patterns", None))
    wanted = None if variables is None else names_given(variables)
    if isinstance(reference, Labeller):
        reference = labels_by(reference, ds)
    if by is None:
        by = "labels" if _shares_labels(ds, reference, labels, time) else "patterns"
    if by == "labels":
        return _by_labels(ds, reference, labels, time)
    if not isinstance(ds, xr.Dataset) or not isinstance(reference, xr.Dataset):
        raise InputError(
            message(
                "two Datasets with fields for a match by patterns",
                f"a {type(ds).__name__} and a {type(reference).__name__}",
                "pass labels of shared time steps, or the Datasets that have them",
            )
        )
    return _by_patterns(ds, reference, labels, wanted, interpolate, preprocessor, time)


def labels_by(model: Labeller, ds: xr.Dataset | xr.DataArray) -> xr.Dataset | xr.DataArray:
    """What a model says of a Dataset; of labels alone there is nothing that it could look at."""
    if not isinstance(ds, xr.Dataset):
        fitted: Any = model
        found: xr.DataArray = fitted.labels_
        return found
    found = model.predict(ds)
    return ds.assign_coords({CLUSTER: found.variable})


def _shares_labels(ds: Any, reference: Any, labels: Any, time: str | None) -> bool:
    """Whether the reference has labels at time steps of `ds`."""
    if not isinstance(reference, xr.Dataset):
        return True
    if CLUSTER not in reference.variables or CLUSTER in reference.dims:
        return False
    try:
        shared_codes(label_series(ds, labels, time), second_series(ds, reference, CLUSTER, time))
    except InputError:
        return not isinstance(ds, xr.Dataset)  # which then tells what is wrong
    return True


def _by_labels(ds: Any, reference: Any, labels: Any, time: str | None) -> xr.Dataset:
    ours, theirs = label_series(ds, labels, time), second_series(ds, reference, CLUSTER, time)
    table = cross_table(*shared_codes(ours, theirs), (len(ours.regimes), len(theirs.regimes)))
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    scores = table / np.where(either > 0, either, np.nan)
    return _matched(
        ours.coordinates(),
        theirs.coordinates("reference_cluster"),
        table.astype(float),
        scores,
        ("n_frames", table, "number of shared time steps"),
        "Jaccard index of the time steps",
    )


def _by_patterns(
    ds: xr.Dataset,
    reference: xr.Dataset,
    labels: Any,
    variables: Sequence[str] | None,
    interpolate: bool,
    preprocessor: Preprocessor | None,
    time: str | None,
) -> xr.Dataset:
    labelled = CLUSTER in reference.variables and CLUSTER not in reference.dims
    theirs = patterns_of(reference, CLUSTER, variables) if labelled else given_patterns(reference)
    ours = patterns_of(ds, labels, variables, time, preprocessor)
    names = [str(name) for name in ours.data_vars if name in theirs.data_vars]
    missing = [name for name in variables or [] if name not in names]
    if not names or missing:
        raise InputError(
            message(
                "variables that both have, on the grid"
                + (f": {', '.join(missing)}" if missing else ""),
                f"{sorted(map(str, ours.data_vars))} and {sorted(map(str, theirs.data_vars))}",
                "rename those of the patterns, patterns.rename(zg='z500')",
            )
        )
    table = correlations(ours, theirs, names, interpolate=interpolate)
    coordinates = {CLUSTER: ours[CLUSTER].variable} if CLUSTER in ours.coords else {}
    index = theirs[CLUSTER].variable if CLUSTER in theirs.coords else None
    values = np.arange(theirs.sizes[CLUSTER]) if index is None else index.values
    along = xr.Variable(("reference_cluster",), values, {} if index is None else index.attrs)
    return _matched(
        coordinates,
        {"reference_cluster": along},
        np.nan_to_num(table, nan=-2.0),
        table,
        ("correlation", table, "area-weighted pattern correlation"),
        f"pattern correlation of {', '.join(names)}",
    )


def _regimes(along: xr.Variable | None, size: int = 0) -> npt.NDArray[np.intp]:
    """Places along a dimension of regimes, without that of no regime."""
    if along is None:
        return np.arange(size)
    none = no_regime_of(along.attrs)
    return np.flatnonzero([label != none for label in along.values.tolist()])


def _matched(
    ours: dict[str, xr.Variable],
    theirs: dict[str, xr.Variable],
    gain: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    table: tuple[str, Any, str],
    words: str,
) -> xr.Dataset:
    """The one-to-one pairs with the largest sum of gains."""
    from scipy.optimize import linear_sum_assignment

    labels = theirs["reference_cluster"].values
    mine, others = _regimes(ours.get(CLUSTER), len(gain)), _regimes(theirs["reference_cluster"])
    rows, columns = linear_sum_assignment(gain[np.ix_(mine, others)], maximize=True)
    rows, columns = mine[rows], others[columns]
    none = -1 if labels.dtype.kind in "iuf" else ""
    matched = np.full(len(gain), none, dtype=np.int64 if none == -1 else object)
    matched[rows] = labels[columns]
    score = np.full(len(gain), np.nan)
    score[rows] = scores[rows, columns]
    name, values, long_name = table
    text = {"long_name": "label of the matching regime of the reference"} | _ONE
    found = {
        "reference": (CLUSTER, matched if none == -1 else matched.astype(str), text),
        "score": (CLUSTER, score, {"long_name": words} | _ONE),
        name: (_DIMS, values, {"long_name": long_name} | _ONE),
    }
    attrs = {"xdsc_score": words, "xdsc_assignment": "largest sum, one to one (Hungarian)"}
    return xr.Dataset(found, {**ours, **theirs}, attrs)
