"""Rows for figures of distances: which space they live in, and which regime each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, NotFittedError, ParameterError, message
from xdsc.labels import CLUSTER, NO_LABEL, labels_of
from xdsc.model import ClusterModel
from xdsc.model.answers import AnswersAtOnce
from xdsc.plot.style import keep, regime_colours, regime_names, regime_sizes
from xdsc.preprocessing import prepare
from xdsc.scoring import as_labelled, embedding_rows, feature_rows

Floats = npt.NDArray[np.floating[Any]]
Space = Literal["data", "embedding"]


def rows_of(
    ds: xr.Dataset, model: ClusterModel | None = None, space: Space | None = None
) -> xr.DataArray:
    """What distances between the time steps of a labelled Dataset are measured in.

    Parameters
    ----------
    ds : Dataset
        With the coordinate ``cluster(time)``; T time steps, prepared or not.
    model : ClusterModel, optional
        What made the labels.
    space : {"data", "embedding"}, optional
        "embedding": the model's. "data": the prepared fields without their masked cells, prepared
        as for the fit of `model`; without one with the defaults, and those variables that the
        labels say they were made from. By default the embedding where there is one.

    Returns
    -------
    DataArray, (time, latent) or (time, feature)
        NaN for missing frames.

    Raises
    ------
    NotFittedError
        `ds` has no labels; or an embedding is asked for and there is no model.
    ParameterError
        `space` is unknown, or the model's method has no embedding.
    """
    labels = labels_of(ds, CLUSTER)
    if space not in (None, "data", "embedding"):
        raise ParameterError(
            message("space='data' or 'embedding'", repr(space), "choose one of them")
        )
    if model is not None and space != "data":
        try:
            return model.embedding(ds)
        except ParameterError:  # the method has none
            if space:
                raise
    elif space == "embedding":
        raise NotFittedError(
            message(
                "a Dataset with a model for space='embedding'",
                "labels alone",
                "fit first, or pass the embedding to xdsc.plot.silhouette",
            )
        )
    if model is None:
        given: dict[str, str | None] = dict.fromkeys(("time", "lat", "lon", "member"))
        made_from = str(labels.attrs.get("xdsc_variables", "")).split()
        how = as_labelled(ds, labels, None, given)
        prepared = prepare(ds, how, preferred=made_from, given=given)
    else:
        given = {key: getattr(model, key) for key in ("time", "lat", "lon", "member")}
        prepared = prepare(ds, model.preprocessor_, model.variables_, given=given)
    frames = prepared.require_memory().frames()
    answers = AnswersAtOnce(ds=ds, axes=prepared.axes, positions=prepared.positions, frames=frames)
    attrs = {"long_name": "prepared fields", "units": "1"}
    rows = frames.spread(feature_rows(frames), np.nan)
    return answers.array(rows, "fields", attrs, "feature")


@dataclass(frozen=True)
class Points:
    """The time steps that have a row, and the regimes of the labels.

    Attributes
    ----------
    rows : numpy.ndarray, shape (N, F)
        Without the missing ones.
    codes : numpy.ndarray of int, shape (N,)
        Place of each row's regime among the regimes; -1 where it has no label.
    regimes : Dataset
        ``n_frames(cluster)`` and ``frequency(cluster)`` of the K regimes that occur.
    names, colours : list of str
        Of the K regimes.
    numbers : list of str
        What they are called in little room.
    """

    rows: Floats
    codes: npt.NDArray[np.intp]
    regimes: xr.Dataset
    names: list[str]
    colours: list[str]
    numbers: list[str]

    @classmethod
    def of(cls, ds: xr.Dataset, X: xr.DataArray) -> Points:
        """Take the rows of `X`, (time, feature), that belong to a labelled Dataset.

        Raises
        ------
        NotFittedError, ParameterError, InputError
            There are no labels, X is at other time steps, or all its rows are missing.
        """
        regimes = regime_sizes(keep(ds))
        labels = labels_of(ds, CLUSTER)
        rows = embedding_rows(ds, X.compute(), [str(labels.dims[0])])
        if rows.dtype.kind != "f":
            rows = rows.astype("float64")
        codes = np.full(len(rows), NO_LABEL, dtype=np.intp)
        for code, regime in enumerate(regimes[CLUSTER].values):
            codes[labels.values == regime] = code
        if infinite := int(np.isinf(rows).any(axis=1).sum()):
            raise InputError(
                message(
                    "finite values, or NaN for missing frames",
                    f"{infinite} rows with infinite ones",
                    "look for what made them, e.g. np.isinf(X)",
                )
            )
        there = ~np.isnan(rows).any(axis=1)
        if not (codes[there] != NO_LABEL).any():
            raise InputError(
                message(
                    "labelled time steps with values",
                    f"{len(rows)} time steps, none with both",
                    "look for missing data in them",
                )
            )
        regime = regimes[CLUSTER]
        number = regime.dtype.kind in "iu"
        return cls(
            rows=rows if there.all() else rows[there],
            codes=codes[there],
            regimes=regimes,
            names=regime_names(regime),
            colours=regime_colours(regime),
            numbers=[str(label) if number else str(i) for i, label in enumerate(regime.values)],
        )

    def __len__(self) -> int:
        """N."""
        return len(self.rows)

    def means(self) -> Floats:
        """Mean row of each regime, (K, F); NaN where all its rows are missing."""
        means = np.full((len(self.names), self.rows.shape[1]), np.nan)
        for code in np.unique(self.codes[self.codes != NO_LABEL]):
            means[code] = self.rows[self.codes == code].mean(axis=0, dtype="float64")
        return means
