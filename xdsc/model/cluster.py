"""ClusterModel: Dataset in, labelled Dataset out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import xarray as xr

from xdsc.calendar_share import CalendarShare, advice
from xdsc.cf import require_dataset
from xdsc.delegation import described_as
from xdsc.errors import FitInterrupted, NotFittedError, StorageError, message, warn_user
from xdsc.labels import CLUSTER
from xdsc.methods import MethodName
from xdsc.methods.deep.checkpoints import is_checkpoint
from xdsc.model.answering import asking
from xdsc.model.answering.answers import Answers
from xdsc.model.answering.asking import NOVELTY
from xdsc.model.answering.limits import Limits
from xdsc.model.answering.prepared_like import prepared_like
from xdsc.model.files.saving import contents_of, parts_of
from xdsc.model.fitting.fitting import find_regimes
from xdsc.model.fitting.interruption import interruption
from xdsc.model.html import model_html
from xdsc.model.index.indexing import index_of
from xdsc.model.index.labelling import Labelling
from xdsc.model.record.arguments import Arguments, parted
from xdsc.model.record.attributes import start_selection
from xdsc.model.record.fit import Fit
from xdsc.preprocessing import Climatology, Preprocessor, PresetName
from xdsc.storage import DamageError, read, write


class ClusterModel:
    """Finds K regimes in a Dataset, and finds them again in other Datasets.

    Parameters
    ----------
    n_clusters : int, optional
        K, the number of regimes: at least 2, below the number of time steps. Left out for methods
        that find it ("dbscan", "hdbscan") and, if it is to be its own, for a clusterer object.
    method : str or clusterer, default "dsc"
        A row of `xdsc.methods.METHODS`, or an object of scikit-learn that clusters, which is
        copied and not changed; see `xdsc.methods.classical.estimator.Estimator`.
    preprocessor : Preprocessor, optional
        How to prepare a Dataset that is not prepared yet; by default a `Preprocessor` with
        `preset`, `variables` and the axes given here. If it is fitted already, it is taken as it
        is.
    preset : {"paper", "published-code", "weather-regimes"}, optional
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
        Passed to the method; see `xdsc.methods.deep.dsc.DSC` for those of "dsc". Settings of the
        preparation, such as ``season="DJF"``, go to the `Preprocessor`.

    Attributes
    ----------
    labels_ : DataArray of int32, ([member,] time)
        Labels of the fitted Dataset, numbered by falling frequency, or as the reference that they
        were matched with; -1 for a missing frame, and for one that the method calls noise.
    calendar_ : tuple of CalendarShare
        How much of the information in the labels the month says, and the time of day, and what
        labels as persistent as these share with them by chance.
    n_clusters_ : int
        Number of regimes: K as given, some of which may be empty, or as the method found it.
    history_ : Dataset or None
        How training went, one value an epoch; None for methods that do not train.
    selection_ : Dataset or None
        How the fit chose where the clusters begin, a value for each start that was tried; None for
        methods that do not choose.
    agreement_ : float or None
        Of ``n_init=`` runs of a deep method, the mean adjusted Rand index of the labels of two: 1
        where independent starts find the same regimes. The labels are those of the run with which
        the others agree most. None of a single run.
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

    _record: Fit | None = None

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        method: MethodName | Any = "dsc",
        preprocessor: Preprocessor | None = None,
        preset: PresetName | None = None,
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
        self.settings, self.options = parted(method, options)

    @classmethod
    def of(cls, arguments: Arguments, record: Fit) -> Self:
        """The model that has found `record`, or reads it from a file."""
        told = {field.name: getattr(arguments, field.name) for field in fields(arguments)}
        settings, options = told.pop("settings"), told.pop("options")
        model = cls(**told, **settings, **options)
        model._record = record
        return model

    def fit(self, ds: xr.Dataset, *, match_to: Any = None, init: Any = None) -> Self:
        """Prepare a Dataset where that was not done, and find its regimes.

        Parameters
        ----------
        ds : Dataset
            Gridded data with time; see `xdsc.Preprocessor`. NumPy or Dask.
        match_to : Dataset, DataArray, str, array-like or ClusterModel, optional
            Whose numbers and names the regimes get, those that `xdsc.match` gives for it: a
            labelled Dataset, labels, patterns, or a model, which is asked for its labels of `ds`.
            Those without a match, or with one that shares nothing with them or is correlated
            negatively, keep their number by frequency, or take the next one that is free.
            The model keeps them, for other Datasets too.
        init : Dataset, DataArray, str, array-like or ClusterModel, optional
            Labels to begin with, of K regimes, at some or all time steps of `ds`, by their dates:
            k-means begins with the centres of these, "gmm" with their means and shares, "hmm" and
            "dsc" with the labels themselves. Not of other methods. Numbers do not follow them,
            unless they are `match_to` as well.

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
        NotFittedError
            `match_to` or `init` is a model that is not.
        FitInterrupted
            Ctrl-C in a notebook has ended the training. The model is fitted as far as it came, and
            says so; see `interrupted_`.

        Warns
        -----
        XdscWarning
            Month or time of day say a quarter of the information in the labels, and more than they
            do by chance: the annual or daily cycle was found, and no regimes.
        """
        # The record is whole or not there: a fit that fails leaves the one before.
        self._record = fit = find_regimes(ds, self.arguments, match_to=match_to, init=init)
        if cut := fit.method.method.cut_:
            raise FitInterrupted(interruption(cut, self.options.get("checkpoint")), self)
        deseasonalized = bool(fit.preparation.get("deseasonalize"))
        if text := advice(fit.calendar, deseasonalized=deseasonalized):
            warn_user(text)
        return self

    def fit_label(self, ds: xr.Dataset, *, match_to: Any = None, init: Any = None) -> xr.Dataset:
        """Find the regimes of a Dataset and return it with the coordinate ``cluster(time)``.

        Parameters
        ----------
        ds, match_to, init
            As for `fit`.

        Returns
        -------
        Dataset
            `ds` with `labels_`.

        Raises
        ------
        InputError, ParameterError
            As for `fit`; or `ds` has a dimension or a variable ``cluster``.
        """
        require_dataset(ds)
        asking.check_room(ds, CLUSTER)
        return ds.assign_coords(
            {CLUSTER: self.fit(ds, match_to=match_to, init=init).labels_.variable}
        )

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
            of all its members together, which removes the bias of one model; or those of another
            Dataset, such as the historical run that a scenario goes on from.
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
        ParameterError
            `climatology`, `names` or `regrid` are wrong, or given for a prepared Dataset.

        Notes
        -----
        Of Dask's data a block of time of all variables, on the whole grid and with all members, is
        in memory at once, at most as large as Dask's setting ``array.chunk-size``; besides it are
        the chunks that it is made of. A method with windows gets the neighbours of the block as
        well, so that labels are those of NumPy for any chunks. They have the chunks of `ds`. All
        this holds for `label`, `membership`, `embedding`, `novelty` and `reconstruct` too.
        """
        return asking.labels(self.record, self._answers(ds, climatology, names, regrid))

    @described_as(predict)
    def label(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
        min_membership: float | None = None,
        max_novelty: float | None = None,
    ) -> xr.Dataset:
        """Label the time steps of a Dataset, and say how far they are from those of the fit.

        Parameters
        ----------
        min_membership : float, optional
            Time steps whose largest membership is below it are in no regime: a label of its own, a
            number more than the regimes have, ``no_regime`` in ``flag_meanings``, where a missing
            frame is -1. Of methods that know memberships.
        max_novelty : float, optional
            Time steps whose novelty is above it are in no regime as well; 0.95 leaves out those
            farther from all regimes than 95 % of the fitted ones were.

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
            data, which nobody has seen yet: look at ``novelty`` there. Or chunks of a lazy `ds` are
            too large, or too many, with those to use instead.
        """
        require_dataset(ds)
        asking.check_room(ds, CLUSTER)
        asking.check_room(ds, NOVELTY)
        limits = Limits.parse(min_membership, max_novelty)
        for question in limits.questions:
            self.record.method.check(question)
        answers = self._answers(ds, climatology, names, regrid)
        labels, novelty = asking.labels_and_novelty(self.record, answers, limits)
        labelled = ds.assign_coords({CLUSTER: labels.variable, NOVELTY: novelty.variable})
        # The accessor of the new Dataset knows whose regimes they are.
        labelled.dsc._labelled_by(Labelling(self, climatology, names, regrid))
        return labelled

    @described_as(predict)
    def membership(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.DataArray:
        """Soft assignment q (equation 3) of a Dataset.

        Returns
        -------
        DataArray of float32, ([member,] time, cluster)
            Rows sum to 1; NaN for missing frames. The label is the column with the highest value.

        Raises
        ------
        NotFittedError, InputError, ParameterError
            As for `predict`; or the method knows no memberships.
        """
        return asking.membership(self.record, self._answers(ds, climatology, names, regrid))

    @described_as(predict)
    def embedding(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.DataArray:
        """Embeddings E (equation 1) of a Dataset.

        Returns
        -------
        DataArray of float32, ([member,] time, latent)
            NaN for missing frames.

        Raises
        ------
        NotFittedError, InputError, ParameterError
            As for `predict`; or the method knows no embeddings.
        """
        return asking.embedding(self.record, self._answers(ds, climatology, names, regrid))

    @described_as(predict)
    def novelty(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.DataArray:
        """How far the time steps of a Dataset are from all that the model was fitted on.

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
        return asking.novelty(self.record, self._answers(ds, climatology, names, regrid))

    @described_as(predict)
    def reconstruct(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.Dataset:
        """What the decoder makes of the embeddings (equation 2), in the units of the fitted data.

        Returns
        -------
        Dataset
            The clustered variables with dims ([member,] time, lat, lon), at the prepared time
            steps; NaN in masked cells and missing frames. The fitted climatology is put back,
            whichever was taken out. In prepared units if the model was fitted on data prepared
            elsewhere.

        Raises
        ------
        NotFittedError, InputError, ParameterError
            As for `predict`; or the method has no decoder.
        """
        fit = self.record
        prepared, answers = prepared_like(fit, self.arguments, ds, climatology, names, regrid)
        return asking.reconstruction(fit, prepared, answers)

    def regime_index(
        self,
        ds: xr.Dataset,
        variable: str | None = None,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.Dataset:
        """Index of each regime at each time step of a Dataset, by the numbers of the fit.

        They are learnt the first time that this, or ``ds.dsc.regime_index()``, is called with the
        fitted Dataset, and kept, also in a file: patterns, and mean and standard deviation of the
        projection on them over the time steps of the fit. All other data are indexed by them.

        Parameters
        ----------
        ds : Dataset
            As for `predict`; the first time what `fit_label`, or ``ds.dsc.fit``, has returned.
        variable : str, optional
            One that the regimes were found in, by its fitted name, where there are several.
        climatology, names, regrid
            As for `predict`. Without a climatology in the fit anomalies are from the mean of the
            fitted time steps.

        Returns
        -------
        Dataset
            As of `xdsc.regime_index`, on the fitted grid. Its attributes say whose climatology and
            whose mean and standard deviation were used. Lazy where `ds` is, but for the numbers
            themselves, which are computed once.

        Raises
        ------
        NotFittedError
            Before `fit`, or where the numbers are not known yet and `ds` has not the labels of the
            fit.
        InputError, ParameterError
            As for `predict`; or `variable` is none, or the grid has no areas.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)[["t2m"]]
        >>> model = xdsc.ClusterModel(3, method="kmeans", random_state=0)
        >>> fitted = model.regime_index(model.fit_label(ds))
        >>> later = model.regime_index(ds.isel(time=slice(50, None)))
        >>> float(abs(later.regime_index - fitted.regime_index[50:]).max()) < 1e-9
        True
        """
        found, self._record = index_of(
            self.record, self.arguments, ds, variable, climatology, names, regrid
        )
        return found

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
        write(path, contents_of(self.arguments, self.record))

    # --- What was told, and what was found -------------------------------------------------------

    @property
    def arguments(self) -> Arguments:
        """What the constructor was told."""
        return Arguments(
            n_clusters=self.n_clusters,
            method=self.method,
            preprocessor=self.preprocessor,
            preset=self.preset,
            variables=self.variables,
            time=self.time,
            lat=self.lat,
            lon=self.lon,
            member=self.member,
            random_state=self.random_state,
            progress=self.progress,
            memory_budget=self.memory_budget,
            stream=self.stream,
            settings=self.settings,
            options=self.options,
        )

    @property
    def record(self) -> Fit:
        """All that the last fit has found; raises `NotFittedError` before it."""
        if self._record is None:
            raise NotFittedError(message("a fitted model", repr(self), "call fit(ds) first"))
        return self._record

    @property
    def labels_(self) -> xr.DataArray:
        """Labels of the fitted Dataset, int32, ([member,] time)."""
        return self.record.labels

    @property
    def calendar_(self) -> tuple[CalendarShare, ...]:
        """How much of the labels month and time of day say; see `CalendarShare`."""
        return self.record.calendar

    @property
    def n_clusters_(self) -> int:
        """K, as given or found."""
        return self.record.n_clusters

    @property
    def history_(self) -> xr.Dataset | None:
        """How training went, one value an epoch."""
        return self.record.history

    @property
    def selection_(self) -> xr.Dataset | None:
        """How the fit chose where the clusters begin; the attribute ``chosen`` says where.

        Where k-means was kept and its regimes come back no better than of red noise, they are parts
        of a continuum; ``compare_with`` names the start that came back furthest beyond noise.
        Where one had to be chosen ``independent_time_steps`` says how many the record holds.
        """
        return start_selection(self.record.method.method.selection_)

    @property
    def agreement_(self) -> float | None:
        """How far runs from independent starts agree, as an adjusted Rand index."""
        return self.record.method.method.agreement_

    @property
    def variables_(self) -> list[str]:
        """The V variables that were clustered."""
        return self.record.variables

    @property
    def preprocessor_(self) -> Preprocessor | None:
        """How Datasets are prepared; None where the fitted one had been prepared elsewhere."""
        return self.record.preprocessor

    @property
    def n_frames_(self) -> int:
        """Time steps that took part."""
        return self.record.n_frames

    @property
    def fit_seconds_(self) -> float:
        """Wall time of `fit`."""
        return self.record.seconds

    @property
    def streamed_(self) -> bool:
        """Whether `fit` streamed frames from a file."""
        return self.record.streamed

    @property
    def interrupted_(self) -> bool:
        """Whether Ctrl-C in a notebook has ended the fit before its time."""
        return self.record.method.method.interrupted_

    @property
    def method_name(self) -> str:
        """What labels, tables and messages call the method: its row, or the clusterer's class."""
        fit = self._record
        return (self.arguments.method_arguments if fit is None else fit.method.arguments).name

    def __repr__(self) -> str:
        fit = self._record
        known = self.n_clusters if fit is None else fit.n_clusters
        k = "" if known is None else f", k={known}"
        named = f"<xdsc.ClusterModel {self.method_name!r}{k}"
        if fit is None:
            return f"{named}, not fitted>"
        how = ", interrupted" * self.interrupted_ + ", streamed" * fit.streamed
        how += "".join(f", {share}" for share in fit.calendar if share.is_telling)
        return f"{named}, fitted on {fit.n_frames} time steps of {', '.join(fit.variables)}{how}>"

    def _repr_html_(self) -> str:
        return model_html(self.arguments, self._record, repr(self))

    def _answers(
        self,
        ds: xr.Dataset,
        climatology: Climatology,
        names: Mapping[str, str] | None,
        regrid: str | None,
    ) -> Answers:
        return prepared_like(self.record, self.arguments, ds, climatology, names, regrid)[1]


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
    if is_checkpoint(contents):
        raise StorageError(
            message(
                "a saved model",
                f"{os.fspath(path)}, a checkpoint of a fit",
                f"call fit again with checkpoint={str(Path(path).parent)!r}, which goes on with "
                "it, and save its model",
            )
        )
    try:
        arguments, fit = parts_of(contents)
    except DamageError as error:
        raise StorageError(
            message(
                "a file with a whole model",
                f"{os.fspath(path)}, with {error}",
                "save the model again, with this version of xdsc if that helps",
            )
        ) from error
    return ClusterModel.of(arguments, fit)
