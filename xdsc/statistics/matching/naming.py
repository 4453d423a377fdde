"""Names and numbers of regimes: both live in the labels, as CF flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import xarray as xr

from xdsc.arguments import is_number, listing
from xdsc.cf import require_dataset
from xdsc.errors import ParameterError, message
from xdsc.labels import (
    CLUSTER,
    NO_LABEL,
    computed,
    flag_meanings,
    no_regime_of,
    order_by_frequency,
)
from xdsc.statistics.sequence.series import label_series

Labelled = TypeVar("Labelled", xr.Dataset, xr.DataArray)


def rename(
    ds: Labelled, names: Mapping[Any, str] | Sequence[str], *, labels: str = CLUSTER
) -> Labelled:
    """Give regimes names, which figures, tables and files then have.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    names : mapping of label to str, or sequence of str
        Names of some regimes, or of all of them in ascending order of their labels, no regime left
        out if you like. Blanks become underscores, for CF parts the names in ``flag_meanings`` by
        blanks; figures write blanks.
    labels : str, default "cluster"
        Name of the labels in a Dataset.

    Returns
    -------
    Dataset or DataArray
        As `ds`, new, with the names in ``flag_meanings`` of the labels. Labels that are text are
        replaced by the names themselves.

    Raises
    ------
    NotFittedError
        `ds` has no labels.
    ParameterError
        A name is no text, or two regimes would have the same; or there is no such regime.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> labels = xr.DataArray([0, 1, 1], dims="time", name="cluster")
    >>> named = xdsc.rename(labels, {0: "NAO+", 1: "Atlantic ridge"})
    >>> named.attrs["flag_meanings"]
    'no_label NAO+ Atlantic_ridge'
    >>> xdsc.frequency(named).regime_name.values.tolist()
    ['NAO+', 'Atlantic ridge']
    """
    given = _labels(ds, labels)
    series = label_series(given)
    regimes = series.regimes.tolist()
    if not isinstance(names, Mapping):
        listed = listing(names) or [names]
        # No regime has its name.
        without = [label for label in regimes if label != no_regime_of(given.attrs)]
        unnamed = without if len(listed) == len(without) else regimes
        if len(listed) != len(unnamed):
            raise ParameterError(
                message(
                    f"{len(without)} names, of the regimes {without}",
                    f"{names!r:.100}",
                    "name some of them with a mapping, {0: 'NAO+'}",
                )
            )
        names = dict(zip(unnamed, listed, strict=True))
    if strangers := [label for label in names if label not in regimes]:
        raise ParameterError(
            message(
                f"some of the regimes {regimes}",
                ", ".join(map(repr, np.array(strangers).tolist())),
                "choose some of them",
            )
        )
    texts: list[object] = list(names.values())
    if wrong := [name for name in texts if not (isinstance(name, str) and name.split())]:
        raise ParameterError(message("names of text", f"{wrong}", "write them as 'NAO+'"))
    if series.regimes.dtype.kind not in "iu":
        _check_different([names.get(label, label) for label in regimes])
        new = {label: names.get(label, label) for label in regimes}
        named = [new.get(label, label) for label in given.values.ravel().tolist()]
        values = np.array(named, dtype=object).reshape(given.shape)
        return _with_labels(ds, given.copy(data=values), labels)
    meanings = _meanings(given.attrs, regimes)
    meanings |= {label: "_".join(name.split()) for label, name in names.items()}
    _check_different(list(meanings.values()))
    return _with_labels(ds, given.assign_attrs(_flags(meanings)), labels)


def reorder(
    ds: Labelled,
    order: Literal["frequency"] | Sequence[int] | Mapping[int, int] | xr.Dataset = "frequency",
    *,
    labels: str = CLUSTER,
) -> Labelled:
    """Give regimes other numbers; their names go with them.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone. Labels are whole numbers.
    order : "frequency", sequence, mapping or Dataset, default "frequency"
        From most to least frequent, no regime last; or the present labels of all regimes in their
        new order, the first of which becomes 0; or present label -> new label of some, which others
        that have these take the labels of; or what `match` has found, which gives matched regimes
        the numbers of the reference, and its names where it has some.
    labels : str, default "cluster"
        Name of the labels in a Dataset.

    Returns
    -------
    Dataset or DataArray
        As `ds`, new, with other labels. Whatever else knows regimes by number, as the memberships
        of a model, does not follow.

    Raises
    ------
    NotFittedError
        `ds` has no labels.
    ParameterError
        The labels are no whole numbers, or the order does not fit them.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> labels = xdsc.rename(xr.DataArray([0, 1, 1, -1], dims="time"), ["rare", "usual"])
    >>> found = xdsc.reorder(labels)
    >>> found.values.tolist(), found.attrs["flag_meanings"]
    ([1, 0, 0, -1], 'no_label usual rare')
    >>> xdsc.reorder(labels, {0: 5}).values.tolist()
    [5, 1, 1, -1]
    """
    given = _labels(ds, labels)
    series = label_series(given)
    if series.regimes.dtype.kind not in "iu":
        raise ParameterError(
            message(
                "labels that are whole numbers",
                f"labels like {series.regimes.tolist()[0]!r}",
                "number them, labels.copy(data=np.unique(labels, return_inverse=True)[1])",
            )
        )
    regimes = series.regimes.tolist()
    none = no_regime_of(given.attrs)
    new = _new_labels(order, regimes, series.codes.ravel(), none)
    table = np.array([new[label] for label in regimes] + [NO_LABEL])
    codes = series.codes.reshape(series.labels.shape)
    found = series.labels.copy(data=table[codes].astype(np.int32)).transpose(*given.dims)
    meanings = _carried(_meanings(given.attrs, regimes), new)
    if isinstance(order, xr.Dataset):
        theirs = _meanings(order["reference_cluster"].attrs, order["reference_cluster"].values)
        matched = set(meanings) & set(order["reference"].values.tolist())
        meanings |= {i: theirs[i] for i in matched if theirs[i] != f"regime_{i}"}
    attrs = given.attrs | _flags(dict(sorted(meanings.items())))
    if "comment" in attrs:
        attrs["comment"] = "renumbered"
    return _with_labels(ds, given.copy(data=found.values).assign_attrs(attrs), labels)


def _new_labels(order: Any, regimes: list[int], codes: Any, none: int | None) -> dict[int, int]:
    """The new label of each regime; `none` is that of no regime, where there is one."""
    if isinstance(order, str) and order == "frequency":
        ranked = [regimes[place] for place in order_by_frequency(codes, len(regimes))]
        ranked.sort(key=lambda label: label == none)
        return {label: place for place, label in enumerate(ranked)}
    if isinstance(order, xr.Dataset):
        known = {"cluster", "reference"} <= {str(name) for name in order.variables}
        if not known or order["reference"].dtype.kind not in "iu":
            raise ParameterError(
                message("what xdsc.match has found", "another Dataset", "pass its whole result")
            )
        matched = order["reference"].values.tolist()
        pairs = zip(order["cluster"].values.tolist(), matched, strict=True)
        order = {label: value for label, value in pairs if value != NO_LABEL}
    if not isinstance(order, Mapping):
        listed = listing(order) or [order]
        if sorted(map(str, listed)) != sorted(map(str, regimes)):
            raise ParameterError(
                message(
                    f"each of the regimes {regimes} once",
                    f"order={listed}",
                    "pass all of them, a mapping, or 'frequency'",
                )
            )
        return {label: place for place, label in enumerate(listed)}
    numbers = [v for v in order.values() if is_number(v, whole=True) and 0 <= v < 2**31]
    if not set(order) <= set(regimes) or len(set(numbers)) < len(order):
        raise ParameterError(
            message(
                f"some of the regimes {regimes}, each with a number of its own from 0",
                f"order={dict(order)}",
                "choose other numbers",
            )
        )
    # Others keep their number, or take one that has become free, or the next one.
    new = {int(label): int(value) for label, value in order.items()}
    taken = set(new.values())
    for label in regimes:
        if label not in new:
            free = [r for r in (label, *regimes) if r not in taken]
            new[label] = free[0] if free else max(taken) + 1
            taken.add(new[label])
    return new


def _labels(ds: xr.Dataset | xr.DataArray, labels: str) -> xr.DataArray:
    """The labels of a Dataset, or these themselves, with all their coordinates."""
    if isinstance(ds, xr.DataArray):
        return computed(ds)
    require_dataset(ds)
    label_series(ds, labels)  # raises where there are none
    return computed(ds[labels])


def _with_labels(ds: Labelled, found: xr.DataArray, labels: str) -> Labelled:
    """Put labels in the place of those of `ds`, which may be labels alone."""
    if isinstance(ds, xr.DataArray):
        return found
    return ds.assign({labels: found.variable})


def _meanings(attrs: Mapping[Any, Any], regimes: Any) -> dict[int, str]:
    """Flag meaning of each regime, as CF writes it."""
    known = flag_meanings(attrs)
    return {int(label): known.get(label, f"regime_{label}") for label in regimes}


def _carried(meanings: Mapping[int, str], new: Mapping[int, int]) -> dict[int, str]:
    """Names that go with their regimes; those that are but numbers change with these."""
    plain = {label for label, name in meanings.items() if name == f"regime_{label}"}
    return {
        new[label]: f"regime_{new[label]}" if label in plain else name
        for label, name in meanings.items()
    }


def _flags(meanings: Mapping[int, str]) -> dict[str, Any]:
    """CF attributes of regimes and of the label of those that have none."""
    return {
        "flag_values": np.array([NO_LABEL, *meanings], dtype=np.int32),
        "flag_meanings": " ".join(["no_label", *meanings.values()]),
    }


def _check_different(names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(
            message("a name of its own for each regime", f"{twice} more than once", "change one")
        )
