"""Tables of a comparison, with the best in bold."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import one_of, some_of
from xdsc.comparable import ranked_scores, remarks, require_comparison

Statistic: TypeAlias = Literal["best", "median", "spread"]
Format: TypeAlias = Literal["html", "markdown", "latex"]

_ARROWS = {"higher": "↑", "lower": "↓"}
_LATEX = {
    **{sign: rf"\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "∞": r"$\infty$",
}
_BOLD = {"html": "<b>{}</b>", "markdown": "**{}**", "latex": r"\textbf{{{}}}"}
_NOTHING = {"html": "–", "markdown": "–", "latex": "--"}


def comparison_table(
    result: xr.Dataset,
    metrics: str | Iterable[str] | None = None,
    statistic: Statistic | Sequence[Statistic] = ("best", "median", "spread"),
) -> pd.DataFrame:
    """Turn a comparison into a table, one row a method.

    Parameters
    ----------
    result : Dataset
        From `xdsc.compare`. Of one with several K, select one: ``result.sel(k=7)``.
    metrics : str or iterable of str, optional
        Metrics to show, in this order; by default all.
    statistic : {"best", "median", "spread"} or sequence of these
        Over the runs that gave a value: the best, as the paper's Table 2 shows it, the median, and
        the interquartile range. By default all three.

    Returns
    -------
    pandas.DataFrame
        Rows: titles of the methods in their order; runs with another number of regimes than was
        asked for, or with labels for less than nine tenths of the time steps, are named there and
        left out, but for methods that have no others. Columns: titles of the metrics with ↑ or ↓
        for what is better; under each the statistics, where several are asked for. NaN where no run
        gave a value.

    Raises
    ------
    ParameterError
        A metric or statistic is unknown.
    InputError
        The result is no comparison, or has several K.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> result = xdsc.compare(ds, 3, ["kmeans"], n_runs=2, metrics="silhouette", progress=False)
    >>> xdsc.comparison_table(result, statistic="best").columns.tolist()
    ['Silhouette ↑']
    """
    chosen: list[Any] = some_of("statistic", statistic, get_args(Statistic))
    names = _metrics(result, metrics)
    scores, _ = ranked_scores(result)
    by_title = {}
    for name in names:
        column = scores.sel(metric=name)
        direction = str(column["direction"].item())
        title = f"{column['title'].item()} {_ARROWS[direction]}"
        for one in chosen:
            by_title[title, one] = [_summary(runs, one, direction) for runs in column.values]
    titles = [
        f"{title} ({remark})" if remark else str(title)
        for title, remark in zip(result["method_title"].values, remarks(result), strict=True)
    ]
    table = pd.DataFrame(by_title, index=pd.Index(titles, name="Method"))
    if isinstance(statistic, str):
        table.columns = pd.Index([title for title, _ in by_title])
    return table


def format_table(
    result: xr.Dataset,
    format: Format = "html",
    *,
    metrics: str | Iterable[str] | None = None,
    statistic: Statistic | Sequence[Statistic] = ("best", "median", "spread"),
    digits: int = 3,
) -> str:
    """Write the table of a comparison as text, the best of each column in bold.

    Parameters
    ----------
    result, metrics, statistic
        As for `comparison_table`.
    format : {"html", "markdown", "latex"}, default "html"
        LaTeX needs the package booktabs.
    digits : int, default 3
        Significant digits of the largest number of each metric; all others of that metric have as
        many decimals.

    Returns
    -------
    str
        Values that read the same as the best one are all bold, but for methods without a run
        that can be compared. A spread is never bold: it tells
        how steady a method is, not how good. A missing value is a dash.

    Raises
    ------
    ParameterError, InputError
        As for `comparison_table`, and where the format is unknown.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> result = xdsc.compare(ds, 3, ["kmeans"], n_runs=1, metrics="silhouette", progress=False)
    >>> print(xdsc.format_table(result, "markdown", statistic="best", digits=1))
    | Method   |   Silhouette ↑ |
    |:---------|---------------:|
    | k-means  |        **0.2** |
    """
    one_of("format", format, get_args(Format))
    chosen: list[Any] = some_of("statistic", statistic, get_args(Statistic))
    names = _metrics(result, metrics)
    table = comparison_table(result, names, chosen)
    _, ranked = ranked_scores(result)
    better = dict(zip(result["metric"].values, result["direction"].values, strict=True))

    texts: dict[str | tuple[str, str], list[str]] = {}
    for place, ((title, one), values) in enumerate(table.items()):
        metric = names[place // len(chosen)]
        decimals = _decimals(table[title].to_numpy(), digits)
        direction = None if one == "spread" else better[metric]
        shown = _escape(title, format)
        header = shown if len(chosen) == 1 else (shown, one)
        texts[header] = _cells(values.to_numpy(), decimals, direction, format, ranked)
    index = pd.Index([_escape(title, format) for title in table.index], name="Method")
    return _write(pd.DataFrame(texts, index=index), format)


def _metrics(result: xr.Dataset, metrics: str | Iterable[str] | None) -> list[str]:
    require_comparison(result)
    there = [str(name) for name in result["metric"].values]
    return there if metrics is None else some_of("metrics", metrics, there)


def _summary(runs: npt.NDArray[np.float64], statistic: Statistic, direction: str) -> float:
    """One number for the runs that gave a value; NaN without any."""
    values = runs[~np.isnan(runs)]
    if statistic == "best" or not len(values):
        return _best(values, direction)
    if statistic == "median":
        return float(np.median(values))
    # Infinite scores have no quartiles to subtract.
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(values, [0.25, 0.75])
        return float(high - low)


def _best(values: npt.NDArray[np.float64], direction: str) -> float:
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan")
    return float(values.max() if direction == "higher" else values.min())


def _decimals(values: npt.NDArray[np.float64], digits: int) -> int:
    """Decimals that show `digits` digits of the largest of the values."""
    finite = np.abs(values[np.isfinite(values)])
    largest = finite.max(initial=0.0)
    return max(0, digits - 1 - math.floor(math.log10(largest))) if largest > 0 else digits - 1


def _text(value: float, decimals: int) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.{decimals}f}" if np.isfinite(value) else ("∞" if value > 0 else "-∞")


def _cells(
    values: npt.NDArray[np.float64],
    decimals: int,
    direction: str | None,
    format: Format,
    ranked: npt.NDArray[np.bool_],
) -> list[str]:
    """One column as text, all of those ranked that read as the best of them does in bold."""
    texts = [_text(value, decimals) for value in values]
    best = "" if direction is None else _text(_best(values[ranked], direction), decimals)
    cells = []
    for text, is_ranked in zip(texts, ranked, strict=True):
        # A hyphen is no minus in LaTeX.
        cell = _escape(text, format).replace("-", "$-$" if format == "latex" else "-")
        cell = _BOLD[format].format(cell) if is_ranked and text == best else cell
        cells.append(cell if text else _NOTHING[format])
    return cells


def _escape(text: str, format: Format) -> str:
    """Text as it is, whatever signs mean something in the format."""
    if format == "html":
        return html.escape(text)
    if format == "markdown":
        return " ".join(text.replace("|", r"\|").split())
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _write(table: pd.DataFrame, format: Format) -> str:
    if format == "html":
        written: str = table.rename_axis(index=None).to_html(
            escape=False, border=0, justify="right"
        )
    elif format == "markdown":
        table.columns = [" ".join(t) if isinstance(t, tuple) else t for t in table.columns]
        align = ["left", *["right"] * table.shape[1]]
        # Numbers stay as they were written: 0.50 is not 0.5.
        written = table.to_markdown(disable_numparse=True, colalign=align)
    else:
        written = table.rename_axis(index=None).to_latex(
            escape=False, column_format="l" + "r" * table.shape[1], multicolumn_format="c"
        )
    return written
