"""Forecasts: whether the time axis is when fields are valid, or when forecasts begin."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.cf.axes.coordinates import TIME_NAMES, is_dates, or_renamed
from xdsc.cf.dataset import text_of
from xdsc.errors import InputError, message

_VALID_NAMES = ("valid_time", "validity_time", "verification_time")
_START_NAMES = (
    "forecast_reference_time",
    "reference_time",
    "reftime",
    "init",
    "init_time",
    "initial_time",
    "initialization_time",
    "start",
    "start_date",
    "start_time",
)
# Counted from 1 for the month that a forecast begins in.
_MONTH_NAMES = ("forecastmonth", "leadtime_month")
_LEAD_NAMES = (
    *_MONTH_NAMES,
    "lead_month",
    "forecast_hour",
    "forecasthour",
    "fcst_hour",
    "leadtime_hour",
    "step",
    "lead",
    "lead_time",
    "leadtime",
    "forecast_period",
    "prediction_timedelta",
)


def check_valid_time(ds: xr.Dataset, time: str) -> None:
    """Check that a time dimension is not the start of forecasts, which are valid later.

    Season, climatology and calendar go by the time that fields are valid at.

    Parameters
    ----------
    ds : Dataset
        With the dimension `time`, which has a coordinate. Of the data nothing is read.
    time : str
        The dimension that was found.

    Raises
    ------
    InputError
        Coordinates along it, or a lead time, say that fields are valid at other times.
    """
    if time.lower() in _VALID_NAMES:
        return
    along = [
        str(name)
        for name, coordinate in ds.coords.items()
        if name != time and coordinate.dims == (time,) and coordinate.dtype.kind in "MO"
    ]
    along = [name for name in along if is_dates(ds[name])]
    starts = _is_start(ds[time])
    valid = [name for name in along if _is_valid(ds[name], of_starts=starts)]
    for name in valid:
        if not _same(ds[name], ds[time]):
            raise InputError(
                message(
                    "a time dimension of when fields are valid",
                    f"{time!r}, of when forecasts begin, with {name!r} along it",
                    f"make that the dimension, ds.swap_dims({time}={name!r}); or, if {time!r} is "
                    f"meant, say time={time!r}, or leave the other out, ds.drop_vars({name!r})",
                )
            )
    lead = _lead(ds)
    if valid:
        return
    if lead is None:
        if starts and time.lower() not in ("time", "t") and not _leads(ds):
            raise InputError(
                message(
                    "a time dimension of when fields are valid",
                    f"{time!r}, of when forecasts begin, and nothing of their lead time",
                    f"add it, here of 5 days, ds.assign_coords(valid_time=ds[{time!r}] + "
                    f"np.timedelta64(5, 'D')).swap_dims({time}='valid_time'); or, if {time!r} is "
                    f"meant, say time={time!r}" + or_renamed(ds, time, TIME_NAMES[0]),
                )
            )
        return
    if any(_begins(ds[name], ds[time], ds[lead]) for name in along):
        return
    length, added = _length(ds[lead], time)
    raise InputError(
        message(
            "a time dimension of when fields are valid",
            f"{time!r} with {lead!r} of {length}, as of forecasts by their start",
            f"add it, ds.assign_coords(valid_time={added}).swap_dims({time}='valid_time'); or, if "
            f"{time!r} is that already, ds.drop_vars({lead!r})",
        )
    )


def _is_start(coordinate: xr.DataArray) -> bool:
    """Whether a coordinate says that it is when forecasts begin."""
    attrs, name = coordinate.attrs, str(coordinate.name).lower()
    if attrs.get("standard_name") == "forecast_reference_time":
        return True
    words = str(attrs.get("long_name", "")).lower()
    return name in _START_NAMES or "initial time" in words or "reference time" in words


def _begins(coordinate: xr.DataArray, time: xr.DataArray, lead: xr.DataArray) -> bool:
    """Whether a coordinate along the time dimension is when forecasts begin, so time is valid."""
    if _is_start(coordinate):
        return True
    if lead.dtype.kind != "m":
        return False
    numbers = coordinate.dtype.kind == time.dtype.kind == "M"
    return numbers and bool((coordinate.values + lead.values == time.values).all())


def _is_valid(coordinate: xr.DataArray, *, of_starts: bool) -> bool:
    """Whether a coordinate along the time dimension says that it is when fields are valid."""
    # By its name first: what is calculated from starts often keeps their attributes.
    named = str(coordinate.name).lower() in _VALID_NAMES
    if not named and _is_start(coordinate):
        return False
    # NEMO has a second `standard_name="time"`, the centre of a month: no forecast.
    return named or (of_starts and coordinate.attrs.get("standard_name") == "time")


def _leads(ds: xr.Dataset) -> list[str]:
    """Names of single lead times, 0 or not."""
    return [
        str(name)
        for name, coordinate in ds.coords.items()
        if coordinate.ndim == 0
        and (
            coordinate.attrs.get("standard_name") == "forecast_period"
            or str(name).lower() in _LEAD_NAMES
        )
    ]


def _lead(ds: xr.Dataset) -> str | None:
    """Name of a lead time of all fields that is not 0."""
    for name in _leads(ds):
        values = ds[name].values
        if values.dtype.kind == "m" and not np.isnat(values) and values != np.timedelta64(0):
            return name
        if values.dtype.kind in "iuf" and np.isfinite(values):
            if name == "step" and not _in_time(ds[name]):  # any number of anything
                continue
            if _in_months(ds[name]):
                if _months(ds[name]):
                    return name
            elif values != 0:
                return name
    return None


def _in_time(lead: xr.DataArray) -> bool:
    told = lead.attrs.get("standard_name") == "forecast_period"
    units = text_of(lead.attrs, "units").lower()
    return told or any(unit in units for unit in ("hour", "day", "month", "min", "sec"))


def _in_months(lead: xr.DataArray) -> bool:
    return "month" in f"{lead.name} {text_of(lead.attrs, 'units')}".lower()


def _months(lead: xr.DataArray) -> int:
    """Whole months of a lead time in months, which may be counted from 1 or be those of middles."""
    months = int(np.floor(float(lead.values)))
    return months - (str(lead.name).lower() in _MONTH_NAMES)


def _length(lead: xr.DataArray, time: str) -> tuple[str, str]:
    """How long a lead time is, in words, and the code for starts with it added."""
    if lead.dtype.kind == "m":
        hours = float(lead.values / np.timedelta64(1, "h"))
        readable = f"{hours:g} hours" if hours < 48 else f"{hours / 24:g} days"
        return readable, f"ds[{time!r}] + ds[{str(lead.name)!r}]"
    if _in_months(lead):
        months = _months(lead)
        shifted = f"[start + pd.DateOffset(months={months}) for start in ds.indexes[{time!r}]]"
        return f"{months} months", f"({time!r}, {shifted})"
    units = text_of(lead.attrs, "units").lower()
    unit = next((unit for unit in ("minute", "second", "day") if unit in units), "hour")
    unit = "day" if units in ("d", "days") or "day" in str(lead.name).lower() else unit
    number = float(lead.values)
    return (
        f"{number:g}" + (f" {units}" if units else ""),
        f"ds[{time!r}] + pd.Timedelta({unit}s={number:g})",
    )


def _same(one: xr.DataArray, other: xr.DataArray) -> bool:
    return bool(one.to_index().equals(other.to_index()))
