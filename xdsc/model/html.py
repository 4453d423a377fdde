"""What Jupyter shows for ``ds.dsc`` and for a `ClusterModel`."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.model.arguments import Arguments
from xdsc.model.fit import Fit

_STYLE = "text-align: left; padding: 1px 12px 1px 0; vertical-align: top; background: none"


def model_html(arguments: Arguments, fit: Fit | None, title: str = "xdsc.ClusterModel") -> str:
    """What was fitted, on what, and how it went; None before that."""
    method = arguments.method_arguments if fit is None else fit.method.arguments
    k = arguments.n_clusters if fit is None else fit.n_clusters
    rows = {"method": method.name + ("" if k is None else f", k = {k}")}
    if method.options:
        rows["options"] = ", ".join(f"{key}={value!r}" for key, value in method.options.items())
    if fit is None:
        return _table(f"{title} (not fitted)", rows)
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
    if (selection := fit.method.method.selection_) is not None:
        rows["start"] = _start(selection)
    if fit.history is not None:
        rows["training"] = _training(fit.history, fit.seconds)
    return _table(title, rows)


def labels_html(ds: xr.Dataset) -> str:
    """What ``ds.dsc`` shows of a Dataset without a model: its labels, or else what to call."""
    if CLUSTER in ds.coords:
        lazy = ds[CLUSTER].chunks is not None
        shares = "not computed yet, ds.cluster.load()" if lazy else frequencies(ds[CLUSTER])
        rows = {"regimes": shares, "next": "ds.dsc.composites(), ds.dsc.plot"}
        return _table("ds.dsc (labels without a model)", rows)
    return _table("ds.dsc (not fitted)", {"next": "ds = ds.dsc.fit(k=7)"})


def frequencies(labels: xr.DataArray) -> str:
    """Share of each regime among the labelled time steps, as text."""
    values = labels.values[labels.notnull().values]
    if values.dtype.kind in "iuf":  # floats after a reindex
        values = values[values >= 0].astype(int)
    regimes, counts = np.unique(values, return_counts=True)
    shares = 100 * counts / counts.sum()
    return " · ".join(f"{r}: {share:.0f} %" for r, share in zip(regimes, shares, strict=True))


def _start(selection: Mapping[str, Any]) -> str:
    text = str(selection["start"])
    if found := selection["reproducibility"]:
        each = " · ".join(f"{name}: {value:.2f}" for name, value in found.items())
        text += f"; agreement between parts of the record {each}"
    return text + ("; looks like red noise" if selection["is_noise"] else "")


def _training(history: xr.Dataset, seconds: float) -> str:
    text = f"{history.sizes['epoch'] - 1} epochs in {seconds:.0f} s"
    for name in [str(name) for name in history.data_vars if str(name).endswith("_loss")]:
        values = history[name].values
        known = values[np.isfinite(values)]
        if known.size:
            text += f"; {name.replace('_', ' ')} {known[0]:.3g} → {known[-1]:.3g}"
    change = history.label_change.values
    if np.isfinite(change).any():
        text += f"; labels changed at the last refresh {change[np.isfinite(change)][-1]:.1%}"
    return text


def _day(date: Any) -> str:
    return str(date.dt.strftime("%Y-%m-%d").item())


def _table(title: str, rows: dict[str, str]) -> str:
    body = "".join(
        f'<tr><th style="{_STYLE}">{escape(key)}</th><td style="{_STYLE}">{escape(value)}</td></tr>'
        for key, value in rows.items()
    )
    return f"<div><b>{escape(title)}</b><table>{body}</table></div>"
