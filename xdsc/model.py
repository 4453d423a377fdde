"""ClusterModel: Dataset in, labelled Dataset out."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Self

import numpy as np
import xarray as xr

from xdsc.cf import Axes, check_time, find_axes, require_dataset
from xdsc.errors import InputError, NotFittedError, ParameterError, message
from xdsc.frames import Frames
from xdsc.labels import CLUSTER, NO_LABEL, label_variable, order_by_frequency
from xdsc.methods import make_method, method_name
from xdsc.preprocessing import Preprocessor, is_prepared, preparation, prepared_variables

_PACKAGES = ("xdsc", "keras", "tensorflow", "scikit-learn", "xarray")


class ClusterModel:
    """Finds K regimes in a Dataset, and finds them again in other Datasets.

    Parameters
    ----------
    n_clusters : int, optional
        K, the number of regimes: at least 2, below the number of time steps. Left out for methods
        that find it ("dbscan", "hdbscan") and, if it is to be its own, for a clusterer object.
    method : str or clusterer, default "dsc"
        A row of `xdsc.methods.METHODS`, or an object of scikit-learn that clusters, which is
        copied and not changed; see `xdsc.methods.estimator.Estimator`.
    preprocessor : Preprocessor, optional
        How to prepare a Dataset that is not prepared yet; by default a `Preprocessor` with
        `variables` and the axes given here, which is the paper's Section 5.1. If it is fitted
        already, it is taken as it is.
    variables : str or sequence of str, optional
        Variables to cluster; by default all numeric ones with time and space.
    time, lat, lon : str, optional
        Names of the axes, where they cannot be told by CF conventions.
    random_state : int, optional
        Seed; the same seed gives the same labels. None draws one, which is then in the provenance.
    progress : bool, default True
        Whether to show a progress bar.
    **options
        Passed to the method; see `xdsc.methods.dsc.DSC` for those of "dsc".

    Attributes
    ----------
    labels_ : DataArray of int32, (time,)
        Labels of the fitted Dataset, numbered by falling frequency; -1 for a missing frame, and
        for one that the method calls noise.
    n_clusters_ : int
        Number of regimes: K as given, some of which may be empty, or as the method found it.
    history_ : Dataset or None
        How training went, one value an epoch; None for methods that do not train.
    variables_ : list of str
        The V variables that were clustered.
    preprocessor_ : Preprocessor or None
        How Datasets are prepared; None where the fitted Dataset had been prepared elsewhere.
    n_frames_ : int
        Time steps that took part.
    fit_seconds_ : float
        Wall time of `fit`.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset("era5_like", n_times=60, n_lat=6, n_lon=6, n_regimes=3)
    >>> model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ds)
    >>> model.label(ds).cluster.dtype
    dtype('int32')
    """

    labels_: xr.DataArray
    n_clusters_: int
    history_: xr.Dataset | None
    variables_: list[str]
    preprocessor_: Preprocessor | None
    n_frames_: int
    fit_seconds_: float

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        method: Any = "dsc",
        preprocessor: Preprocessor | None = None,
        variables: str | Sequence[str] | None = None,
        time: str | None = None,
        lat: str | None = None,
        lon: str | None = None,
        random_state: int | None = None,
        progress: bool = True,
        **options: Any,
    ) -> None:
        self.n_clusters = n_clusters
        self.method = method
        self.preprocessor = preprocessor
        self.variables = variables
        self.time = time
        self.lat = lat
        self.lon = lon
        self.random_state = random_state
        self.progress = progress
        self.options = options

    def fit(self, ds: xr.Dataset) -> Self:
        """Prepare a Dataset where that was not done, and find its regimes.

        Parameters
        ----------
        ds : Dataset
            Gridded data with time; see `xdsc.Preprocessor`. NumPy or Dask.

        Returns
        -------
        ClusterModel
            Itself.

        Raises
        ------
        InputError
            `ds` does not fit; all its problems are named.
        ParameterError
            Arguments are wrong; all of them are named.
        """
        begin = clock.perf_counter()
        method = make_method(
            self.method,
            self.n_clusters,
            random_state=self.random_state,
            progress=self.progress,
            **self.options,
        )
        method.check()
        require_dataset(ds)
        prepared, preprocessor, variables = self._prepare_for_fit(ds)
        axes = self._axes(prepared)
        frames = Frames.from_dataset(prepared, axes, variables)
        method.check(len(frames))
        _check_frames(frames)
        method.fit(frames)

        self._method, self._axes_, self._mask, self._fill = method, axes, frames.mask, frames.fill
        self._preparation = preparation(prepared)
        self.n_clusters_ = _n_clusters(method)
        self._order = order_by_frequency(method.labels_, self.n_clusters_)
        self.preprocessor_, self.variables_ = preprocessor, variables
        self.n_frames_ = len(frames)
        self.fit_seconds_ = clock.perf_counter() - begin
        self.history_ = _history(getattr(method, "history_", None))
        self.labels_ = self._label_array(ds, axes, frames, method.labels_)
        return self

    def fit_label(self, ds: xr.Dataset) -> xr.Dataset:
        """Find the regimes of `ds` and return it with the coordinate ``cluster(time)``."""
        require_dataset(ds)
        _check_room_for_labels(ds)
        return ds.assign_coords({CLUSTER: self.fit(ds).labels_.variable})

    def predict(self, ds: xr.Dataset) -> xr.DataArray:
        """Labels of a Dataset.

        Parameters
        ----------
        ds : Dataset
            The fitted Dataset or another one with its variables and grid, raw or prepared.

        Returns
        -------
        DataArray of int32, (time,)
            With CF flag attributes and provenance; -1 for missing frames and for noise.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            `ds` does not go with the fitted Dataset; all differences are named.
        """
        frames, axes = self._frames(ds)
        return self._label_array(ds, axes, frames, self._ask("predict", frames))

    def label(self, ds: xr.Dataset) -> xr.Dataset:
        """Return `ds` with the coordinate ``cluster(time)``; see `predict`."""
        require_dataset(ds)
        _check_room_for_labels(ds)
        return ds.assign_coords({CLUSTER: self.predict(ds).variable})

    def membership(self, ds: xr.Dataset) -> xr.DataArray:
        """Soft assignment q (Eq. 3) of a Dataset.

        Returns
        -------
        DataArray of float32, (time, cluster)
            Rows sum to 1; NaN for missing frames. The label is the column with the highest value.
        """
        frames, axes = self._frames(ds)
        q = self._ask("predict_proba", frames)[:, self._order]
        attrs = {"long_name": "membership of the regimes", "units": "1"}
        array = self._along_time(ds, axes, frames, q, CLUSTER, "membership", attrs)
        return array.assign_coords({CLUSTER: np.arange(self.n_clusters_, dtype=np.int32)})

    def embedding(self, ds: xr.Dataset) -> xr.DataArray:
        """Embeddings E (Eq. 1) of a Dataset.

        Returns
        -------
        DataArray of float32, (time, latent)
            NaN for missing frames.
        """
        frames, axes = self._frames(ds)
        attrs = {"long_name": "embedding", "units": "1"}
        found = self._ask("transform", frames)
        return self._along_time(ds, axes, frames, found, "latent", "embedding", attrs)

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """What the decoder makes of the embeddings (Eq. 2), in the units of the data.

        Returns
        -------
        Dataset
            The clustered variables with dims (time, lat, lon); NaN in masked cells and missing
            frames. In prepared units if the model was fitted on data prepared elsewhere.
        """
        frames, axes = self._frames(ds)
        decoded = np.where(frames.mask, self._ask("reconstruct", frames), np.nan)
        block = np.full((frames.n_times, *frames.shape), np.nan, dtype=np.float32)
        block[frames.steps] = decoded
        dims = (axes.time, axes.y, axes.x)
        prepared = ds.drop_vars(list(ds.data_vars)).assign(
            {name: (dims, block[..., v]) for v, name in enumerate(self.variables_)}
        )
        if self.preprocessor_ is None:
            return prepared
        raw = self.preprocessor_.inverse_transform(prepared)
        units = {} if is_prepared(ds) else {n: ds[n].attrs for n in self.variables_}
        return raw.assign({n: raw[n].assign_attrs(attrs) for n, attrs in units.items()})

    @property
    def method_name(self) -> str:
        """What labels, tables and messages call the method: its row, or the clusterer's class."""
        return method_name(self.method)

    def __repr__(self) -> str:
        known = getattr(self, "n_clusters_", self.n_clusters)
        k = "" if known is None else f", k={known}"
        named = f"<xdsc.ClusterModel {self.method_name!r}{k}"
        if not hasattr(self, "_method"):
            return f"{named}, not fitted>"
        return f"{named}, fitted on {self.n_frames_} time steps of {', '.join(self.variables_)}>"

    def _repr_html_(self) -> str:
        from xdsc.html import model_html

        return model_html(self)

    # --- Preparing -----------------------------------------------------------------------------

    def _axes(self, ds: xr.Dataset) -> Axes:
        given = {"time": self.time, "lat": self.lat, "lon": self.lon}
        there = {*ds.dims, *ds.coords}
        return find_axes(ds, **{key: name for key, name in given.items() if name in there})

    def _prepare_for_fit(self, ds: xr.Dataset) -> tuple[xr.Dataset, Preprocessor | None, list[str]]:
        given = self.preprocessor
        if is_prepared(ds):
            variables = prepared_variables(ds)
            if self.variables is not None:
                wanted = [self.variables] if isinstance(self.variables, str) else self.variables
                variables = _among(list(wanted), variables)
            if not variables:
                raise InputError(
                    message(
                        "at least one prepared variable",
                        f"the variables {list(map(str, ds.data_vars))}",
                        "keep some of those that preprocess() was given, or drop variables=[]",
                    )
                )
            check_time(ds, self._axes(ds))
            return ds, given, variables
        if given is None:
            given = Preprocessor(
                variables=self.variables, time=self.time, lat=self.lat, lon=self.lon
            )
        # A copy is fitted: what the caller gave stays as it is, and another fit begins afresh.
        fitted = given if hasattr(given, "steps_") else copy(given).fit(ds)
        return fitted.transform(ds), fitted, list(fitted.variables_)

    def _frames(self, ds: xr.Dataset) -> tuple[Frames, Axes]:
        """Frames of a Dataset that goes with the fitted one."""
        if not hasattr(self, "_method"):
            raise NotFittedError(message("a fitted model", repr(self), "call fit(ds) first"))
        require_dataset(ds)
        if not is_prepared(ds):
            if self.preprocessor_ is None:
                raise InputError(
                    message(
                        "a prepared Dataset, since the model was fitted on one that was prepared "
                        "elsewhere",
                        "a Dataset that is not",
                        "prepare it in the same way, with the same Preprocessor",
                    )
                )
            ds = self.preprocessor_.transform(ds)
        if (received := preparation(ds)) != self._preparation:
            raise InputError(
                message(
                    f"a Dataset prepared as the fitted one, {self._preparation}",
                    f"one prepared with {received}",
                    "pass the unprepared Dataset; the model prepares it as it did the fitted one",
                )
            )
        _among(self.variables_, list(map(str, ds.data_vars)))
        axes = self._axes(ds)
        frames = Frames.from_dataset(ds, axes, self.variables_, self._mask, self._fill)
        return frames, axes

    # --- Dressing ------------------------------------------------------------------------------

    def _ask(self, ability: str, frames: Frames) -> Any:
        """What the method's `ability` makes of N frames, or a clear error where it has none."""
        if not hasattr(self._method, ability):
            word = {"predict_proba": "memberships", "transform": "embeddings"}
            raise ParameterError(
                message(
                    f"a method that gives {word.get(ability, 'reconstructions')}",
                    f"method={self.method_name!r}",
                    "fit with method='dsc'",
                )
            )
        if not len(frames):
            # Methods need a frame to show the shape of their answer.
            one = np.broadcast_to(frames.fill, (1, *frames.shape))
            frames = replace(frames, values=one, runs=np.array([[0, 1]]), steps=np.array([0]))
            return getattr(self._method, ability)(frames)[:0]
        return getattr(self._method, ability)(frames)

    def _along_time(
        self,
        ds: xr.Dataset,
        axes: Axes,
        frames: Frames,
        found: np.ndarray,
        dim: str,
        name: str,
        attrs: Mapping[str, str],
    ) -> xr.DataArray:
        full = np.full((frames.n_times, found.shape[1]), np.nan, dtype=np.float32)
        full[frames.steps] = found
        array = xr.DataArray(full, dims=(axes.time, dim), name=name, attrs=dict(attrs))
        return array.assign_coords({axes.time: ds[axes.time].variable})

    def _label_array(
        self, ds: xr.Dataset, axes: Axes, frames: Frames, found: np.ndarray
    ) -> xr.DataArray:
        rank = np.empty_like(self._order)
        rank[self._order] = np.arange(self.n_clusters_)
        full = np.full(frames.n_times, NO_LABEL, dtype=np.int32)
        full[frames.steps] = np.where(found >= 0, rank[np.maximum(found, 0)], NO_LABEL)
        variable = label_variable(full, axes.time, self.n_clusters_, self._provenance())
        coords = {axes.time: ds[axes.time].variable}
        return xr.DataArray(variable, coords=coords, name=CLUSTER)

    def _provenance(self) -> dict[str, str | int]:
        seed = getattr(self._method, "seed_", None)
        return {
            "xdsc_method": self.method_name,
            "xdsc_n_clusters": self.n_clusters_,
            "xdsc_random_state": "none" if seed is None else int(seed),
            "xdsc_variables": " ".join(self.variables_),
            "xdsc_versions": ", ".join(f"{p} {v}" for p in _PACKAGES if (v := _version(p))),
        }


