"""ClusterModel: Dataset in, labelled Dataset out."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Self
from uuid import uuid4

import numpy as np
import xarray as xr

from xdsc.cf import require_dataset
from xdsc.errors import (
    InputError,
    NotFittedError,
    ParameterError,
    StorageError,
    message,
    warn_user,
)
from xdsc.frames import Frames
from xdsc.frames.chunks import is_lazy
from xdsc.frames.time_blocks import warn_of_layout
from xdsc.labels import CLUSTER, NO_LABEL, order_by_frequency
from xdsc.methods import method_name
from xdsc.methods.base import ClusteringMethod
from xdsc.model.answers import Seen, SeenWhole
from xdsc.model.checks import (
    check_frames,
    check_no_settings,
    check_nothing_to_bring,
    check_room,
    check_there,
)
from xdsc.model.fitted import FittedMethod, Recipe, numbered
from xdsc.model.lazy_answers import SeenInBlocks
from xdsc.model.novelty import Novelty
from xdsc.model.provenance import provenance, training_history
from xdsc.model.reading import check_memory, read_frames
from xdsc.model.saving import contents_of, model_of
from xdsc.preprocessing import (
    Climatology,
    Preprocessor,
    is_prepared,
    mark_of,
    preparation,
    prepare,
    prepared_step,
)
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.grid import Grid
from xdsc.storage import read, write

#: Name of the coordinate that tells frames from those of the fit.
NOVELTY = "novelty"

# A few frames beyond all those of the fit are no surprise.
_MANY_NEW = 0.1


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
        `preset`, `variables` and the axes given here. If it is fitted already, it is taken as it
        is.
    preset : str, optional
        Of the preparation, "paper" by default; see `Preprocessor`.
    variables : str or sequence of str, optional
        Variables to cluster; by default all numeric ones with time and space.
    time, lat, lon, member : str, optional
        Names of the axes, where they cannot be told by CF conventions.
    random_state : int, optional
        Seed; the same seed gives the same labels. None draws one, which is then in the provenance.
    progress : bool, default True
        Whether to show a progress bar.
    memory_budget : str or int, optional
        Memory that frames may take in `fit`, as ``"8 GiB"`` or in bytes; by default half of what
        is available when `fit` begins.
    stream : bool, optional
        Whether frames are streamed from a file in Dask's ``temporary-directory`` instead of being
        held in memory, which the deep methods can do. By default they are where `ds` is Dask's and
        larger than the budget.
    **options
        Passed to the method; see `xdsc.methods.dsc.DSC` for those of "dsc".

    Attributes
    ----------
    labels_ : DataArray of int32, ([member,] time)
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
    streamed_ : bool
        Whether `fit` streamed frames from a file.

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
    streamed_: bool

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        method: Any = "dsc",
        preprocessor: Preprocessor | None = None,
        preset: str | None = None,
        variables: str | Sequence[str] | None = None,
        time: str | None = None,
        lat: str | None = None,
        lon: str | None = None,
        member: str | None = None,
        random_state: int | None = None,
        progress: bool = True,
        memory_budget: str | int | None = None,
        stream: bool | None = None,
        **options: Any,
    ) -> None:
        self.n_clusters = n_clusters
        self.method = method
        self.preprocessor = preprocessor
        self.preset = preset
        self.variables = variables
        self.time = time
        self.lat = lat
        self.lon = lon
        self.member = member
        self.random_state = random_state
        self.progress = progress
        self.memory_budget = memory_budget
        self.stream = stream
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
        check_no_settings(self.method, self.options)
        method = self._make_method()
        check_memory(self.memory_budget, self.stream, method)
        method.check()
        require_dataset(ds)
        prepared = prepare(
            ds, self._chosen_preprocessor(ds), self.variables, given=self._given, at_least=2
        )
        frames = read_frames(prepared, method, self.memory_budget, self.stream, self.progress)
        with closing(frames):
            method.check(len(frames))
            check_frames(frames)
            method.fit(frames)
            self._novelty = Novelty.of(frames, method.labels_)

        seen = SeenWhole(ds=ds, axes=prepared.axes, positions=prepared.positions, frames=frames)
        self._key = uuid4().hex
        self._method, self._mask, self._fill = method, frames.mask, frames.fill
        self._preparation = preparation(prepared.ds)
        self._fit = mark_of(prepared.ds).get("fit")
        self._grid = Grid.of(prepared.ds, prepared.axes)
        found: Any = getattr(method, "n_clusters_", method.n_clusters)
        self.n_clusters_ = int(found)
        self._order = order_by_frequency(method.labels_, self.n_clusters_)
        self.preprocessor_, self.variables_ = prepared.preprocessor, prepared.variables
        self.n_frames_, self.streamed_ = len(frames), not frames.in_memory
        self.fit_seconds_ = clock.perf_counter() - begin
        self.history_ = training_history(getattr(method, "history_", None))
        self.labels_ = seen.labels(
            frames.spread(numbered(method.labels_, self._order), NO_LABEL),
            self.n_clusters_,
            self._provenance,
        )
        return self

    def fit_label(self, ds: xr.Dataset) -> xr.Dataset:
        """Find the regimes of `ds` and return it with the coordinate ``cluster(time)``."""
        require_dataset(ds)
        check_room(ds, CLUSTER)
        return ds.assign_coords({CLUSTER: self.fit(ds).labels_.variable})

    def predict(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.DataArray:
        """Labels of a Dataset.

        Parameters
        ----------
        ds : Dataset
            The fitted Dataset or another one with its variables, raw or prepared: another period,
            a climate model, a forecast. See `Preprocessor.transform` for what may differ.
        climatology : {"fitted", "own"} or Dataset, default "fitted"
            What anomalies are taken from: the fitted annual cycle and trend; those of `ds` itself,
            which removes the bias of a model; or those of another Dataset, such as the historical
            run that a scenario goes on from.
        names : mapping of str to str, optional
            What the fitted variables are called in `ds`, fitted name first: ``{"t2m": "tas"}``.
        regrid : {"linear", "nearest", "bilinear", "conservative", "patch"}, optional
            How to bring another grid to the fitted one; the last three need xESMF.

        Returns
        -------
        DataArray of int32, ([member,] time)
            With CF flag attributes and provenance; -1 for missing frames and for noise. Lazy where
            `ds` is: computed block by block of time, see Notes.

        Warns
        -----
        XdscWarning
            Chunks of a lazy `ds` are too large, or too many, with those to use instead.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            `ds` does not go with the fitted Dataset; all differences are named. Gaps that only the
            data show are told when lazy labels are computed.

        Notes
        -----
        Of Dask's data a block of time of all variables, on the whole grid and with all members, is
        in memory at once, at most as large as Dask's setting ``array.chunk-size``; besides it are
        the chunks that it is made of. A method with windows gets the neighbours of the block as
        well, so that labels are those of NumPy for any chunks. They have the chunks of `ds`. All
        this holds for `label`, `membership`, `embedding`, `novelty` and `reconstruct` too.
        """
        seen = self._see(ds, climatology, names, regrid)
        return self._labels(seen, seen.answers(self._fitted, "labels")["labels"])

    def label(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.Dataset:
        """Label the time steps of a Dataset, and say how far they are from those of the fit.

        Parameters are those of `predict`.

        Returns
        -------
        Dataset
            `ds` with the coordinates ``cluster(time)``, see `predict`, and ``novelty(time)``: the
            share of the fitted frames that are nearer to the centre of their regime than this one
            is to any. 1 is farther than all of them: the label is an extrapolation.

        Warns
        -----
        XdscWarning
            More than a tenth of the frames are farther than all those of the fit. Not for Dask's
            data, which nobody has seen yet: look at ``novelty`` there.
        """
        require_dataset(ds)
        check_room(ds, CLUSTER)
        check_room(ds, NOVELTY)
        seen = self._see(ds, climatology, names, regrid)
        found = seen.answers(self._fitted, "labels", "novelty")
        if isinstance(seen, SeenWhole):
            _warn_of_many_new(found["novelty"])
        labels, novelty = self._labels(seen, found["labels"]), _novelty(seen, found["novelty"])
        return ds.assign_coords({CLUSTER: labels.variable, NOVELTY: novelty.variable})

    def membership(self, ds: xr.Dataset, **bring: Any) -> xr.DataArray:
        """Soft assignment q (Eq. 3) of a Dataset.

        Parameters
        ----------
        ds : Dataset
            As for `predict`.
        **bring
            ``climatology``, ``names`` and ``regrid``, as for `predict`.

        Returns
        -------
        DataArray of float32, ([member,] time, cluster)
            Rows sum to 1; NaN for missing frames. The label is the column with the highest value.
        """
        seen = self._see(ds, **bring)
        q = seen.answers(self._fitted, "membership")["membership"]
        attrs = {"long_name": "membership of the regimes", "units": "1"}
        array = seen.array(q, "membership", attrs, CLUSTER)
        return array.assign_coords({CLUSTER: np.arange(self.n_clusters_, dtype=np.int32)})

    def embedding(self, ds: xr.Dataset, **bring: Any) -> xr.DataArray:
        """Embeddings E (Eq. 1) of a Dataset.

        Parameters are those of `membership`.

        Returns
        -------
        DataArray of float32, ([member,] time, latent)
            NaN for missing frames.
        """
        seen = self._see(ds, **bring)
        attrs = {"long_name": "embedding", "units": "1"}
        embedding = seen.answers(self._fitted, "embedding")["embedding"]
        return seen.array(embedding, "embedding", attrs, "latent")

    def novelty(self, ds: xr.Dataset, **bring: Any) -> xr.DataArray:
        """How far the time steps of a Dataset are from all that the model was fitted on.

        Parameters are those of `membership`.

        Returns
        -------
        DataArray of float32, ([member,] time)
            Share of the fitted frames that are nearer to the centre of their regime than this one
            is to any, 1 beyond all of them; NaN for missing frames.

        Notes
        -----
        Frames like those of the fit have values from 0 to 1, evenly. Those of another period are
        somewhat higher on average, the more so the shorter the period of the fit: its climatology
        and its regimes have seen their own days, and not the new ones.
        """
        seen = self._see(ds, **bring)
        return _novelty(seen, seen.answers(self._fitted, "novelty")["novelty"])

    def reconstruct(self, ds: xr.Dataset, **bring: Any) -> xr.Dataset:
        """What the decoder makes of the embeddings (Eq. 2), in the units of the data of the fit.

        Parameters are those of `membership`.

        Returns
        -------
        Dataset
            The clustered variables with dims ([member,] time, lat, lon), at the prepared time
            steps; NaN in masked cells and missing frames. The fitted climatology is put back,
            whichever was taken out. In prepared units if the model was fitted on data prepared
            elsewhere.
        """
        prepared, seen = self._prepared(ds, **bring)
        axes = seen.axes
        block = seen.answers(self._fitted, "reconstruction")["reconstruction"]
        dims = (*axes.samples, axes.y, axes.x)
        plain = prepared.drop_vars(list(prepared.data_vars)).assign(
            {
                name: (dims, block[..., v], prepared[name].attrs)
                for v, name in enumerate(self.variables_)
            }
        )
        if self.preprocessor_ is None:
            return plain
        return self.preprocessor_.inverse_transform(plain)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file; see `xdsc.load_model`.

        Parameters
        ----------
        path : str or path
            Of the file, by custom ``*.xdsc``. One that is there is replaced, at once and whole.

        Raises
        ------
        NotFittedError
            Before `fit`.
        StorageError
            The file cannot be written, or the method holds what cannot be stored without pickle.

        Examples
        --------
        >>> import tempfile
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=6, n_lon=6, n_regimes=3)
        >>> model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ds)
        >>> path = tempfile.mkdtemp() + "/regimes.xdsc"
        >>> model.save(path)
        >>> bool((xdsc.load_model(path).predict(ds) == model.labels_).all())
        True
        """
        self._check_fitted()
        write(path, contents_of(self))

    @property
    def interrupted_(self) -> bool:
        """Whether Ctrl-C in a notebook has ended the fit before its time."""
        self._check_fitted()
        return bool(getattr(self._method, "interrupted_", False))

    @property
    def method_name(self) -> str:
        """What labels, tables and messages call the method: its row, or the clusterer's class."""
        return method_name(self.method)

    @property
    def _provenance(self) -> dict[str, str | int]:
        return provenance(
            self.method_name, self._method, self.n_clusters_, self.variables_, self._preparation
        )

    def __repr__(self) -> str:
        known = getattr(self, "n_clusters_", self.n_clusters)
        k = "" if known is None else f", k={known}"
        named = f"<xdsc.ClusterModel {self.method_name!r}{k}"
        if not hasattr(self, "_method"):
            return f"{named}, not fitted>"
        how = ", streamed" if self.streamed_ else ""
        return (
            f"{named}, fitted on {self.n_frames_} time steps of {', '.join(self.variables_)}{how}>"
        )

    def _repr_html_(self) -> str:
        from xdsc.model.html import model_html

        return model_html(self)

    def _make_method(self) -> ClusteringMethod:
        return self._recipe.make(progress=self.progress)

    # --- Preparing -----------------------------------------------------------------------------

    @property
    def _given(self) -> dict[str, Any]:
        return {"time": self.time, "lat": self.lat, "lon": self.lon, "member": self.member}

    def _chosen_preprocessor(self, ds: xr.Dataset) -> Preprocessor | None:
        """What `ds` is to be prepared with; None for one that was prepared elsewhere."""
        if self.preset is None:
            return self.preprocessor
        if self.preprocessor is not None or is_prepared(ds):
            received = "a prepared Dataset" if is_prepared(ds) else "preprocessor= as well"
            raise ParameterError(
                message(
                    f"preset={self.preset!r} alone, for a Dataset that is not prepared",
                    received,
                    "leave preset= out",
                )
            )
        return Preprocessor(preset=self.preset, variables=self.variables, **self._given)

    def _see(
        self,
        ds: xr.Dataset,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> Seen:
        """Frames of a Dataset that goes with the fitted one."""
        return self._prepared(ds, climatology, names, regrid)[1]

    def _prepared(
        self,
        ds: xr.Dataset,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> tuple[xr.Dataset, Seen]:
        """A Dataset prepared as the fitted one, and its frames."""
        self._check_fitted()
        require_dataset(ds)
        if is_prepared(ds):
            check_nothing_to_bring(climatology, names, regrid)
        elif self.preprocessor_ is None:
            raise InputError(
                message(
                    "a prepared Dataset, since the model was fitted on one that was prepared "
                    "elsewhere",
                    "a Dataset that is not",
                    "prepare it in the same way, with the same Preprocessor",
                )
            )
        found = prepare(
            ds,
            None if is_prepared(ds) else self.preprocessor_,
            given=self._given,
            climatology=climatology,
            names=names,
            regrid=regrid,
        )
        prepared = found.ds
        if (received := preparation(prepared)) != self._preparation:
            raise InputError(
                message(
                    f"a Dataset prepared as the fitted one, {self._preparation}",
                    f"one prepared with {received}",
                    "pass the unprepared Dataset; the model prepares it as it did the fitted one",
                )
            )
        if mark_of(prepared).get("fit") != self._fit:
            raise InputError(
                message(
                    "a Dataset prepared together with the fitted one",
                    "one with a preparation of its own: other ranges, another climatology",
                    "pass the unprepared Dataset; the model prepares it as it did the fitted one",
                )
            )
        check_there(self.variables_, prepared)
        prepared, axes = align(prepared, found.axes, self._grid)
        step = prepared_step(prepared)
        if is_lazy(prepared, self.variables_):
            warn_of_layout(prepared, axes, self.variables_)
            return prepared, SeenInBlocks(
                ds=ds,
                axes=axes,
                positions=found.positions,
                prepared=prepared,
                variables=self.variables_,
                step=step,
            )
        frames = Frames.from_dataset(prepared, axes, self.variables_, self._mask, self._fill, step)
        return prepared, SeenWhole(ds=ds, axes=axes, positions=found.positions, frames=frames)

    def _check_fitted(self) -> None:
        if not hasattr(self, "_method"):
            raise NotFittedError(message("a fitted model", repr(self), "call fit(ds) first"))

    # --- Asking the method ---------------------------------------------------------------------

    @property
    def _recipe(self) -> Recipe:
        return Recipe(self.method, self.n_clusters, self.random_state, self.options)

    @property
    def _fitted(self) -> FittedMethod:
        """The method with what it needs to answer."""
        return FittedMethod(
            self._recipe,
            self._key,
            self._order,
            self._mask,
            self._fill,
            self._novelty,
            self._method,
        )

    def _labels(self, seen: Seen, labels: Any) -> xr.DataArray:
        return seen.labels(labels, self.n_clusters_, self._provenance)


def _novelty(seen: Seen, rank: Any) -> xr.DataArray:
    """How new samples are, ([members,] T), as an array."""
    attrs = {
        "long_name": "share of the frames of the fit that are nearer to their regime's centre",
        "units": "1",
        "comment": "1 is farther from every regime than all frames of the fit",
    }
    return seen.array(rank, NOVELTY, attrs)


def _warn_of_many_new(rank: np.ndarray) -> None:
    """Warn of samples, ([members,] T), of which many are farther off than all those of the fit."""
    there = rank[~np.isnan(rank)]
    beyond = float((there >= 1).mean()) if there.size else 0.0
    if beyond > _MANY_NEW:
        text = message(
            "fields like those of the fit",
            f"{beyond:.0%} of the time steps farther from every regime than any of the fit",
            "look at units, variables and the coordinate 'novelty'; "
            "climatology='own' removes the bias of a model",
        )
        warn_user(text)


def load_model(path: str | os.PathLike[str]) -> ClusterModel:
    """Read a model that `ClusterModel.save` has written.

    Nothing that is in the file is executed: the network is rebuilt by xdsc from its settings, and
    runs on any backend of Keras.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    ClusterModel
        Gives the same labels as the one that was saved.

    Raises
    ------
    StorageError
        The file is not there, is damaged, is no model, or was written by a newer xdsc.
    """
    contents = read(path)
    try:
        return model_of(contents, ClusterModel)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StorageError(
            message(
                "a file with a whole model",
                f"{os.fspath(path)}, where {type(error).__name__}: {error}",
                "save the model again, with this version of xdsc if that helps",
            )
        ) from error
