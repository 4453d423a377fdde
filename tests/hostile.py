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
    new += ["a/b", "/", "xdsc/time", "..", "novelty", "variable", "metric", 0, np.str_("x"), b"t"]
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


def of_times(ds, rng):
    """Times as archives and careless joins leave them."""
    n = ds.sizes["time"]
    days = np.datetime64("2000-01-01") + np.arange(n)
    noleap = xr.date_range("2000", periods=n, calendar="noleap", use_cftime=True)
    gregorian = xr.date_range("2000", periods=n, use_cftime=True)
    hole = days.astype("M8[ns]")
    hole[n // 2 :][:1] = np.datetime64("NaT")
    made = [
        lambda: days.astype("M8[s]"),
        lambda: days.astype("M8[s]") + np.timedelta64(10**12, "s"),
        lambda: hole,
        lambda: np.array([*noleap[: n // 2], *gregorian[n // 2 :]], object),
        lambda: np.array([*gregorian[:-1], None], object)[:n],
        lambda: np.array([pd.Timestamp("2000", tz="UTC") + pd.Timedelta(days=i) for i in range(n)]),
        lambda: np.repeat(days.astype("M8[ns]"), 2)[:n],
        lambda: days.astype("M8[ns]")[np.random.default_rng(0).permutation(n)],
        lambda: np.arange(n, dtype="u8") * 86_400_000_000_000,
        lambda: np.arange(n) / 24,
        lambda: 20000101 + np.arange(n),
        lambda: xr.date_range("0001", periods=n, calendar="360_day", use_cftime=True),
        lambda: [str(day) for day in days],
        lambda: np.array(list(days.astype("O")), object),
    ][rng.integers(14)]()
    ds = ds.assign_coords(time=("time", made))
    if rng.integers(4) == 0:
        later = ds[["sp"]].assign_coords(time=days.astype("M8[ns]") + np.timedelta64(6, "h"))
        ds = xr.merge([ds[["t2m"]], later], join="outer")
    if rng.integers(4) == 0:
        ds.time.encoding = {"units": "days since the flood", "calendar": "julian", "dtype": "x"}
    return ds


def of_arrays(ds, rng):
    """Arrays of kinds that are rare in files and usual among users."""
    name = next(iter(ds.data_vars))
    values, dims = ds[name].values, ds[name].dims
    constant = values[:1].copy()
    holed = values.astype(object)
    holed[0] = None
    fixed = values.copy()
    fixed.setflags(write=False)
    made = [
        lambda: holed,
        lambda: fixed,
        lambda: np.broadcast_to(constant, values.shape),
        lambda: values.astype(">f4"),
        lambda: values.astype("f16"),
        lambda: values[::-1, ::-1].astype("f8", order="F"),
        lambda: values.astype([("a", "f4"), ("b", "i2")]),
        lambda: (values * 1e6).astype("m8[ns]"),
        lambda: np.ma.masked_all(values.shape),
        lambda: values.astype("i8") * 2**40,
        lambda: np.nextafter(values * 0 + 1, 2) * (1 + values * 1e-45),
        lambda: da.from_array(values, chunks=1),
        lambda: da.random.default_rng(0).normal(size=values.shape, chunks=(7, 3, 2)),
        lambda: np.where(np.arange(values.size).reshape(values.shape) % 2, values, -9999),
        lambda: values.astype("V4"),
        lambda: np.where(values > values.mean(), 1.8e308, values.astype("f8")),
    ][rng.integers(16)]()
    ds = ds.assign({name: (dims, made, ds[name].attrs)})
    return [
        lambda: ds,
        lambda: ds.transpose("longitude", "latitude", "time"),
        lambda: ds.isel(latitude=[0]),
        lambda: ds.isel(time=[0]),
        lambda: ds.isel(latitude=[1, 1, 0], longitude=[0, 3, 2]),
        lambda: ds * 0,
        lambda: ds.assign_attrs({f"a{i}": "x" * 1000 for i in range(1000)}),
        lambda: ds.drop_vars("latitude").assign_coords(lat=("latitude", da.arange(4) * 1.0)),
        lambda: ds.assign(cluster=("latitude", np.arange(ds.sizes["latitude"]))),
        lambda: ds.stack(cell=("latitude", "longitude")),
        lambda: ds.assign_coords(time2=("time", ds.time.values[::-1]), latitude2=1.0, number=[1]),
        lambda: ds.expand_dims(number=0),
    ][rng.integers(12)]()


DATASETS = (
    *(with_attributes, with_names, with_coordinate, with_sizes, with_values, lazy),
    *(of_times, of_arrays),
)


def drawn(ds, seed):
    """A Dataset, arguments of `fit`, and settings of a `Preprocessor` or None."""
    rng = np.random.default_rng(seed)
    given, settings = {"k": 3, "method": "kmeans"}, None
    for _ in range(int(rng.integers(1, 3))):
        kind = rng.integers(len(DATASETS) + 3)
        if kind < len(DATASETS):
            try:
                ds = DATASETS[kind](ds, rng)
            except Exception:
                continue
        elif kind == len(DATASETS):
            settings = {PREPARE[rng.integers(len(PREPARE))]: weird(rng)}
        else:
            given[FIT[rng.integers(len(FIT))]] = weird(rng)
    return ds, given, settings
