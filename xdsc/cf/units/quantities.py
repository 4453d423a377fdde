"""Quantities of pint: taken off a Dataset, and put back on what became of it."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import xarray as xr

from xdsc.cf.dataset import require_dataset
from xdsc.cf.units.spelling import (
    DIFFERENCE,
    difference_of,
    is_difference,
    read_unit,
    unit_of,
    unit_text,
)

if TYPE_CHECKING:
    import pint


def is_quantified(ds: xr.Dataset) -> bool:
    """Whether any variable or coordinate of a Dataset is a quantity of pint; reads no data."""
    return bool(_quantities(ds))


def dequantified(ds: xr.Dataset) -> xr.Dataset:
    """A Dataset without quantities.

    Parameters
    ----------
    ds : Dataset
        With some variables or coordinates quantified by pint-xarray, NumPy or Dask underneath.

    Returns
    -------
    Dataset
        Plain arrays, with the units in the attributes as CF text; `ds` itself where nothing is
        quantified.
    """
    require_dataset(ds)
    units = _quantities(ds)
    if not units:
        return ds
    import pint_xarray  # noqa: F401 - gives every Dataset its .pint

    # ds.chunk() puts quantities inside of Dask, where pint-xarray does not look for them.
    inside = {
        name: variable.copy(data=variable.data.map_blocks(_magnitude, meta=quantity.magnitude))
        for name, variable in ds.variables.items()
        if (quantity := _quantity(variable)) is not None and quantity is not variable._data
    }
    plain: xr.Dataset = ds.assign(inside).pint.dequantify()
    for name, unit in units.items():
        difference = DIFFERENCE if str(unit).startswith("delta_") else {}
        plain[name].attrs |= {"units": unit_text(unit)} | difference
    return plain


def quantified_like(
    ds: xr.Dataset, original: xr.Dataset, derived: Mapping[str, str] | None = None
) -> xr.Dataset:
    """Put quantities back where they were.

    Parameters
    ----------
    ds : Dataset
        What became of ``dequantified(original)``, with the units in the attributes. What has lost
        its units stays plain.
    original : Dataset
        Says which variables are quantities, and of which registry of pint.
    derived : mapping of str to str, optional
        For variables of `ds` that are new, the variable of `original` that each comes from.

    Returns
    -------
    Dataset
        A difference of temperatures, told by ``units_metadata``, is in ``delta_degC``; `ds` itself
        where nothing is to be done.
    """
    before = _quantities(original)
    if not before:
        return ds
    units: dict[Hashable, pint.Unit] = {}
    for name in ds.variables:
        source = (derived or {}).get(str(name), name)
        unit = _unit_like(ds[name].attrs, before[source]) if source in before else None
        if unit is not None:
            units[name] = unit

    def quantity(name: Hashable) -> xr.Variable:
        variable, unit = ds[name].variable.to_base_variable(), units[name]
        attrs = {key: value for key, value in variable.attrs.items() if key != "units"}
        data = unit._REGISTRY.Quantity(variable.data, unit)
        return xr.Variable(variable.dims, data, attrs, variable.encoding)

    indexed = {name: unit for name, unit in units.items() if name in ds.xindexes}
    result = ds.assign({name: quantity(name) for name in units if name not in indexed})
    return _with_indexes(result, indexed) if indexed else result


def _with_indexes(ds: xr.Dataset, units: Mapping[Hashable, pint.Unit]) -> xr.Dataset:
    """The same with units for the coordinates that have an index."""
    from pint_xarray import PintIndex

    for index, variables in ds.xindexes.group_by_index():
        if not set(variables) & set(units):
            continue
        plain = {
            name: variable.copy(deep=False)._replace(
                attrs={key: value for key, value in variable.attrs.items() if key != "units"}
            )
            for name, variable in variables.items()
        }
        quantified = PintIndex(index=index, units={name: units.get(name) for name in variables})
        coords = xr.Coordinates(
            quantified.create_variables(plain), indexes=dict.fromkeys(plain, quantified)
        )
        ds = ds.drop_vars(list(plain)).assign_coords(coords)
    return ds


def _quantities(ds: xr.Dataset) -> dict[Hashable, pint.Unit]:
    """Units of the variables and coordinates that are quantities."""
    if "pint" not in sys.modules:
        return {}  # nobody can have made one
    quantities = {name: _quantity(variable) for name, variable in ds.variables.items()}
    return {name: quantity.units for name, quantity in quantities.items() if quantity is not None}


def _quantity(variable: xr.Variable) -> Any:
    """The data of a variable if they are a quantity, a sample of it if it is inside of Dask."""
    import pint

    data: Any = variable._data  # variable.data would read a file
    for candidate in (data, getattr(data, "_meta", None)):
        if isinstance(candidate, pint.Quantity):
            return candidate
    return None


def _magnitude(block: Any) -> Any:
    return block.magnitude


def _unit_like(attrs: Mapping[Any, Any], like: pint.Unit) -> pint.Unit | None:
    """The unit that attributes tell, in the registry of another one."""
    text, difference = unit_of(attrs), is_difference(attrs)
    if text is None:
        return None
    if text == unit_text(like) and difference == str(like).startswith("delta_"):
        return like
    try:
        unit = read_unit(text)
        # Long names, "meter / second", are the same in every registry.
        registry: Any = like._REGISTRY
        same: pint.Unit = registry.Unit(f"{difference_of(unit) if difference else unit:D}")
    except Exception:  # a registry without that unit: the text stays
        return None
    return same
