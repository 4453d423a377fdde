"""``da.dsc``: a DataArray as a Dataset of one variable; what comes back is a DataArray again."""

from __future__ import annotations

from typing import Any, overload

import xarray as xr

from xdsc.accessor import DSCAccessor
from xdsc.delegation import documented_by
from xdsc.preprocessing.provenance import PREPARED

#: What an array is called that has no name of its own.
_UNNAMED = "field"


@xr.register_dataarray_accessor("dsc")  # type: ignore[no-untyped-call]
class DSCArrayAccessor(DSCAccessor):
    """Weather and climate regimes of one field, as `DSCAccessor` finds them in a Dataset.

    ``preprocess``, ``fit``, ``rename`` and ``reorder`` return DataArrays; statistics of regimes and
    composites are Datasets, in which the field has its name, or "field" where it has none.
    """

    def __init__(self, array: xr.DataArray) -> None:
        super().__init__(array)  # type: ignore[arg-type]  # a Dataset is made of it when asked for

    @documented_by(DSCAccessor.preprocess, brought=("self",))
    def preprocess(self, **settings: Any) -> xr.DataArray:  # type: ignore[override]
        """Prepare the field for clustering; see `xdsc.Preprocessor`.

        Returns
        -------
        DataArray
            New; with the same name, dims and coordinates, apart from what is selected or resampled.

        Examples
        --------
        >>> import xdsc
        >>> da = xdsc.tutorial.open_dataset(n_times=365, n_lat=4, n_lon=4).t2m
        >>> prepared = da.dsc.preprocess(deseasonalize=True)
        >>> float(prepared.min()), float(prepared.max())
        (0.0, 1.0)
        """
        ds = super().preprocess(**settings)
        prepared = self._array(ds)
        prepared.dsc._preprocessor = ds.dsc._preprocessor
        return prepared

    @documented_by(DSCAccessor.fit, brought=("self",))
    def fit(self, *args: Any, **arguments: Any) -> xr.DataArray:  # type: ignore[override]
        """Find K regimes and return the field with the label of every time step.

        Returns
        -------
        DataArray
            With the integer coordinate ``cluster(time)``, as ``ds.dsc.fit`` returns it.

        Examples
        --------
        >>> import xdsc
        >>> da = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3).t2m
        >>> da = da.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> da.groupby("cluster").mean().sizes["cluster"]
        3
        """
        labelled = self._array(super().fit(*args, **arguments))
        labelled.dsc._remember(self._model, None)
        return labelled

    def reorder(self, *args: Any, **arguments: Any) -> xr.DataArray:  # type: ignore[override]
        """Give regimes other numbers; see `xdsc.reorder`."""
        return self._array(super().reorder(*args, **arguments))

    def __repr__(self) -> str:
        return super().__repr__().replace("ds.dsc", "da.dsc")

    @property
    def _name(self) -> str:
        """What the variable is called in the Dataset."""
        array: xr.DataArray = self._given
        name = array.name
        taken = isinstance(name, str) and name in {*array.coords, *array.dims}
        return name if isinstance(name, str) and name and not taken else _UNNAMED

    @property
    def _ds(self) -> xr.Dataset:
        array: xr.DataArray = self._given
        ds = array.to_dataset(name=self._name)
        if PREPARED in array.attrs:
            ds = ds.assign_attrs({PREPARED: ds[self._name].attrs.pop(PREPARED)})
        return ds

    def _array(self, ds: xr.Dataset) -> xr.DataArray:
        """The variable of a Dataset, which says itself how it was prepared."""
        array = ds[self._name].rename(self._given.name)
        return array.assign_attrs({PREPARED: ds.attrs[PREPARED]}) if PREPARED in ds.attrs else array

    def _of_the_same_model(self, ds: xr.Dataset) -> xr.DataArray:
        array = self._array(ds)
        array.dsc._remember(self._model, None)
        array.dsc._labelled_by(self._labelling)
        return array


@overload
def dsc(data: xr.Dataset) -> DSCAccessor: ...


@overload
def dsc(data: xr.DataArray) -> DSCArrayAccessor: ...


def dsc(data: xr.Dataset | xr.DataArray) -> DSCAccessor:
    """``data.dsc``, the same object, with a type that mypy, pyright and editors know.

    Parameters
    ----------
    data : Dataset or DataArray
        To which xarray adds accessors without telling type checkers.

    Returns
    -------
    DSCAccessor or DSCArrayAccessor
        As ``data.dsc``.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> xdsc.dsc(ds) is ds.dsc
    True
    """
    accessor: DSCAccessor = data.dsc
    return accessor
