"""What a `ClusterModel` is told, and what a method is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from inspect import signature
from typing import Any

import numpy as np

from xdsc.errors import ParameterError, message, nearest
from xdsc.methods import METHODS, make_method, method_name
from xdsc.methods.base import ClusteringMethod
from xdsc.networks import NetworkSize
from xdsc.preprocessing import SETTINGS, Preprocessor


@dataclass(frozen=True)
class MethodArguments:
    """How a method is made before it is fitted: arguments of `make_method`."""

    method: Any
    n_clusters: int | None
    random_state: int | None
    options: Mapping[str, Any]

    def make(self, *, progress: bool = False) -> ClusteringMethod:
        """The method, not fitted."""
        return make_method(
            self.method,
            self.n_clusters,
            random_state=self.random_state,
            progress=progress,
            **self.options,
        )

    @property
    def name(self) -> str:
        """What labels, tables and messages call it: its row, or the clusterer's class."""
        return method_name(self.method)

    @property
    def options_json(self) -> str:
        """The options as labels keep them: JSON; of a clusterer that is none by name, its repr.

        A folder for checkpoints has no say in what is found.
        """
        kept = {name: value for name, value in self.options.items() if name != "checkpoint"}
        if not isinstance(self.method, str) and hasattr(self.method, "get_params"):
            kept["method"] = " ".join(repr(self.method).split())
        return json.dumps(kept, default=_plain, sort_keys=True)


def _plain(value: Any) -> Any:
    """What JSON has no word for: numbers and arrays of NumPy, sizes of networks, mappings."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return asdict(value) if isinstance(value, NetworkSize) else str(value)


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The constructor's arguments of a `ClusterModel`, which says what they mean."""

    n_clusters: int | None = None
    method: Any = "dsc"
    preprocessor: Preprocessor | None = None
    preset: str | None = None
    variables: str | Sequence[str] | None = None
    time: str | None = None
    lat: str | None = None
    lon: str | None = None
    member: str | None = None
    random_state: int | None = None
    progress: bool = True
    memory_budget: str | int | None = None
    stream: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """Names of the axes."""
        return {"time": self.time, "lat": self.lat, "lon": self.lon, "member": self.member}

    @property
    def method_arguments(self) -> MethodArguments:
        """Those of the method."""
        return MethodArguments(self.method, self.n_clusters, self.random_state, self.options)


#: What a fit is told by name, besides settings and options.
_OF_FIT = (*({f.name for f in fields(Arguments)} - {"settings", "options"}), "match_to")


def own_options(method: Any) -> list[str]:
    """Names of the options of a method by name; none where that is a clusterer, or unknown."""
    is_row = isinstance(method, str) and method in METHODS
    return METHODS[method].options if is_row else []


def parted(method: Any, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the preparation, and options of the method, which has a name that both have.

    Examples
    --------
    >>> parted("kmeans", {"season": "DJF", "n_components": 10})
    ({'season': 'DJF'}, {'n_components': 10})
    """
    settings = {name: value for name, value in options.items() if name in SETTINGS}
    if settings:
        own = own_options(method)
        settings = {name: value for name, value in settings.items() if name not in own}
    return settings, {name: value for name, value in options.items() if name not in settings}


def check_spelling(method: Any, options: Mapping[str, Any]) -> None:
    """Raise where options look like what a fit is told besides, and less like another option."""
    own = own_options(method) if options else []
    if options and not isinstance(method, str) and callable(getattr(method, "fit", None)):
        # A clusterer, of whose own arguments another message tells.
        own = list(signature(type(method)).parameters)
    others = [name for name in (*SETTINGS, *_OF_FIT) if name not in own]
    unknown = [name for name in options if name not in own]
    if unknown:
        # Options of other methods are spelled as they are meant.
        elsewhere = {name for row in METHODS.values() for name in row.options}
        unknown = [name for name in unknown if name not in elsewhere]
    near = {name: nearest(name, [*own, *others]) for name in unknown}
    meant = {name: found for name, found in near.items() if found in others}
    if meant:
        raise ParameterError(
            message(
                "options of the method and settings of the preparation",
                ", ".join(f"{name}=" for name in meant),
                f"write {', '.join(f'{near}=' for near in meant.values())}",
            )
        )
