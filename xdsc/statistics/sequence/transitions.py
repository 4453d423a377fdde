"""Which regime follows which, and whether more often than by chance."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import one_of
from xdsc.labels import CLUSTER
from xdsc.statistics.chance import adjusted, generator, tail_shares, two_sided
from xdsc.statistics.sequence.seasons import seasons_of
from xdsc.statistics.sequence.series import Integers, LabelSeries, label_series
from xdsc.statistics.sequence.shuffling import pair_counts, shuffled
from xdsc.statistics.sequence.spells import Spells, segments_of, spells_of

_DIMS = ("from_cluster", "to_cluster")
_ONE = {"units": "1"}


def transitions(
    ds: xr.Dataset | xr.DataArray,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    exclude_self: bool = False,
    null: Literal["events"] | None = "events",
    n: int = 1000,
    random_state: int | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""How often each regime follows each, and whether more or less often than by chance.

    Counted are two labelled time steps in a row, of one member, with no gap in time between them.
    The null knows how often each regime occurs in each season of each year, and for how long, but
    nothing of the order: it shuffles the events, which are maximal runs of one regime, within the
    seasons, so that none comes after itself [1]_. How often a regime follows itself is the same in
    all of these, and has no p-value; nor have regimes that the flags know and that do not occur.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, ([member,] time), whoever made them.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`.
    exclude_self : bool, default False
        Whether to leave out time steps that stay in their regime.
    null : {"events"} or None, default "events"
        What to test against; None for no test.
    n : int, default 1000
        Number of random orders.
    random_state : int, optional
        Seed of these.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Along ``from_cluster`` and ``to_cluster``: ``n_transitions``, and ``probability``,

        .. math:: P_{ij} = N_{ij} / \sum_j N_{ij},

        NaN for a regime that nothing follows. With `null`: ``n_expected``, the mean of the random
        orders; ``p_more`` and ``p_less``, the share of these with more, and with fewer, where
        equal ones count by half; ``p_value``, twice the smaller of these; and ``p_adjusted``, that
        for the number of tests: those below α may be named if a share α of false ones among them
        will do [2]_.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        An argument is wrong, or `labels` do not fit `ds`.
    InputError
        No time step has a label, or there are no dates.

    Notes
    -----
    Seasons are as in `frequency`. With two regimes there is one order, and nothing to test.

    References
    ----------
    .. [1] Vautard, R., Mo, K. C., Ghil, M. (1990): Statistical significance test for transition
       matrices of atmospheric Markov chains. Journal of the Atmospheric Sciences 47, 1926-1931.
    .. [2] Benjamini, Y., Hochberg, Y. (1995): Controlling the false discovery rate. Journal of the
       Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2000-01-01", periods=6)
    >>> labels = xr.DataArray([0, 0, 1, 2, 2, 0], {"time": time}, ("time",))
    >>> found = xdsc.transitions(labels, null=None)
    >>> found.n_transitions.values.tolist()
    [[1, 1, 0], [0, 0, 1], [1, 0, 1]]
    >>> xdsc.transitions(labels, exclude_self=True, null=None).probability.values.tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    one_of("null", null, ("events", None))
    one_of("exclude_self", exclude_self, (False, True))
    rng, drawn = generator(random_state, n)
    series = label_series(ds, labels, time).dated().labelled()
    k = len(series.regimes)
    counts = _counts(series, k)
    if exclude_self:
        np.fill_diagonal(counts, 0)
    total = counts.sum(axis=1, keepdims=True)
    words = "events" if exclude_self else "time steps"
    found: dict[str, Any] = {
        "n_transitions": (_DIMS, counts, {"long_name": f"number of transitions of {words}"} | _ONE),
        "probability": (
            _DIMS,
            counts / np.where(total > 0, total, np.nan),
            {"long_name": "transition probability"} | _ONE,
        ),
    }
    attrs: dict[str, Any] = {
        "xdsc_self_transitions": "excluded" if exclude_self else "included",
        "xdsc_null": null or "none",
    }
    if null is not None:
        found |= _tested(series, counts, n, rng)
        attrs["xdsc_null"] = "order of events shuffled within seasons, none after itself"
        attrs["xdsc_p_value"] = "mid-p, two-sided"
        attrs["xdsc_p_adjusted"] = "Benjamini and Hochberg (1995)"
        attrs |= drawn
    coordinates = series.coordinates(_DIMS[0]) | series.coordinates(_DIMS[1])
    return xr.Dataset(found, coordinates, attrs)


def _counts(series: LabelSeries, k: int) -> Integers:
    """Numbers of time steps of one regime right before one of another, (K, K)."""
    before, after = series.codes[:, :-1], series.codes[:, 1:]
    known = (np.diff(segments_of(series)) == 0) & (before >= 0) & (after >= 0)
    table = np.bincount((before * k + after)[known], minlength=k * k)
    return np.asarray(table.reshape(k, k), dtype=np.intp)


def _tested(
    series: LabelSeries, counts: Integers, n: int, rng: np.random.Generator
) -> dict[str, Any]:
    """What shuffled events say of the transitions between different regimes."""
    k = len(series.regimes)
    spells = spells_of(series)
    surrogates = pair_counts(
        shuffled(spells.code, spells.followed, _blocks(series, spells), n, rng), spells.followed, k
    ).astype(np.float64)
    same = np.eye(k, dtype=bool)
    surrogates[:, same] = np.diag(counts)
    more, less = tail_shares(counts.astype(np.float64), surrogates)
    # What could not be otherwise is no test, and would count as one where they are adjusted.
    absent = np.bincount(spells.code, minlength=k) == 0
    for values in (more, less):
        values[same | absent | absent[:, None]] = np.nan
    p = two_sided(more, less)
    values_of = {
        "n_expected": (surrogates.mean(axis=0), "mean number of transitions of shuffled events"),
        "p_more": (more, "p-value of more transitions than by chance"),
        "p_less": (less, "p-value of fewer transitions than by chance"),
        "p_value": (p, "two-sided p-value of the number of transitions"),
        "p_adjusted": (adjusted(p), "two-sided p-value, adjusted for the false discovery rate"),
    }
    return {
        name: (_DIMS, values, {"long_name": text} | _ONE)
        for name, (values, text) in values_of.items()
    }


def _blocks(series: LabelSeries, spells: Spells) -> Integers:
    """Number of the season of a year of a member that each event begins in, (E,)."""
    block = seasons_of(series).block
    return spells.member * (int(block.max(initial=0)) + 1) + block[spells.start]
