"""How much of the data is filled with a mean, which is told, and where that comes from."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.cf.calendar import describe_times, second_of_day
from xdsc.errors import InputError, Problems, message, warn_user
from xdsc.preprocessing.block import TIME, samples

#: Shares of the values of a variable that are filled, from which on a fit warns and refuses.
WARN_FILLED, REFUSE_FILLED = 0.05, 0.5

# So much of what is filled is in time steps without any value where these are the cause.
_WHOLE_STEPS = 0.9


def check_filled(
    report: xr.Dataset, per_frame: xr.Dataset, missing: xr.DataArray, time: str
) -> None:
    """Tell of variables much of which a fit has filled with a mean.

    Parameters
    ----------
    report : Dataset, (variable,)
        From `gap_report`.
    per_frame : Dataset of int, ([member,] time)
        Number of values of each variable in each frame.
    missing : DataArray of bool, ([member,] time)
        The missing frames, which are not filled.
    time : str
        What the time dimension is called.

    Raises
    ------
    InputError
        Half of the values of a variable or more.

    Warns
    -----
    XdscWarning
        A twentieth or more.
    """
    problems = Problems()
    for name in report["variable"].values.tolist():
        of = report.sel(variable=name)
        filled = int(of["filled"])
        share = filled / max(filled + int(of["observed"]) + int(of["interpolated"]), 1)
        if share < WARN_FILLED:
            continue
        numbers = per_frame[name].where(~missing)
        empty = int((numbers == 0).sum()) * int(per_frame[name].max())
        where, remedy = ", scattered in time and space", _fill_or_leave_out(name, time)
        if empty > _WHOLE_STEPS * filled:
            where, remedy = _whole_steps(name, per_frame, time)
        text = message(
            f"values of {name!r}",
            f"{share:.0%} of them missing{where}, and so filled with a mean",
            remedy,
        )
        if share >= REFUSE_FILLED:
            problems.add(text)
        else:
            warn_user(text)
    problems.raise_if_any(InputError)


def check_kept(per_frame: xr.Dataset, missing: xr.DataArray, time: str) -> None:
    """Raise for variables whose values are all in missing frames, which lack the other variables.

    Parameters
    ----------
    per_frame, missing, time
        As for `check_filled`.
    """
    problems = Problems()
    for name, numbers in per_frame.items():
        total = int(numbers.sum())
        if total and not int(numbers.where(~missing, 0).sum()):
            where, remedy = _whole_steps(str(name), per_frame, time)
            problems.add(
                message(
                    f"values of {name!r} at time steps that have the other variables as well",
                    f"its {total} values at time steps that lack most of these{where}",
                    remedy,
                )
            )
    problems.raise_if_any(InputError)


def _whole_steps(name: str, per_frame: xr.Dataset, time: str) -> tuple[str, str]:
    """Where a variable is that has no value at whole time steps, and what to do about it."""
    there = per_frame[name] > 0
    there = there.any([dim for dim in samples(there) if dim != TIME])
    with_it, without = (np.unique(second_of_day(there[TIME][keep])) for keep in (there, ~there))
    if not np.intersect1d(with_it, without).size:
        have, lack = describe_times(with_it.tolist()), describe_times(without.tolist())
        where = f": it has them at {have}, other variables at {lack}"
        return where, f"bring them to the same times, ds.resample({time}='1D').mean()"
    others = [other for other in per_frame if other != name]
    if others and not any(bool((there & (per_frame[other] > 0)).any()) for other in others):
        remedy = f"bring all variables to the same times, e.g. ds.resample({time}='MS').mean()"
        return ", at whole time steps, where other variables are", remedy
    there_alone = f"ds.dropna({time!r}, how='all', subset=[{name!r}])"
    remedy = f"select the times that have it, {there_alone}, or leave {name!r} out"
    return ", at whole time steps", remedy


def _fill_or_leave_out(name: str, time: str) -> str:
    return (
        f"fill them by what you know, e.g. ds[{name!r}].interpolate_na({time!r}), select the cells "
        f"that have them, or leave {name!r} out"
    )
