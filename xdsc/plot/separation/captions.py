"""What figures of embeddings say, lest they are taken for evidence."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.labels import NO_LABEL
from xdsc.metrics import adjusted_rand_index, silhouette
from xdsc.plot.separation.points import Points

#: Time steps that the numbers are computed from at most.
_MOST = 3000


def caption_of(ds: xr.Dataset, embedding: xr.DataArray, fields: xr.DataArray) -> str | None:
    """Silhouettes in an embedding and in the fields, and agreement with clusters of the fields.

    Parameters
    ----------
    ds : Dataset
        With the coordinate ``cluster(time)``, T time steps.
    embedding, fields : DataArray of shape (T, M) and (T, F)
        Rows of the same time steps.

    Returns
    -------
    str or None
        None where there is only one regime.
    """
    from sklearn.cluster import KMeans

    scores = []
    for rows in (embedding, fields):
        points = Points.of(ds, rows)
        there = np.flatnonzero(points.codes != NO_LABEL)
        codes = points.codes[there]
        if len(np.unique(codes)) < 2:
            return None
        found = silhouette(points.rows[there], codes, max_samples=_MOST, random_state=0)
        scores.append(f"{found:.2f}".replace("-", "−"))
    chosen = there
    if len(there) > _MOST:
        chosen = np.random.default_rng(0).choice(there, _MOST, replace=False)
    own = KMeans(len(np.unique(codes)), n_init=1, random_state=0).fit_predict(points.rows[chosen])
    agreement = adjusted_rand_index(points.codes[chosen], own)
    return (
        f"Training pulls regimes apart: mean silhouette {scores[0]} in this embedding, "
        f"{scores[1]} in the prepared fields; k-means of the fields agrees with the labels by "
        f"{agreement:.2f} (adjusted Rand index). Gaps here are no evidence of regimes."
    )
