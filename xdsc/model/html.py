"""What Jupyter shows for ``ds.dsc`` and for a `ClusterModel`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.labels import CLUSTER

if TYPE_CHECKING:
    from xdsc.model import ClusterModel

_STYLE = "text-align: left; padding: 1px 12px 1px 0; vertical-align: top; background: none"


def model_html(model: ClusterModel) -> str:
    """What was fitted, on what, and how it went."""
    fitted = hasattr(model, "labels_")
    k = model.n_clusters_ if fitted else model.n_clusters
    rows = {"method": model.method_name + ("" if k is None else f", k = {k}")}
    if model.options:
        rows["options"] = ", ".join(f"{key}={value!r}" for key, value in model.options.items())
    if not fitted:
        return _table("xdsc.ClusterModel (not fitted)", rows)
    labels = model.labels_
    dates = labels[labels.dims[-1]]
    rows["seed"] = str(labels.attrs["xdsc_random_state"])
    rows["variables"] = ", ".join(model.variables_)
    rows["time steps"] = (
        f"{model.n_frames_} of {labels.size}, {_day(dates[0])} to {_day(dates[-1])}"
    )
    if model.streamed_:
        rows["frames"] = "streamed from a file, not held in memory"
    rows["regimes"] = frequencies(labels)
    if noise := model.n_frames_ - int((labels >= 0).sum()):
        rows["noise"] = f"{noise} of {model.n_frames_} time steps"
    if model.history_ is not None:
        rows["training"] = _training(model.history_, model.fit_seconds_)
    return _table("xdsc.ClusterModel", rows)


def accessor_html(model: ClusterModel | None, ds: xr.Dataset) -> str:
    """The model where there is one, else the labels, else what to call."""
    if model is not None:
        return model_html(model).replace("xdsc.ClusterModel", "ds.dsc", 1)
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
