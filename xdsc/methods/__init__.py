"""One clustering method a file, behind one small protocol."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import Any

from xdsc.errors import ParameterError, message
from xdsc.methods.base import ClusteringMethod

__all__ = ["METHODS", "ClusteringMethod", "make_method"]

#: Method by name -> "module:class". Imported when wanted: some need scikit-learn, some Keras.
METHODS: dict[str, str] = {
    "dsc": "xdsc.methods.dsc:DSC",
    "kmeans": "xdsc.methods.kmeans:KMeans",
}


def make_method(name: str, n_clusters: int, **options: Any) -> ClusteringMethod:
    """Make the method called `name`.

    Parameters
    ----------
    name : str
        A row of `METHODS`.
    n_clusters : int
        K.
    **options
        Constructor arguments of the method.

    Raises
    ------
    ParameterError
        Unknown method, or an option that it does not have.
    """
    if str(name) not in METHODS:
        raise ParameterError(
            message(f"method to be one of {sorted(METHODS)}", repr(name), "choose one of these")
        )
    module, class_name = METHODS[name].split(":")
    method_class = getattr(import_module(module), class_name)
    known = sorted(set(signature(method_class).parameters) - {"n_clusters"})
    if unknown := sorted(set(options) - set(known)):
        raise ParameterError(
            message(
                f"options of method={name!r}, which are {', '.join(known)}",
                ", ".join(unknown),
                "leave these out, or look for a misspelling",
            )
        )
    method: ClusteringMethod = method_class(n_clusters, **options)
    return method
