"""Find the fitted variables in a Dataset that calls them otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.axes.coordinates import cell_bounds
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.preprocessing.carry.levels import pressure_of


@dataclass(frozen=True)
class Wanted:
    """A fitted variable: its name, and the attributes that tell what it is.

    Attributes
    ----------
    name : str
        In the fitted Dataset.
    standard_name, long_name : str or None
        Its attributes there.
    pressure : float or None
        That of its single level in hPa; None where it is on none, or nothing says so.
    """

    name: str
    standard_name: str | None = None
    long_name: str | None = None
    pressure: float | None = None

    @classmethod
    def of(cls, variable: xr.DataArray) -> Wanted:
        """What a variable of the fitted Dataset is known by."""
        standard_name, long_name = (_text(variable, key) for key in _KEYS)
        return cls(str(variable.name), standard_name, long_name, pressure_of(variable))

    def state(self) -> dict[str, str | float | None]:
        """All of it as JSON; without the pressure, as in older files, where there is none."""
        return {k: v for k, v in asdict(self).items() if k != "pressure" or v is not None}


_KEYS = ("standard_name", "long_name")


def match_variables(
    ds: xr.Dataset,
    axes: Axes,
    wanted: Sequence[Wanted],
    names: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Give variables their fitted names.

    A fitted variable is, in this order: the one that `names` says; the one of the same name; the
    only one on time and space with the same ``standard_name`` (of several the only one with the
    same ``long_name`` as well) that is no other fitted variable by name.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`.
    axes : Axes
        Of `ds`.
    wanted : sequence of Wanted
        The fitted variables.
    names : mapping of str to str, optional
        Fitted name -> name in `ds`, for any of them.

    Returns
    -------
    Dataset
        `ds` with these variables renamed, the same object where no name changes. Another variable
        that has one of the fitted names is left out.

    Raises
    ------
    ParameterError
        `names` has names that are not there; told with all else that is wrong.
    InputError
        With every variable that is missing or ambiguous.
    """
    mapping = _checked(names)
    problems, bad_mapping = Problems(), Problems()
    sources: dict[str, str] = {}
    with bad_mapping.collect():
        sources = _explicit(ds, wanted, mapping)
    for want in wanted:
        if want.name not in mapping and want.name in ds.data_vars:
            sources.setdefault(want.name, want.name)
    taken = {*sources.values(), *mapping.values()}
    for want in wanted:
        if want.name not in sources and want.name not in mapping:
            with problems.collect():
                sources[want.name] = _by_standard_name(ds, axes, want, taken)
    for texts in _shared(sources):
        problems.add(texts)
    with problems.collect():
        _check_free(ds, axes, sources)
    if bad_mapping:
        with bad_mapping.collect():
            problems.raise_if_any(InputError)
        bad_mapping.raise_if_any(ParameterError)
    problems.raise_if_any(InputError)
    return _renamed(ds, sources)


def check_names_given(
    names: Mapping[str, str] | None, wanted: Sequence[Wanted], ds: xr.Dataset
) -> None:
    """Raise `ParameterError` with all that is wrong with a mapping of names."""
    _explicit(ds, wanted, _checked(names))


def _checked(names: Mapping[str, str] | None) -> dict[str, str]:
    if names is None:
        return {}
    given: object = names
    if not isinstance(given, Mapping):
        raise ParameterError(
            message(
                "names= to be a mapping, fitted name -> name in the Dataset",
                f"a {type(given).__name__}",
                "write it as names={'t2m': 'tas'}",
            )
        )
    return dict(names)


def _explicit(ds: xr.Dataset, wanted: Sequence[Wanted], names: dict[str, str]) -> dict[str, str]:
    """Fitted name -> name in the Dataset, as `names` says."""
    problems = Problems()
    fitted = [want.name for want in wanted]
    for name, source in names.items():
        if name not in fitted:
            remedy = (
                f"turn it round, names={{{source!r}: {name!r}}}"
                if source in fitted
                else "correct the name, or leave it out"
            )
            problems.add(
                message(f"fitted variables {fitted} as keys of names=", f"{name!r}", remedy)
            )
        elif source not in ds.data_vars:
            problems.add(
                message(
                    f"a variable of the Dataset for {name!r} in names=",
                    f"{source!r}",
                    f"choose from {list(ds.data_vars)}",
                )
            )
    for text in _shared(names):
        problems.add(text)
    problems.raise_if_any(ParameterError)
    return dict(names)


def _by_standard_name(ds: xr.Dataset, axes: Axes, want: Wanted, taken: set[str]) -> str:
    """Name of the one variable on time and space that is the same quantity."""
    bounds = cell_bounds(ds)
    fields = [
        str(name)
        for name, values in ds.data_vars.items()
        if {axes.time, *axes.space} <= set(values.dims) and name not in bounds and name not in taken
    ]
    alike = [
        n for n in fields if want.standard_name and _text(ds[n], _KEYS[0]) == want.standard_name
    ]
    exact = [n for n in alike if want.long_name and _text(ds[n], _KEYS[1]) == want.long_name]
    for found in (alike, exact):
        if len(found) == 1:
            return found[0]
    known = f" or of standard_name {want.standard_name!r}" if want.standard_name else ""
    choice = alike or fields
    raise InputError(
        message(
            f"one variable called {want.name!r}{known}",
            f"{choice or 'none'}" + " with this standard_name" * bool(alike),
            f"pass names={{{want.name!r}: {choice[0]!r}}}, or another of them"
            if choice
            else f"add {want.name!r} to the Dataset",
        )
    )


def _shared(sources: Mapping[str, str]) -> list[str]:
    """What to tell where two fitted variables would be the same one."""
    users: dict[str, list[str]] = {}
    for name, source in sources.items():
        users.setdefault(source, []).append(name)
    return [
        message(
            f"a variable of its own for each of {names}",
            f"{source!r} alone",
            f"pass names= with another one for {' or '.join(map(repr, names))}",
        )
        for source, names in users.items()
        if len(names) > 1
    ]


def _check_free(ds: xr.Dataset, axes: Axes, sources: Mapping[str, str]) -> None:
    """Check that no dimension or axis has the name of a variable."""
    needed = {axes.time, *axes.space, axes.latitude, axes.longitude, axes.member, *ds.dims}
    problems = Problems()
    for name, source in sources.items():
        if name != source and name in needed:
            problems.add(
                message(
                    f"{name!r} to be free for the variable {source!r}",
                    f"a dimension or an axis {name!r}",
                    f"rename that one, ds.rename({{{name!r}: {name + '_axis'!r}}})",
                )
            )
    problems.raise_if_any(InputError)


def _renamed(ds: xr.Dataset, sources: Mapping[str, str]) -> xr.Dataset:
    """The Dataset with `sources` under their fitted names."""
    rename = {source: name for name, source in sources.items() if source != name}
    if not rename:
        return ds
    in_the_way = [name for name in rename.values() if name in ds.variables and name not in rename]
    return ds.drop_vars(in_the_way).rename_vars(rename)


def _text(variable: xr.DataArray, key: str) -> str | None:
    """An attribute that says something; the Climate Data Store writes "unknown" where none does."""
    value = variable.attrs.get(key)
    return value if isinstance(value, str) and value not in ("", "unknown") else None
