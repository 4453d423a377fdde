"""What Jupyter shows for ``result.dsc``, where `result` is a comparison."""

from __future__ import annotations

import xarray as xr

from xdsc.html import html_repr
from xdsc.selection.table import format_table

_THERE = {"score", "labels", "n_clusters", "fit_seconds", "error"}
#: Attributes that the rows say, or that are the fields themselves.
_ABOVE = {"data", "variables"}


def is_comparison(ds: xr.Dataset) -> bool:
    """Whether a Dataset is what `xdsc.compare` returns, or a part of it."""
    return set(ds.data_vars) >= _THERE and {"method", "run", "metric"} <= set(ds.dims)


def comparison_text(result: xr.Dataset) -> str:
    """What was compared, in a few words."""
    methods = ", ".join(map(str, result["method"].values))
    k = "" if "k" not in result.coords else f", k = {_all(result, 'k')}"
    return f"comparison of {methods}, {result.sizes['run']} runs{k}"


def comparison_html(result: xr.Dataset, plain: str) -> str:
    """The table of a comparison, and how it was made."""
    several = "k" in result.dims
    tables = {
        f"Scores, k = {k}" if several else "Scores": format_table(
            result.sel(k=k) if several else result, statistic="median"
        )
        for k in (result["k"].values if several else [None])
    }
    failed = int((result["error"] != "").sum())
    rows = {
        "methods": ", ".join(map(str, result["method"].values)),
        "runs": f"{result.sizes['run']} of each method" + f", {failed} failed" * bool(failed),
        "variables": ", ".join(str(result.attrs.get("variables", "")).split()),
        "next": "ds.dsc.plot.compare(result), xdsc.comparison_table(result)",
    }
    about = {str(name): str(value) for name, value in result.attrs.items() if name not in _ABOVE}
    return html_repr("xdsc.compare", rows, {**tables, "Made of": about}, plain)


def _all(result: xr.Dataset, name: str) -> str:
    return ", ".join(map(str, result[name].values.ravel()))