def _check_room_for_labels(ds: xr.Dataset) -> None:
    if CLUSTER in ds.dims or CLUSTER in ds.data_vars:
        raise InputError(
            message(
                f"a Dataset without a dimension or variable {CLUSTER!r}",
                f"one with {CLUSTER!r}, where the labels are to go",
                f"rename it: ds.rename({CLUSTER}='...')",
            )
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _among(wanted: list[str], there: list[str]) -> list[str]:
    if missing := [name for name in wanted if name not in there]:
        raise InputError(
            message(f"the variables {wanted}", f"a Dataset without {missing}", "add or rename them")
        )
    return wanted


def _n_clusters(method: Any) -> int:
    """Number of regimes that labels of the fitted method are of."""
    return int(getattr(method, "n_clusters_", method.n_clusters))


def _check_frames(frames: Frames) -> None:
    if len(frames) < 2:
        raise InputError(
            message("at least 2 time steps with data", f"{len(frames)}", "select a longer period")
        )
    if not np.isfinite(frames.values).all():
        raise InputError(
            message(
                "finite values in prepared data",
                "infinite ones, or gaps other than masked cells and missing frames",
                "prepare the Dataset with ds.dsc.preprocess()",
            )
        )
    if (frames.values == frames.values[0]).all():
        raise InputError(
            message("time steps that differ", "the same field at all times", "check the data")
        )


def _history(history: Mapping[str, list[Any]] | None) -> xr.Dataset | None:
    """One value an epoch, epoch 0 before training, as a Dataset."""
    if history is None:
        return None
    long_names = {
        "phase": "phase of the training",
        "reconstruction_loss": "reconstruction loss, share of the variance",
        "classification_loss": "classification loss, cross-entropy",
        "clustering_loss": "clustering loss",
        "label_change": "share of labels changed since the last refresh",
    }
    n_epochs = len(history["phase"])
    return xr.Dataset(
        {n: ("epoch", history[n], {"long_name": t}) for n, t in long_names.items() if n in history},
        {"epoch": ("epoch", np.arange(n_epochs), {"long_name": "epochs of training"})},
    )
