"""What a fit leaves besides labels: where they come from, and how training went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import xarray as xr

from xdsc.labels import FIT_PERIOD, PREPARATION, period_of
from xdsc.methods.base import ClusteringMethod
from xdsc.model.record.arguments import MethodArguments
from xdsc.versions import own_version

#: Attribute of labels of a fit that the user has ended.
INTERRUPTED = "xdsc_interrupted"

#: Attribute of labels: what was installed when the fit was made, of what has a say in it.
VERSIONS = "xdsc_versions"
#: Attributes of labels, which older ones have not: options of the method, as JSON, and where the
#: clusters of a fit begin, of methods that may choose it.
OPTIONS, START = "xdsc_options", "xdsc_start"


def provenance(
    arguments: MethodArguments,
    method: ClusteringMethod,
    n_clusters: int,
    variables: list[str],
    preparation: Mapping[str, object],
    time: xr.DataArray,
    versions: str,
) -> dict[str, str | int]:
    """Attributes of labels: method and options, K, seed, variables, preparation, period, versions.

    See `versions_of` for the last.
    """
    seed, selection = method.seed_, method.selection_
    cut = {INTERRUPTED: "by the user, before the training had ended"}
    return {
        "xdsc_method": arguments.name,
        OPTIONS: arguments.options_json,
        "xdsc_n_clusters": n_clusters,
        "xdsc_random_state": "none" if seed is None else int(seed),
        **({} if selection is None else {START: str(selection["start"])}),
        "xdsc_variables": " ".join(variables),
        PREPARATION: json.dumps(preparation),
        FIT_PERIOD: period_of(time),
        VERSIONS: versions,
        **(cut if method.interrupted_ else {}),
    }


def versions_of(method: ClusteringMethod) -> str:
    """xdsc, xarray and what the method computes with, each with its version."""
    packages = ("xdsc", "xarray", *method.packages)
    return ", ".join(f"{name} {found}" for name in packages if (found := _version(name)))


def training_history(
    history: Mapping[str, list[Any]] | None, long_names: Mapping[str, str]
) -> xr.Dataset | None:
    """One value an epoch, epoch 0 before training, as a Dataset; losses have `long_names`."""
    if history is None:
        return None
    texts = {
        "phase": "phase of the training",
        "label_change": "share of labels changed since the last refresh",
        "held_out_agreement": "share of the time steps held out with the labels of the start",
        **long_names,
    }
    n_epochs = len(history["phase"])
    return xr.Dataset(
        {
            name: ("epoch", values, {"long_name": texts.get(name, name.replace("_", " "))})
            for name, values in history.items()
        },
        {"epoch": ("epoch", np.arange(n_epochs), {"long_name": "epochs of training"})},
    )


def start_selection(selection: Mapping[str, Any] | None) -> xr.Dataset | None:
    """How a fit chose where to begin, a value for each start that was tried; NaN where untried."""
    if selection is None:
        return None
    found, null = selection["reproducibility"], selection["null"]
    names = list(found) or [selection["start"]]
    columns = {
        "reproducibility": (
            [found.get(name, np.nan) for name in names],
            "adjusted Rand index between regimes of two parts of the record",
        )
    }
    if noise := selection.get("noise_reproducibility"):
        columns["noise_reproducibility"] = (
            [noise.get(name, np.nan) for name in names],
            "mean reproducibility of phase-randomised surrogates",
        )
    if likelihood := selection.get("held_out_likelihood"):
        columns["held_out_likelihood"] = (
            [likelihood.get(name, np.nan) for name in names],
            "log-likelihood per frame of parts of the record that a model does not know",
        )
    for part in ("month", "hour"):
        said = {name: of.get(part, 0.0) for name, of in selection.get("calendar", {}).items()}
        if any(said.values()):
            columns[f"{part}_share"] = (
                [said.get(name, np.nan) for name in names],
                f"share of the information in the labels that is the {part}, beyond chance",
            )
    if agreement := selection.get("agreement"):
        columns["agreement"] = (
            [agreement.get(name, np.nan) for name in names],
            "adjusted Rand index between labels by the network and the start, of frames held out",
        )
    for key, text in (
        ("gain", "gain of log-likelihood per frame over a single state"),
        ("surrogates", "mean gain on phase-randomised surrogates"),
        ("deviation", "standard deviation of the gain on surrogates"),
    ):
        columns[key] = [null.get(name, {}).get(key, np.nan) for name in names], text
    independent = selection.get("n_independent")
    return xr.Dataset(
        {name: ("start", values, {"long_name": text}) for name, (values, text) in columns.items()},
        {"start": ("start", names, {"long_name": "where the clusters begin"})},
        {
            "chosen": selection["start"],
            "looks_like_red_noise": int(selection["is_noise"]),
            **({"compare_with": rival} if (rival := selection.get("rival")) else {}),
            **({} if independent is None else {"independent_time_steps": round(independent)}),
        },
    )


def _version(package: str) -> str | None:
    try:
        return own_version() if package == "xdsc" else version(package)
    except PackageNotFoundError:
        return None
