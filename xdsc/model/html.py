"""What Jupyter shows for ``ds.dsc`` and for a `ClusterModel`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import text_of
from xdsc.html import html_repr
from xdsc.labels import CLUSTER
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.attributes import INTERRUPTED, VERSIONS
from xdsc.model.record.fit import Fit


def model_html(
    arguments: Arguments, fit: Fit | None, plain: str, title: str = "xdsc.ClusterModel"
) -> str:
    """What was fitted, on what, and how it went; None before that. `plain` is the repr."""
    method = arguments.method_arguments if fit is None else fit.method.arguments
    k = arguments.n_clusters if fit is None else fit.n_clusters
    rows = {"method": method.name + ("" if k is None else f", k = {k}")}
    if method.options:
        rows["options"] = ", ".join(f"{key}={value!r}" for key, value in method.options.items())
    if fit is None:
        asked = {"preset": arguments.preset} if arguments.preset else {}
        asked |= dict(arguments.settings)
        if asked:
            rows["preparation"] = ", ".join(f"{key}={value!r}" for key, value in asked.items())
        return html_repr(f"{title} (not fitted)", rows, {}, plain)
    dates = fit.labels[fit.labels.dims[-1]]
    rows["seed"] = str(fit.labels.attrs["xdsc_random_state"])
    rows["variables"] = ", ".join(fit.variables)
    rows["time steps"] = (
        f"{fit.n_frames} of {fit.labels.size}, {_day(dates[0])} to {_day(dates[-1])}"
    )
    if fit.streamed:
        rows["frames"] = "streamed from a file, not held in memory"
    if fit.method.method.interrupted_:
        rows["interrupted"] = "by the user, before the training had ended"
    rows["regimes"] = frequencies(fit.labels)
    if fit.calendar:
        rows["calendar"] = "; ".join(map(str, fit.calendar))
    if noise := fit.n_frames - int((fit.labels >= 0).sum()):
        rows["noise"] = f"{noise} of {fit.n_frames} time steps"
    return html_repr(title, rows, _sections(fit), plain)


def _sections(fit: Fit) -> dict[str, dict[str, str]]:
    """Preparation, grid, training, versions."""
    training = {} if fit.history is None else _training(fit.history, fit.seconds)
    if (selection := fit.method.method.selection_) is not None:
        training = {"start": _start(selection), **training}
    if (agreement := fit.method.method.agreement_) is not None:
        training["runs"] = f"agree by {agreement:.2f} (adjusted Rand index)"
    preparation = {name: str(value) for name, value in fit.preparation.items()}
    return {
        "Preparation": preparation,
        "Grid": {"points": str(fit.grid)},
        "Training": training,
        "Versions": {"of the fit": text_of(fit.labels.attrs, VERSIONS)},
    }


def labels_html(ds: xr.Dataset, plain: str) -> str:
    """What ``ds.dsc`` shows of a Dataset without a model: its labels, or else what to call."""
    if CLUSTER not in ds.coords:
        rows = {"next": "ds = ds.dsc.fit(k=7)"}
        return html_repr("ds.dsc (not fitted)", rows, {}, plain)
    labels = ds[CLUSTER]
    lazy = labels.chunks is not None
    rows = {"regimes": "not computed yet, ds.cluster.load()" if lazy else frequencies(labels)}
    if INTERRUPTED in labels.attrs:
        rows["interrupted"] = str(labels.attrs[INTERRUPTED])
    rows["next"] = "ds.dsc.composites(), ds.dsc.plot"
    return html_repr("ds.dsc (labels without a model)", rows, {"Fit": _attributes(labels)}, plain)


def _attributes(labels: xr.DataArray) -> dict[str, str]:
    """What labels say of their fit."""
    own = {str(name): str(value) for name, value in labels.attrs.items()}
    return {name.removeprefix("xdsc_"): text for name, text in own.items() if "xdsc_" in name}


def frequencies(labels: xr.DataArray) -> str:
    """Share of each regime among the labelled time steps, as text."""
    values = labels.values[labels.notnull().values]
    if values.dtype.kind in "iuf":  # floats after a reindex
        values = values[values >= 0].astype(int)
    regimes, counts = np.unique(values, return_counts=True)
    shares = 100 * counts / counts.sum()
    return " · ".join(f"{r}: {share:.0f} %" for r, share in zip(regimes, shares, strict=True))


def _start(selection: Mapping[str, Any]) -> str:
    """Where the clusters begin, and what came back of each start; see `start_selection`."""
    text = str(selection["start"])
    if found := selection["reproducibility"]:
        each = " · ".join(
            f"{name}: {value:.2f}" + _aside(selection, name) for name, value in found.items()
        )
        text += f"; agreement between parts of the record {each}"
    elif (independent := selection.get("n_independent")) is not None:
        text += f", untested: too few time steps to compare starts ({independent:.0f} independent)"
    if selection["is_noise"]:
        text += "; looks like red noise"
    if rival := selection.get("rival"):
        text += (
            "; no better than of red noise, so that its regimes are parts of a continuum: compare "
            f"them with those of start={rival!r}"
        )
    return text


def _aside(selection: Mapping[str, Any], start: str) -> str:
    """What else is known of a start; files of older versions know nothing."""
    known = []
    if (noise := selection.get("noise_reproducibility", {}).get(start)) is not None:
        known.append(f"red noise: {noise:.2f}")
    calendar = selection.get("calendar", {}).get(start, {})
    known += [f"{share:.0%} of it the {part}" for part, share in calendar.items() if share >= 0.1]
    return f" ({', '.join(known)})" if known else ""


def _training(history: xr.Dataset, seconds: float) -> dict[str, str]:
    n_epochs = history.sizes["epoch"] - 1
    found = {"epochs": f"{n_epochs} epoch{'s' * (n_epochs != 1)} in {seconds:.0f} s"}
    for name in [str(name) for name in history.data_vars if str(name).endswith("_loss")]:
        values = history[name].values
        known = values[np.isfinite(values)]
        if known.size:
            found[name.replace("_", " ")] = f"{known[0]:.3g} → {known[-1]:.3g}"
    change = history.label_change.values
    if np.isfinite(change).any():
        found["labels changed"] = f"{change[np.isfinite(change)][-1]:.1%} at the last refresh"
    return found


def _day(date: Any) -> str:
    return str(date.dt.strftime("%Y-%m-%d").item())
