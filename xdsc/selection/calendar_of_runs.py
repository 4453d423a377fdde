"""Which runs of a comparison have found the calendar instead of regimes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from xdsc.calendar_share import CalendarShare, calendar_shares, remedy_against
from xdsc.comparable import percent_of
from xdsc.errors import message

_RUN = "xdsc/run"


def with_calendar(result: xr.Dataset) -> xr.Dataset:
    """Add ``calendar`` to a comparison, on the dimensions of its runs: "62% month", or ""."""
    labels = result["labels"]
    runs = result["n_clusters"].dims
    flat = labels.stack({_RUN: runs}, create_index=False).transpose(_RUN, *labels.dims[len(runs) :])
    flat = flat.reset_coords(drop=True)
    # The runs of a method that draws no random numbers, or finds one optimum, are the same.
    different, which = np.unique(
        flat.values.reshape(flat.sizes[_RUN], -1), axis=0, return_index=True, return_inverse=True
    )[1:]
    words = np.array([_words(calendar_shares(flat.isel({_RUN: int(i)}))) for i in different])
    text = "what month or time of day say of the information in the labels, where that is telling"
    found = words[which.ravel()].reshape([result.sizes[dim] for dim in runs])
    return result.assign(calendar=(runs, found, {"long_name": text}))


def calendar_advice(result: xr.Dataset, *, deseasonalized: bool) -> str | None:
    """What to tell of a comparison from `with_calendar`; None where no run follows the calendar."""
    told: list[str] = []
    parts: set[str] = set()
    for name in result["method"].values.tolist():
        runs = result["calendar"].sel({"method": name}).values.ravel().tolist()
        if telling := [words for words in runs if words]:
            parts |= {part for part in ("month", "hour") if any(part in w for w in telling)}
            most = max(telling, key=percent_of)
            told.append(f"{name!r} in {len(telling)} of {len(runs)} runs (up to {most})")
    if not told:
        return None
    return message(
        "regimes that are not the calendar",
        f"labels whose information is much of it the month or time of day: {', '.join(told)}",
        remedy_against(sorted(parts), deseasonalized=deseasonalized),
    )


def _words(shares: Sequence[CalendarShare]) -> str:
    return ", ".join(f"{share.share:.0%} {share.part}" for share in shares if share.is_telling)
