"""The page that `reproduce.py` writes: the paper's tables beside ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr

import xdsc
from xdsc.methods import METHODS

#: The paper's five metrics, in its order, as its published code computes them.
PAPER_METRICS = (
    "silhouette_cosine",
    "davies_bouldin",
    "rmse_mean",
    "average_intercluster_distance_published",
    "average_variance_published",
)
#: The same by the paper's equations, and what else tells how good a clustering is.
OTHER_METRICS = (
    "silhouette",
    "davies_bouldin",
    "rmse_mean",
    "average_intercluster_distance",
    "average_variance",
    "calinski_harabasz",
    "explained_variance_ratio",
)
TRUTH_METRICS = ("adjusted_rand_index", "adjusted_mutual_information", "matched_accuracy")
#: Tables 2 and 3 of the paper, the best of 20 runs on its ERA5 data.
PAPER = {
    "kmeans": (0.25, 1.6867, 13.66, 7.00, 0.0451),
    "agglomerative": (0.23, 1.5669, 13.99, 7.78, 0.0453),
    "dec": (0.26, 1.6080, 13.62, 6.75, 0.0448),
    "dtc": (0.28, 1.6850, 14.70, 6.52, 0.0457),
    "dtcr": (-0.10, 7.2765, 21.14, 4.79, 0.0504),
    "cnn_encoder": (0.35, 1.4769, 13.74, 7.31, 0.0449),
    "cnn_autoencoder": (0.31, 1.6404, 13.96, 7.58, 0.0458),
    "cnn_lstm_encoder": (0.36, 1.4382, 13.82, 8.10, 0.0450),
    "dsc": (0.37, 1.4348, 13.79, 8.16, 0.0430),
}

HEAD = """\
% Written by benchmarks/reproduce.py: change that, not this.

# The paper's tables, again

Tables 2 and 3 of [the paper](how-dsc-works.md) compare DSC with other methods and with parts of
itself. This page repeats the comparison with the methods of this package, on the planted tutorial
Dataset and on real data, for k = 7 and the preparation of the paper's Section 5.1.

```bash
python benchmarks/reproduce.py --sets {sets} --runs {runs}
```

{notes}
## What differs from the paper, and why

- **The data.** The paper's ERA5 extract is not published with its code; `era5_like` has its size,
  variables and ranges, and a planted truth. Numbers in the units of the data (RMSE, distances)
  are therefore of the same kind, but not to be compared digit by digit. What can be compared is
  the order of the methods.
- **The training.** The published code trains with a learning rate of 1e-7 and stops at the first
  refresh: its labels are those of k-means on the features of an untrained network. Here all
  networks are trained; see [How DSC works](how-dsc-works.md).
- **The choice of the run.** The paper shows the best of 20 runs, which a user who has no truth
  can only take by the same metric. Medians tell what one run gives; the tables show both.
- **The metrics.** The published code computes some of the five in another way than the equations
  say. The first tables below follow the code, so that they stand beside the paper's; the tables
  after them follow the equations. Padding and masked cells take no part here.
- **The metrics reward what k-means minimises.** Silhouette, Davies-Bouldin, RMSE and variance are
  computed on the fields, point by point, so a method that groups a moved pattern with itself is
  marked down for it. On planted data the adjusted Rand index says which labels are right, and the
  two do not agree.
- **Our own losses.** On the metrics of the fields k-means beats every deep method on the real
  data, DSC included, by nearly all of them. Ward's method does on ERA-Interim, is level with DSC
  on WFDE5, and on INCA better on some metrics and worse on others. The windows of DTC and DTCR
  cost them most. On the planted data DSC is hardly ahead of its part without LSTM or of a Gaussian
  mixture of EOFs; [Quality](quality.md) has ten planted Datasets, and the annual cycle removed,
  where DSC leads.
- **DBSCAN and HDBSCAN** find the number of regimes themselves. Daily weather has no density gaps:
  they call most of it one cluster, and the rest noise. Their scores count labelled time steps
  only.
- **The sizes** are the defaults of every method (`network="compact"` for DSC and its parts), not
  the paper's widths.
"""


def page(
    results: Mapping[str, xr.Dataset],
    titles: Mapping[str, str],
    options: Mapping[str, Mapping[str, Any]],
) -> str:
    """Markdown of the whole page."""
    n_runs = {name: result.sizes["run"] for name, result in results.items()}
    notes = "".join(
        f"On {titles[name]}, the deep methods run with "
        + ", ".join(f"`{key}={value}`" for key, value in given.items())
        + ".\n\n"
        for name, given in options.items()
        if given
    )
    parts = [HEAD.format(sets=" ".join(results), runs=max(n_runs.values()), notes=notes)]
    for name, result in results.items():
        parts.append(_section(result, titles[name]))
    return "\n".join(parts)


def _section(result: xr.Dataset, title: str) -> str:
    n_runs = result.sizes["run"]
    best = xdsc.comparison_table(result, PAPER_METRICS, "best")
    text = [
        f"## {title}\n",
        f"As the published code measures: the paper's figure · best of {n_runs} runs · median.\n",
        _beside_paper(result, best),
        "\nAs the equations say: median over the runs, and in brackets the interquartile range.\n",
        _medians(result, OTHER_METRICS),
    ]
    truth = [m for m in TRUTH_METRICS if m in result.metric.values]
    if truth:
        text += [
            "\nAgreement with the planted regimes: median, interquartile range, best run.\n",
            _medians(result, truth, with_best=True),
        ]
    return "\n".join(text) + "\n"


def _beside_paper(result: xr.Dataset, best: pd.DataFrame) -> str:
    median = xdsc.comparison_table(result, PAPER_METRICS, "median")
    rows = []
    for i, method in enumerate(result.method.values):
        paper = PAPER.get(str(method), (math.nan,) * len(PAPER_METRICS))
        cells = [
            f"{_number(paper[j])} · {_number(best.iat[i, j])} · {_number(median.iat[i, j])}"
            for j in range(len(PAPER_METRICS))
        ]
        rows.append([result.method_title.values[i], *cells])
    return _markdown(["method", *best.columns], rows)


def _medians(
    result: xr.Dataset, metrics: tuple[str, ...] | list[str], with_best: bool = False
) -> str:
    median = xdsc.comparison_table(result, metrics, "median")
    spread = xdsc.comparison_table(result, metrics, "spread")
    best = xdsc.comparison_table(result, metrics, "best")
    # Methods that find the number of regimes are out of competition: few regimes, or little that is
    # labelled, make most metrics better.
    racing = median[[METHODS[str(name)].takes_k for name in result.method.values]]
    leading = [
        racing[title].idxmax() if title.endswith("↑") else racing[title].idxmin()
        for title in median.columns
    ]
    rows = []
    for i, method in enumerate(median.index):
        cells = []
        for j in range(median.shape[1]):
            text = _number(median.iat[i, j])
            text = f"**{text}**" if method == leading[j] else text
            text += f" ({_number(spread.iat[i, j])})"
            cells.append(f"{text}, {_number(best.iat[i, j])}" if with_best else text)
        rows.append([method, *cells])
    return _markdown(["method", *median.columns], rows)


def _number(value: float) -> str:
    if abs(value) < 1e-9:  # a spread of rounding errors
        return "0"
    return "–" if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
