"""Questions to a fit, and its answers as labelled arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message, warn_user
from xdsc.labels import CLUSTER
from xdsc.model.answering.answers import Answers, AnswersAtOnce
from xdsc.model.answering.limits import Limits
from xdsc.model.record.fit import Fit

#: Name of the coordinate that tells frames from those of the fit.
NOVELTY = "novelty"

# A few frames beyond all those of the fit are no surprise.
_MANY_NEW = 0.1


def check_room(ds: xr.Dataset, name: str) -> None:
    """Raise where a new coordinate would take the place of something else."""
    if name in ds.dims or name in ds.data_vars:
        raise InputError(
            message(
                f"a Dataset without a dimension or variable {name!r}",
                f"one with {name!r}, where the labels are to go",
                f"rename it: ds.rename({name}='...')",
            )
        )


def labels(fit: Fit, answers: Answers) -> xr.DataArray:
    """Labels, ([member,] time)."""
    found = answers.of(fit.method, "labels")["labels"]
    return answers.labels(found, fit.numbering, fit.provenance)


def labels_and_novelty(
    fit: Fit, answers: Answers, limits: Limits
) -> tuple[xr.DataArray, xr.DataArray]:
    """Both from frames that are looked at once; warns of many new frames, see `ClusterModel`."""
    found = answers.of(fit.method, "labels", "novelty", *limits.questions)
    if isinstance(answers, AnswersAtOnce):
        _warn_of_many_new(found["novelty"])
    found_labels = answers.labels(
        limits.applied(found["labels"], found, fit.n_clusters),
        fit.numbering,
        {**fit.provenance, **limits.attributes},
        no_regime=bool(limits),
    )
    return found_labels, _novelty(answers, found["novelty"])


def membership(fit: Fit, answers: Answers) -> xr.DataArray:
    """Soft assignment, ([member,] time, cluster)."""
    q = answers.of(fit.method, "membership")["membership"]
    attrs = {"long_name": "membership of the regimes", "units": "1"}
    array = answers.array(q, "membership", attrs, CLUSTER)
    return array.assign_coords({CLUSTER: np.array(fit.numbering.numbers, np.int32)})


def embedding(fit: Fit, answers: Answers) -> xr.DataArray:
    """Embeddings, ([member,] time, latent)."""
    found = answers.of(fit.method, "embedding")["embedding"]
    attrs = {"long_name": "embedding", "units": "1"}
    return answers.array(found, "embedding", attrs, "latent")


def novelty(fit: Fit, answers: Answers) -> xr.DataArray:
    """How new the frames are, ([member,] time)."""
    return _novelty(answers, answers.of(fit.method, "novelty")["novelty"])


def reconstruction(fit: Fit, prepared: xr.Dataset, answers: Answers) -> xr.Dataset:
    """The fitted variables as the method makes them anew, ([member,] time, lat, lon)."""
    axes = answers.axes
    block = answers.of(fit.method, "reconstruction")["reconstruction"]
    dims = (*axes.samples, axes.y, axes.x)
    plain = prepared.drop_vars(list(prepared.data_vars)).assign(
        {name: (dims, block[..., v], prepared[name].attrs) for v, name in enumerate(fit.variables)}
    )
    return plain if fit.preprocessor is None else fit.preprocessor.inverse_transform(plain)


def _novelty(answers: Answers, rank: Any) -> xr.DataArray:
    attrs = {
        "long_name": "share of the frames of the fit that are nearer to their regime's centre",
        "units": "1",
        "comment": "1 is farther from every regime than all frames of the fit",
    }
    return answers.array(rank, NOVELTY, attrs)


def _warn_of_many_new(rank: np.ndarray) -> None:
    """Warn of samples, ([members,] T), of which many are farther off than all those of the fit."""
    there = rank[~np.isnan(rank)]
    beyond = float((there >= 1).mean()) if there.size else 0.0
    if beyond > _MANY_NEW:
        text = message(
            "fields like those of the fit",
            f"{beyond:.0%} of the time steps farther from every regime than any of the fit",
            "look at units, variables and the coordinate 'novelty'; "
            "climatology='own' removes the bias of a model",
        )
        warn_user(text)
