"""One clustering method a file, behind one small protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from typing import Any, Literal, TypeAlias

from xdsc.catalogue import Catalogue
from xdsc.errors import ParameterError, advice, message, nearest
from xdsc.methods.base import ClusteringMethod
from xdsc.methods.classical.estimator import Estimator
from xdsc.networks.backend import random_states_kept

__all__ = ["METHODS", "ClusteringMethod", "MethodName", "MethodRow", "make_method", "method_name"]


#: The names of `METHODS`, for editors.
MethodName: TypeAlias = Literal[
    "kmeans",
    "agglomerative",
    "pca_kmeans",
    "pca_agglomerative",
    "gmm",
    "hmm",
    "eeof_kmeans",
    "metastable",
    "dbscan",
    "hdbscan",
    "dec",
    "dtc",
    "dtcr",
    "cnn_encoder",
    "cnn_autoencoder",
    "cnn_lstm_encoder",
    "dsc",
]


@dataclass(frozen=True)
class MethodRow:
    """One method of the table.

    Attributes
    ----------
    title : str
        What tables and figures call it.
    target : str
        ``"module:class"``, imported when wanted: some need scikit-learn, some Keras.
    preset : mapping
        Constructor arguments that differ from the class's defaults; a user may give others.
    fixed : mapping
        Constructor arguments that make the method what it is; a user may not give others.
    """

    title: str
    target: str
    preset: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> type[ClusteringMethod]:
        """Import the class."""
        module, name = self.target.split(":")
        with random_states_kept():
            imported = import_module(module)
        found: type[ClusteringMethod] = getattr(imported, name)
        return found

    @property
    def takes_k(self) -> bool:
        """Whether the number of regimes is given; some methods find it."""
        return "n_clusters" in signature(self.load()).parameters

    @property
    def options(self) -> list[str]:
        """Names of the constructor arguments that a user may give, besides K."""
        return sorted(set(signature(self.load()).parameters) - {"n_clusters", *self.fixed})


#: Method by name, in the order of the paper's Tables 2 and 3.
METHODS: Mapping[str, MethodRow] = Catalogue(
    {
        "kmeans": MethodRow("k-means", "xdsc.methods.classical.kmeans:KMeans"),
        "agglomerative": MethodRow(
            "Agglomerative", "xdsc.methods.classical.agglomerative:Agglomerative"
        ),
        "pca_kmeans": MethodRow(
            "PCA + k-means", "xdsc.methods.classical.kmeans:KMeans", {"n_components": 10}
        ),
        "pca_agglomerative": MethodRow(
            "PCA + agglomerative",
            "xdsc.methods.classical.agglomerative:Agglomerative",
            {"n_components": 10},
        ),
        "gmm": MethodRow("Gaussian mixture", "xdsc.methods.classical.mixture:GMM"),
        "hmm": MethodRow("HMM", "xdsc.methods.classical.hmm:HMM"),
        "eeof_kmeans": MethodRow(
            "EEOFs + k-means", "xdsc.methods.classical.extended:ExtendedKMeans"
        ),
        "metastable": MethodRow("Metastable", "xdsc.methods.classical.metastable:Metastable"),
        "dbscan": MethodRow("DBSCAN", "xdsc.methods.classical.density:DBSCAN"),
        "hdbscan": MethodRow("HDBSCAN", "xdsc.methods.classical.density:HDBSCAN"),
        "dec": MethodRow("DEC", "xdsc.methods.deep.dec:DEC"),
        "dtc": MethodRow("DTC", "xdsc.methods.deep.dtc:DTC"),
        "dtcr": MethodRow("DTCR", "xdsc.methods.deep.dtcr:DTCR"),
        "cnn_encoder": MethodRow(
            "CNN encoder", "xdsc.methods.deep.dsc:DSC", fixed={"encoder": "cnn", "decoder": False}
        ),
        "cnn_autoencoder": MethodRow(
            "CNN autoencoder", "xdsc.methods.deep.dsc:DSC", fixed={"encoder": "cnn"}
        ),
        "cnn_lstm_encoder": MethodRow(
            "CNN-LSTM encoder", "xdsc.methods.deep.dsc:DSC", fixed={"decoder": False}
        ),
        "dsc": MethodRow("DSC", "xdsc.methods.deep.dsc:DSC"),
    }
)


def make_method(method: Any, n_clusters: int | None = None, **options: Any) -> ClusteringMethod:
    """Make a method by name, or of a scikit-learn clusterer.

    Parameters
    ----------
    method : str or clusterer
        A row of `METHODS`, or an object with scikit-learn's ``fit``; see
        `xdsc.methods.classical.estimator.Estimator`.
    n_clusters : int, optional
        K. Not for methods that find it.
    **options
        Constructor arguments of the method.

    Raises
    ------
    ParameterError
        Unknown method, an option that it does not have or that is not the user's to choose, K
        where the method finds it, or no K where it does not.

    Examples
    --------
    >>> make_method("dbscan", eps=2.0).eps
    2.0
    """
    if isinstance(method, type) or not (isinstance(method, str) or hasattr(method, "fit")):
        raise _unknown(method)
    if not isinstance(method, str):
        _check_options(method_name(method), Estimator.OPTIONS, options)
        return Estimator(method, n_clusters, **options)
    if method not in METHODS:
        raise _unknown(method)
    row = METHODS[method]
    if fixed := sorted(set(options) & set(row.fixed)):
        raise ParameterError(
            message(
                f"method={method!r} with {_arguments(row.fixed)}, which makes it this method",
                _arguments({name: options[name] for name in fixed}),
                f"leave out {', '.join(fixed)}, or use method='dsc'",
            )
        )
    _check_options(method, row.options, options)
    chosen = {**row.preset, **options, **row.fixed}
    if row.takes_k:
        if n_clusters is None:
            raise ParameterError(
                message(
                    "the number of regimes as k= or n_clusters=",
                    "neither",
                    "say how many, k=7",
                )
            )
        chosen["n_clusters"] = n_clusters
    elif n_clusters is not None:
        raise ParameterError(
            message(
                f"no k with method={method!r}, which finds the number of regimes itself",
                f"k={n_clusters!r}",
                "leave k out, or use method='kmeans'",
            )
        )
    made: Any = row.load()(**chosen)
    return made


def method_name(method: Any) -> str:
    """What labels and messages call a method: its row, or the class of the clusterer.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> method_name("dsc"), method_name(make_pipeline(PCA(), KMeans()))
    ('dsc', 'Pipeline(PCA, KMeans)')
    """
    if isinstance(method, str):
        return method
    name = type(method).__name__
    if steps := getattr(method, "steps", None):
        name += f"({', '.join(type(step).__name__ for _, step in steps)})"
    return name


def _unknown(method: Any) -> ParameterError:
    is_clusterer = isinstance(method, type) and hasattr(method, "fit")
    return ParameterError(
        message(
            f"method to be one of {sorted(METHODS)}, or a scikit-learn clusterer",
            f"{method!r:.200}",
            f"make an object of it, method={method.__name__}(...)"
            if is_clusterer
            else advice("method", method, METHODS, "choose one of these"),
        )
    )


def _check_options(name: str, known: list[str], options: Mapping[str, Any]) -> None:
    if unknown := sorted(set(options) - set(known)):
        remedy = "leave it out" if len(unknown) == 1 else "leave these out"
        if name in METHODS and (other := _method_with(unknown)):
            remedy += f", or use method={other!r}"
        elif meant := [near for option in unknown if (near := nearest(option, known))]:
            remedy = f"write {_names(meant)}"
        if "area_weights" in unknown:
            weights = f"area_weights={options['area_weights']!r}"
            remedy = (
                f"weight cells where data are prepared, once for all methods: "
                f"ds.dsc.preprocess({weights}), or preprocessor=xdsc.Preprocessor({weights})"
            )
        raise ParameterError(
            message(
                f"options of method={name!r}, which are {', '.join(known)}",
                ", ".join(unknown),
                remedy,
            )
        )


def _method_with(options: Iterable[str]) -> str | None:
    """A method that has all of these options, DSC if it does."""
    having = [name for name, row in METHODS.items() if set(options) <= set(row.options)]
    return "dsc" if "dsc" in having else next(iter(having), None)


def _names(options: Iterable[str]) -> str:
    return ", ".join(f"{name}=" for name in options)


def _arguments(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
