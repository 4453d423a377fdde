"""Many dimensions as two: principal components, t-SNE, UMAP."""

from __future__ import annotations

from importlib import import_module
from typing import Literal, NamedTuple

import numpy as np

from xdsc.errors import message
from xdsc.plot.separation.points import Floats
from xdsc.plot.style import percent

Projection = Literal["tsne", "pca", "umap"]

#: Features that t-SNE and UMAP get at most: distances in more of them cost time and change little.
_N_COMPONENTS = 50
#: Points that one thread has laid out before others would help.
_FEW = 1000
_PERPLEXITY = 30.0


class Plane(NamedTuple):
    """Points (N, 2) and centres (K, 2), and the names of the two axes."""

    points: Floats
    centres: Floats
    x_text: str
    y_text: str

    @property
    def shape(self) -> float:
        """Height for its width, as far as a figure should follow it."""
        x, y = np.ptp(np.concatenate([self.points, self.centres]), axis=0)
        return float(np.clip(y / x, 0.6, 1.2)) if x > 0 else 1.0


def project(
    rows: Floats, marks: Floats, kind: Projection, perplexity: float | None, seed: int
) -> Plane:
    """Project rows (N, F) and the marks among them (K, F) into one plane."""
    if kind == "pca":
        found, centres, shares = _principal(rows, marks, 2, seed)
        names = [f"PC {i + 1} ({percent(share)})" for i, share in enumerate(shares)]
        return Plane(found, centres, names[0], names[1])
    if rows.shape[1] > _N_COMPONENTS:
        rows, marks, _ = _principal(rows, marks, _N_COMPONENTS, seed)
    if kind == "umap":
        return Plane(*_umap(rows, marks, seed), "UMAP 1", "UMAP 2")
    return Plane(*_tsne(rows, marks, perplexity or _PERPLEXITY, seed), "t-SNE 1", "t-SNE 2")


def _principal(
    rows: Floats, marks: Floats, n_components: int, seed: int
) -> tuple[Floats, Floats, list[float]]:
    """Principal components of rows and centres, and the shares of variance that they explain."""
    from sklearn.decomposition import PCA

    # PCA takes the mean out of products, where float32 has no digits left for small departures.
    mean = rows.mean(axis=0, dtype="float64").astype(rows.dtype)
    rows, marks = rows - mean, marks - mean
    n_there = min(n_components, *rows.shape)
    pca = PCA(n_there, random_state=seed).fit(rows)
    # One feature has no second component; its plane is a line.
    spare = [(0, 0), (0, max(0, 2 - n_there))]
    shares = np.pad(pca.explained_variance_ratio_, spare[1]).tolist()
    return (
        np.pad(pca.transform(rows), spare),
        np.pad(pca.transform(marks.astype(rows.dtype)), spare),
        shares,
    )


def _tsne(rows: Floats, marks: Floats, perplexity: float, seed: int) -> tuple[Floats, Floats]:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    both = np.concatenate([rows, marks])
    method = TSNE(
        perplexity=min(perplexity, (len(both) - 1) / 3),
        # The same start each time, which also keeps more of the arrangement at large.
        init="pca" if both.shape[1] > 1 else "random",
        random_state=seed,
    )
    # Its thousand steps wait for the slowest thread each: of few points, on a busy machine, several
    # threads are far slower than one.
    with threadpool_limits(1 if len(both) < _FEW else None, "openmp"):
        plane: Floats = method.fit_transform(both)
    return plane[: len(rows)], plane[len(rows) :]


def _umap(rows: Floats, marks: Floats, seed: int) -> tuple[Floats, Floats]:
    try:
        umap = import_module("umap")
    except ImportError as error:
        raise ImportError(
            message(
                "umap-learn for kind='umap'",
                "an environment without it",
                "pip install umap-learn, or pass kind='tsne'",
            )
        ) from error
    # One job: with a seed it takes no more, and warns where more are asked for.
    mapper = umap.UMAP(n_neighbors=min(15, len(rows) - 1), random_state=seed, n_jobs=1).fit(rows)
    return mapper.embedding_, mapper.transform(marks)
