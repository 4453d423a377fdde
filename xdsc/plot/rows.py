"""What figures of distances measure in, as a DataArray at the time steps of the Dataset."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.cf.names import free_name
from xdsc.errors import NotFittedError, ParameterError, message
from xdsc.frames import Frames
from xdsc.labels import CLUSTER, labels_of
from xdsc.preprocessing import Prepared, Preprocessor, prepare
from xdsc.samples import (
    FittedModel,
    Space,
    axes_of,
    check_space,
    field_samples,
    prepared_as_labelled,
)


def rows_of(
    ds: xr.Dataset,
    model: FittedModel | None = None,
    space: Space | None = None,
    preprocessor: Preprocessor | None = None,
) -> xr.DataArray:
    """What distances between the time steps of a labelled Dataset are measured in.

    Parameters
    ----------
    ds : Dataset
        With the labels ``cluster(time)``, or ``cluster(member, time)``; T time steps, prepared or
        not.
    model : ClusterModel, optional
        What made the labels.
    space : {"data", "embedding"}, optional
        "embedding": the model's. "data": the prepared fields without their masked cells, prepared
        as for the fit of `model`; without one as the labels say, otherwise with the defaults, and
        those variables that the labels say they were made from. By default the embedding where
        there is one, and the fields where `preprocessor` is given.
    preprocessor : Preprocessor, optional
        How to prepare fields, as for `xdsc.score`; by default as those of the fit were.

    Returns
    -------
    DataArray, ([member,] time, latent) or ([member,] time, feature)
        NaN for missing frames.

    Raises
    ------
    NotFittedError
        `ds` has no labels; or an embedding is asked for and there is no model.
    ParameterError
        `space` is unknown, the model's method has no embedding, or there is a preprocessor for one.
    InputError
        `ds` cannot be prepared.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> ds = ds.dsc.fit(k=3, method="kmeans", variables="t2m", random_state=0)
    >>> rows_of(ds, ds.dsc.model).sizes
    Frozen({'time': 60, 'feature': 16})
    """
    labels = labels_of(ds, CLUSTER, members=True)
    if space is not None:
        check_space(space)
    if preprocessor is not None:
        if space == "embedding":
            raise ParameterError(
                message(
                    "preprocessor= for space='data', prepared fields",
                    "space='embedding', which its model prepares",
                    "leave one of them out",
                )
            )
        space = "data"
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
        prepared = prepared_as_labelled(ds, labels, preprocessor)
    else:
        how = preprocessor or model.preprocessor_
        prepared = prepare(ds, how, model.variables_, given=axes_of(model))
    return _at_own_times(ds, prepared, prepared.require_memory().frames())


def _at_own_times(ds: xr.Dataset, prepared: Prepared, frames: Frames) -> xr.DataArray:
    """Rows of prepared fields at the time steps of `ds`; NaN where these have none."""
    samples = field_samples(prepared, frames)
    rows = xr.DataArray(
        frames.spread(samples.rows, np.nan),
        dims=(*samples.dims, free_name("feature", samples.dims)),
        name="fields",
        attrs={"long_name": "prepared fields", "units": "1"},
    )
    time, positions = prepared.axes.time, prepared.positions
    if positions is not None:
        there = xr.DataArray(positions >= 0, dims=time)
        rows = rows.isel({time: positions}).where(there)
    return rows.assign_coords({dim: ds[dim].variable for dim in samples.dims if dim in ds.coords})
