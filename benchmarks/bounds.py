"""What planted regimes allow at most, and what speaks for a start: evidence beside quality.py.

    python benchmarks/bounds.py --sets moving/weak deforming/weak moving/medium deforming/medium

For each set, medians of seeds (those of quality.py's Datasets), with quartiles:

told half       a hidden Markov model whose regimes have the means and covariances that the truth
                gives them in the first year, and the second year labelled by it (ARI): what is to
                be had from as many frames by somebody who knows their regimes
network told    the network of `dsc`, drawn to the truth of the first year, labels the second (ARI)
from the truth  the hidden Markov model, fitted to both years from the truth on (ARI): the best
                solution of the likelihood that can be hoped for
found           fitted without the truth, as `start="covariances"` (ARI)
likelier        log-likelihood of the solution that begins with the truth less that of the one
                found, of the whole record: below 0 no search would end in the truth
back, of noise  what comes back in another part of the record, and of red noise, of k-means and of
                the model (`selection_`): what a choice between them has to go by
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd
import xarray as xr
from quality import ANOMALIES, planted_set, quartiles, rows
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

import xdsc
from xdsc.methods.regime_starts import Series
from xdsc.methods.regime_starts.em import Chain, fit_chains
from xdsc.methods.regime_starts.evidence import (
    cross_validated,
    fitted,
    noise_reproducibility,
    searched,
)
from xdsc.methods.regime_starts.kinds import KINDS

NAME = "covariances"


def told_half(series: Series, truth: np.ndarray, k: int) -> float:
    """Agreement in the second half of a model that is told the truth of the first."""
    middle = len(series) // 2
    first, second = series.only(0, middle), series.only(middle, len(series))
    chain = Chain.begin(KINDS[NAME], first, truth[:middle], k)
    follows = np.zeros((k, k))
    np.add.at(follows, (truth[: middle - 1], truth[1:middle]), 1)
    chain.transition = (follows + 1 / k) / (follows + 1 / k).sum(axis=1, keepdims=True)
    return float(adjusted_rand_score(truth[middle:], chain.label(second)))


def network_told(prepared: xr.Dataset, truth: np.ndarray, k: int, seed: int) -> float:
    """Agreement in the second half of a network that is told the truth of the first."""
    middle = len(truth) // 2
    model = xdsc.ClusterModel(k, method="dsc", window=5, random_state=seed, progress=False)
    model.fit(prepared.isel(time=slice(middle)), init=truth[:middle])
    labels = model.predict(prepared.isel(time=slice(middle, None)))
    return float(adjusted_rand_score(truth[middle:], labels))


def bounds(name: str, seed: int) -> dict[str, float]:
    """All of it, of one set and seed."""
    ds, k = planted_set(name, seed)
    prepared, truth = ds.dsc.preprocess(**ANOMALIES), ds.regime.values
    scores = PCA(KINDS[NAME].d, random_state=0).fit_transform(rows(prepared))
    series = Series(scores, np.array([[0, len(scores)]]))
    begun = fit_chains([[Chain.begin(KINDS[NAME], series, truth, k)]])[0]
    found = searched(series, NAME, fitted([series], k, seed)[0][NAME], k, seed)
    back, _, _ = cross_validated(series, k, seed)
    noise = noise_reproducibility(series, k, seed)
    return {
        "told half": told_half(series, truth, k),
        "network told": network_told(prepared, truth, k, seed),
        "from the truth": adjusted_rand_score(truth, begun.labels),
        "found": adjusted_rand_score(truth, found.labels),
        "likelier": (begun.log_likelihood - found.log_likelihood) * len(series),
        "k-means back": back["kmeans"],
        "k-means of noise": noise["kmeans"],
        "model back": back[NAME],
        "model of noise": noise[NAME],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=["moving/weak", "deforming/weak"])
    parser.add_argument("--first", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    table = {}
    for name in args.sets:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            each = [bounds(name, seed) for seed in range(args.first, args.first + args.seeds)]
        table[name] = pd.DataFrame(each).agg(
            lambda values: quartiles(values, 0 if values.name == "likelier" else 2)
        )
    print(pd.DataFrame(table).T.to_markdown())


if __name__ == "__main__":
    main()
