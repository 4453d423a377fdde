"""Datasets and arguments that nobody should give, drawn by a seed."""

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr

WEIRD = [
    *(None, True, False, 0, -1, 3, 10**9, 2**70, 0.5, float("nan"), float("inf"), 1j),
    *("", "x", "time", "latitude", "t2m", b"x", object(), len, int, print),
    *([], [[]], [1, 2], ["t2m"], ["t2m", ["t2m"]], ("t2m", 3), {}, {"x": 1}, {1: 2}, set()),
    *(np.array([1, 2]), np.array("x"), np.float32(2), np.datetime64("2000"), slice(2)),
    *(pd.Series([1, 2]), xr.DataArray([1, 2]), xr.Dataset(), Ellipsis, range(3)),
]
FIT = [
    *("k", "method", "preset", "preprocessor", "variables", "time", "lat", "lon", "member"),
    *("random_state", "memory_budget", "stream", "n_init", "n_components", "nonsense"),
]
PREPARE = [
    *("preset", "variables", "sel", "units", "deaccumulate", "resample", "gaps", "deseasonalize"),
    *("detrend", "filter", "season", "months", "scale", "area_weights", "variable_weights"),
    *("time", "lat", "lon", "member"),
]


def weird(rng, generators=True):
    if generators and rng.integers(12) == 0:
        return (name for name in ["t2m"])
    return WEIRD[rng.integers(len(WEIRD))]


def with_attributes(ds, rng):
    ds = ds.copy()
    names = [*ds.variables]
    where = ds if rng.integers(4) == 0 else ds[names[rng.integers(len(names))]]
    keys = ["units", "standard_name", "long_name", "axis", "positive", "bounds", "cell_methods"]
    keys += ["_FillValue", "missing_value", "flag_values", "ancillary_variables", "grid_mapping"]
    keys += ["coordinates", "calendar", "cell_measures", "xdsc_prepared", "units_metadata", "x"]
    for key in rng.choice(keys, 3):
        where.attrs[key] = weird(rng, generators=False)
    return ds


def with_names(ds, rng):
    names = [*ds.data_vars, *ds.dims]
    name = names[rng.integers(len(names))]
    new = [None, 3, ("a", "b"), 2.5, True, "", "a b", "\0", "cluster", frozenset("a"), "y", "_term"]
    return ds.rename({name: new[rng.integers(len(new))]})


def with_coordinate(ds, rng):
    dim = ["time", "latitude", "longitude"][rng.integers(3)]
    n = ds.sizes[dim]
    values = [
        lambda: [f"a{i}" for i in range(n)],
        lambda: pd.Categorical([f"a{i}" for i in range(n)]),
        lambda: pd.IntervalIndex.from_breaks(np.arange(n + 1)),
        lambda: pd.MultiIndex.from_arrays([range(n), range(n)], names=["p", "q"]),
        lambda: np.full(n, np.nan),
        lambda: np.zeros(n),
        lambda: np.arange(n) * 1j,
        lambda: np.arange(n) > 2,
        lambda: [object() for _ in range(n)],
        lambda: [None] * n,
        lambda: np.arange(n) * 1e300,
        lambda: pd.period_range("2000-01", periods=n, freq="M"),
        lambda: pd.date_range("2000", periods=n, tz="UTC"),
        lambda: pd.timedelta_range("1D", periods=n),
        lambda: np.array(["NaT"] * n, "M8[ns]"),
        lambda: pd.date_range("2000", periods=n)[::-1],
        lambda: np.arange(n, dtype="uint8"),
        lambda: [np.inf] * n,
    ]
    made = values[rng.integers(len(values))]()
    if isinstance(made, pd.MultiIndex):
        return ds.drop_vars(dim).assign_coords(xr.Coordinates.from_pandas_multiindex(made, dim))
    return ds.assign_coords({dim: made})


def with_sizes(ds, rng):
    dim = ["time", "latitude", "longitude"][rng.integers(3)]
    n = int(rng.integers(3))
    return [
        lambda: ds.isel({dim: slice(n)}),
        lambda: ds.isel({dim: 0}),
        lambda: ds.isel({dim: 0}, drop=True),
        lambda: ds.drop_vars(dim),
        lambda: ds.expand_dims("z"),
        lambda: ds.expand_dims(z=3),
        lambda: ds.drop_vars([*ds.data_vars]),
        lambda: xr.concat([ds, ds], "time"),
    ][rng.integers(8)]()


def with_values(ds, rng):
    names = [*ds.data_vars]
    name = names[rng.integers(len(names))]
    values, dims = ds[name].values, ds[name].dims
    return ds.assign(
        {
            name: (
                dims,
                [
                    lambda: values.astype(str),
                    lambda: values.astype(object),
                    lambda: values.astype("c8"),
                    lambda: values > 0,
                    lambda: values * np.nan,
                    lambda: np.where(values > values.mean(), np.inf, values),
                    lambda: values * 1e36,
                    lambda: values.astype("f8") * 1e300,
                    lambda: values.astype("f2"),
                    lambda: values.astype("M8[ns]"),
                    lambda: values * 0,
                    lambda: values.astype("i1"),
                    lambda: np.ma.masked_less(values, 0),
                    lambda: np.full(values.shape, None),
                ][rng.integers(14)](),
                ds[name].attrs,
            )
        }
    )


def lazy(ds, rng):
    ds = ds.chunk(time=5)
    name = next(iter(ds.data_vars))
    data, dims = ds[name].data, ds[name].dims

    def lost(block):
        raise OSError("a lost chunk")

    made = [
        lambda: data[da.from_array(np.arange(len(data)) < 50)],
        lambda: da.map_blocks(lambda b: b[:2], data, dtype=data.dtype, chunks=data.chunks),
        lambda: da.map_blocks(lambda b: b.astype(str), data, dtype=data.dtype),
        lambda: da.map_blocks(lambda b: "x", data, dtype=data.dtype),
        lambda: da.map_blocks(lambda b: None, data, dtype=data.dtype),
        lambda: da.map_blocks(lambda b: b[None], data, dtype=data.dtype),
        lambda: da.map_blocks(lost, data, dtype=data.dtype, meta=data._meta),
        lambda: data.rechunk((1, -1, 2)),
    ][rng.integers(8)]()
    try:
        ds = ds.assign({name: (dims, made)})
    except ValueError:
        return ds
    if rng.integers(3) == 0:
        ds = ds.assign_coords(extra=("time", da.arange(ds.sizes["time"])))
    return ds


DATASETS = (with_attributes, with_names, with_coordinate, with_sizes, with_values, lazy)


def drawn(ds, seed):
    """A Dataset, arguments of `fit`, and settings of a `Preprocessor` or None."""
    rng = np.random.default_rng(seed)
    given, settings = {"k": 3, "method": "kmeans"}, None
    for _ in range(int(rng.integers(1, 3))):
        kind = rng.integers(9)
        if kind < len(DATASETS):
            try:
                ds = DATASETS[kind](ds, rng)
            except Exception:
                continue
        elif kind == 8:
            settings = {PREPARE[rng.integers(len(PREPARE))]: weird(rng)}
        else:
            given[FIT[rng.integers(len(FIT))]] = weird(rng)
    return ds, given, settings
