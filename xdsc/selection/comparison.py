"""Methods side by side: several runs of each on the same prepared data, with the same seeds."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import own_arguments
from xdsc.cf import require_dataset
from xdsc.errors import ParameterError, Problems, XdscWarning, message, warn_user
from xdsc.frames.chunks import Size
from xdsc.frames.fingerprint import fingerprint
from xdsc.methods.base import check_number
from xdsc.metrics import MAX_SAMPLES
from xdsc.model.fitting.fitting import preprocessor_for
from xdsc.model.record.arguments import Arguments
from xdsc.preprocessing import Preprocessor, PresetName, check_names, prepare
from xdsc.preprocessing.prepared import require_memory
from xdsc.progress import progress_bar
from xdsc.samples import Space, check_space, field_samples, truth_of
from xdsc.scoring import metric_names
from xdsc.selection.calendar_of_runs import calendar_advice, with_calendar
from xdsc.selection.dataset import comparison_dataset
from xdsc.selection.results import Run, Runs, check_room_for_runs, place_for
from xdsc.selection.runner import Runner, all_runs, runs_for, seeds_of
from xdsc.selection.tasks import Task, check_embeddings, check_tasks, make_tasks

_NO_OPTIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


def compare(
    ds: xr.Dataset,
    k: int | Sequence[int] | None = None,
    methods: Sequence[Any] | Mapping[str, Any] = ("kmeans", "agglomerative", "dsc"),
    *,
    n_runs: int | None = None,
    random_state: int = 0,
    metrics: str | Iterable[str] | None = None,
    truth: str | xr.DataArray | npt.ArrayLike | None = None,
    space: Space = "data",
    results: str | os.PathLike[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] = _NO_OPTIONS,
    preset: PresetName | None = None,
    preprocessor: Preprocessor | None = None,
    variables: str | Sequence[str] | None = None,
    max_samples: int | None = MAX_SAMPLES,
    progress: bool = True,
    time: str | None = None,
    lat: str | None = None,
    lon: str | None = None,
    member: str | None = None,
    **settings: Any,
) -> xr.Dataset:
    """Run several methods with several seeds, and judge all of them by the same metrics.

    The data are prepared once. A run that fails is reported at the end and spoils no other. With a
    client of `dask.distributed` the runs are tasks on its workers, which changes no result.

    Parameters
    ----------
    ds : Dataset
        Gridded data with T time steps, prepared or not. NumPy or Dask.
    k : int or sequence of int, optional
        K, the number of regimes, for the methods that do not find it themselves; several, to see
        which fits best.
    methods : sequence or mapping, default ("kmeans", "agglomerative", "dsc")
        Rows of `xdsc.methods.METHODS` or scikit-learn clusterers; a mapping gives them names, so
        that one method may take part several times with different `options`.
    n_runs : int, optional
        Runs of each method. By default 20, as in the paper, or, where a deep method takes part and
        the prepared data have more than a million values, fewer in proportion, but at least 3; the
        bar and the attributes say how many. A method that draws no random numbers runs once, and
        its result stands for all runs.
    random_state : int, default 0
        Where the seeds of the runs, and that of the metrics' sample, come from. The seed of a run
        depends on nothing else, so more runs or other methods leave those that were done alone.
    metrics : str or iterable of str, optional
        Names in `xdsc.metrics.METRICS`; by default all, those of truth only with `truth`.
    truth : str, DataArray or array-like of shape (T,), optional
        Regimes that are known to be right: the name of a coordinate or variable, or the regimes.
    space : {"data", "embedding"}, default "data"
        What distances are measured in: the prepared fields, the same for all methods, or each
        method's own embedding, which compares runs of one method but not methods.
    results : str or path-like, optional
        File that every run is appended to as soon as it is done. What it holds already is not run
        again, unless options have changed or the run had failed.
    options : mapping of str to mapping, optional
        For each method by name, what `fit` would take as ``**options``.
    preset : {"paper", "published-code", "weather-regimes"}, optional
        How to prepare a Dataset that is not prepared, "paper" by default; see `xdsc.Preprocessor`.
    preprocessor : Preprocessor, optional
        How to prepare it in all detail; see `xdsc.ClusterModel`.
    variables : str or sequence of str, optional
        Variables to cluster; by default all numeric ones with time and space.
    max_samples : int or None, default 5000
        Labelled steps past which silhouettes and inter-cluster distances come from a sample.
    progress : bool, default True
        Whether to show a progress bar over all runs.
    time, lat, lon, member : str, optional
        Names of the axes, where they cannot be told by CF conventions.
    **settings
        Of the preparation, as ``season="DJF"``; see `xdsc.Preprocessor`.

    Returns
    -------
    Dataset
        One method is selected with ``result.sel({"method": "dsc"})``, since ``sel(method=...)`` has
        another meaning. With a further dimension ``k`` where several were given:

        - ``score(method, run, metric)``, NaN where a run failed or a metric has no value, with
          ``sampled`` and ``n_used`` as `xdsc.score` gives them;
        - ``labels(method, run, time)``, with members on their dimension, or on ``run_`` where that
          is called ``run``: numbered by falling frequency, -1 for none, CF flags;
        - ``n_clusters(method, run)``: number of regimes that occur;
        - ``calendar(method, run)``: how much month or time of day say of the labels, as
          "62% month", where that is much; empty otherwise;
        - ``fit_seconds(method, run)``: wall time; ``error(method, run)``: empty for a good run.

        Coordinates: ``seed(run)``, ``title(metric)`` and ``direction(metric)``,
        ``method_title(method)``, and ``deterministic(method)``, true for a method that was run
        once. The attributes say what was prepared and how, and with which versions.

    Raises
    ------
    InputError
        `ds` does not fit, or `results` is a file about something else.
    ParameterError
        Arguments, those of all methods included, are wrong; found before the first run.

    Warns
    -----
    XdscWarning
        Runs failed; or labels follow the calendar, see `xdsc.ClusterModel.fit`.

    See Also
    --------
    comparison_table : the result as a table.
    format_table : the table as HTML, Markdown or LaTeX.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> found = xdsc.compare(ds, 3, ["kmeans", "agglomerative"], n_runs=2, progress=False)
    >>> found.labels.dims
    ('method', 'run', 'time')
    >>> found.score.sel(metric="silhouette").max("run").dims
    ('method',)
    """
    require_dataset(ds)
    check_names(settings, besides=own_arguments(compare))
    place = place_for(results)
    tasks = make_tasks(methods, k, options)
    _check_arguments(tasks, n_runs, random_state, space)
    true = None if truth is None else truth_of(ds, truth, time)
    names = metric_names(metrics, true)

    given = {"time": time, "lat": lat, "lon": lon, "member": member}

    def check_size(size: Size) -> None:
        require_memory(size)
        samples = size.times * ds.sizes.get(size.axes.member, 1)
        check_room_for_runs(place, (n_runs or 1) * len(tasks), samples)

    how = Arguments(
        preprocessor=preprocessor,
        preset=preset,
        variables=variables,
        settings=settings,
        time=time,
        lat=lat,
        lon=lon,
        member=member,
    )
    with progress_bar("Comparison", shown=progress) as bar:
        bar.stage("preparing the data")
        prepared = prepare(
            ds, preprocessor_for(ds, how), variables, given=given, check_size=check_size
        )
        prepared = prepared.require_memory().load()
        true = None if true is None else prepared.codes(true)
        frames = prepared.frames()
        check_tasks(tasks, len(frames))
        if n_runs is None:
            n_runs = runs_for(tasks, len(frames) * int(frames.mask.sum()))
            bar.note(f"{n_runs} runs of each method; n_runs= asks for others")
        samples = field_samples(prepared, frames)
        header = {"data": fingerprint(frames), **prepared.attributes}
        del frames  # the largest thing here, and every method makes its own
        runs = Runs(place, header)
        runner = Runner(prepared, samples, names, true, space, max_samples, random_state)

        seeds = seeds_of(random_state, n_runs)
        done = all_runs(tasks, seeds, runs, runner, progress)
    _warn_of_failures(tasks, done)
    attrs = {
        **header,
        "space": space,
        "n_runs": n_runs,
        "random_state": random_state,
        "max_samples": "none" if max_samples is None else max_samples,
    }
    coordinates = prepared.sample_coordinates
    result = with_calendar(comparison_dataset(tasks, done, seeds, names, coordinates, attrs))
    deseasonalized = bool(prepared.provenance.settings.get("deseasonalize"))
    if text := calendar_advice(result, deseasonalized=deseasonalized):
        warn_user(text)
    return result if isinstance(k, (Sequence, np.ndarray)) else _only_k(result)


def _check_arguments(
    tasks: list[Task], n_runs: int | None, random_state: int, space: Space
) -> None:
    problems = Problems()
    if n_runs is not None:
        check_number(problems, "n_runs", n_runs, 1, integer=True)
    check_number(problems, "random_state", random_state, 0, integer=True)
    with problems.collect():
        check_space(space)
    if space == "embedding":
        with problems.collect():
            check_embeddings(tasks)
    problems.raise_if_any(ParameterError)


def _warn_of_failures(
    tasks: list[Task], done: Mapping[tuple[int | None, str], Sequence[Run]]
) -> None:
    """One warning for all runs that failed, with the first error of each method."""
    told, n_failed = [], 0
    for task in tasks:
        errors = [run.error for run in done[task.asked_k, task.name] if run.error]
        n_failed += len(errors)
        if errors:
            told.append(f"{len(errors)} of {task.name} ({errors[0]})")
    if told:
        text = message(
            "all runs to finish",
            f"{n_failed} that failed: {'; '.join(told)}",
            "look at result.error; with results= the same call tries only these again",
        )
        warnings.warn(text, XdscWarning, stacklevel=3)


def _only_k(result: xr.Dataset) -> xr.Dataset:
    """The result without the dimension k, where one K or none was asked for."""
    one = result.isel(k=0, drop=True)
    k = result.attrs.pop("k")
    return one.assign_attrs({"k": k[0]} if k else {})
