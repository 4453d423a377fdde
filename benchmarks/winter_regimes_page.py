"""The page that `winter_regimes.py` writes: what each step says of the winters of a region."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

TEMPLATE = Path(__file__).with_suffix(".md")


def page(ds: xr.Dataset, found: dict[str, Any]) -> str:
    """Markdown of the whole page."""
    names = [str(name).replace("_", " ") for name in found["frequency"].regime_name.values]
    fields = (
        {
            "first": str(ds.time.values[0])[:10],
            "last": str(ds.time.values[-1])[:10],
            "names": ", ".join(f'"{name}"' for name in names),
            "n_days": int((ds.cluster >= 0).sum()),
            "agreement": found["agreement"],
        }
        | _often(found["frequency"], found["trend"].squeeze("season"), names)
        | _long(found["persistence"], names)
        | {"follows": _follows(found["transitions"], names)}
        | _strong(found, names)
        | {"temperature": _temperature(found["composites"], found["t"], names)}
        | {"change": _change(found["decompose"])}
    )
    return TEMPLATE.read_text(encoding="utf-8").format(**fields)


def _often(whole: xr.Dataset, trend: xr.Dataset, names: list[str]) -> dict[str, Any]:
    inside = trend.in_trend.values
    share = 100 * trend.frequency.values[inside]
    largest = int(np.abs(trend.trend.values).argmax())
    below = [name for name, p in zip(names, trend.p_value.values, strict=True) if p < 0.05]
    p = ", ".join(f"{value:.2f}" for value in trend.p_value.values)
    verdict = f"None of the p-values of Mann-Kendall's test is below 0.05 ({p})."
    if below:
        verdict = (
            f"Mann-Kendall's test has p < 0.05 for {_and(below)} ({p}), of four tests, of which "
            "one in five such sets has one by chance."
        )
    rows = [
        [name, f"{100 * f:.0f} %", int(n), f"{share[:, i].min():.0f} to {share[:, i].max():.0f} %"]
        for i, (name, f, n) in enumerate(
            zip(names, whole.frequency.values, whole.n_frames.values, strict=True)
        )
    ]
    return {
        "n_winters": int(inside.sum()),
        "frequency": _table(["regime", "of winter days", "days", "of a winter"], rows),
        "least": share.min(),
        "most": share.max(),
        "slope": _signed(100 * trend.trend.values[largest], 0),
        "trend_low": _signed(100 * trend.trend_low.values[largest], 0),
        "trend_high": _signed(100 * trend.trend_high.values[largest], 0),
        "largest": names[largest],
        "trends": verdict,
    }


def _long(found: xr.Dataset, names: list[str]) -> dict[str, Any]:
    rows = [
        [
            names[i],
            int(found.n_events[i]),
            f"{float(found.mean_duration[i]):.1f}",
            f"{float(found.longest_duration[i]):.0f}",
            f"{float(found.self_transition[i]):.2f}",
            f"{float(found.p_value[i]):.3f}",
        ]
        for i in range(len(names))
    ]
    kept = [name for name, p in zip(names, found.p_value.values, strict=True) if p < 0.05]
    memory = "Durations of none of the four can be told from that law."
    if kept:
        memory = f"The law does not hold for {_and(kept)} at 0.05: look at which durations differ."
    header = ["regime", "events", "mean (days)", "longest", "to stay a day", "p, geometric"]
    return {
        "persistence": _table(header, rows),
        "memory": memory,
        "n_censored": int(found.n_censored.sum()),
    }


def _follows(found: xr.Dataset, names: list[str]) -> str:
    rows = []
    for i, j in np.ndindex(len(names), len(names)):
        cell = found.isel(from_cluster=i, to_cluster=j)
        if float(cell.p_adjusted) < 0.05:
            more = float(cell.p_more) < float(cell.p_less)
            rows.append(
                [
                    f"{names[i]} → {names[j]}",
                    "more" if more else "less",
                    int(cell.n_transitions),
                    f"{float(cell.n_expected):.0f}",
                    f"{float(cell.p_adjusted):.3f}",
                ]
            )
    if not rows:
        return "No pair is left where false discoveries are controlled at 0.05."
    header = ["transition", "than by chance", "times", "by chance", "adjusted p"]
    return _table(header, rows)


def _strong(found: dict[str, Any], names: list[str]) -> dict[str, Any]:
    index = found["index"].regime_index
    values = index.values[np.isfinite(index.values).all(axis=1)]
    r = np.corrcoef(values.T)
    pairs = sorted({tuple(sorted((i, int(r[i].argmin())))) for i in range(len(names))})
    opposite = [
        f"those of {names[i]} and {names[j]} have a correlation of {_signed(r[i, j], 2)}"
        for i, j in pairs
    ]
    events, states = found["events"], found["states"]
    labels = states.values[states.values >= 0]
    none = 100 * float((labels == states.attrs["flag_values"][-1]).mean())
    rows = []
    for number, name in zip(found["frequency"].cluster.values, names, strict=True):
        mine = events.isel(event=(events.cluster == number).values)
        rows.append(
            [
                name,
                mine.sizes["event"],
                f"{float(mine.duration.mean()):.1f}",
                f"{float(mine.duration.max()):.0f}",
                f"{float(mine.maximum.mean()):.1f}",
            ]
        )
    header = ["regime", "life cycles", "mean (days)", "longest", "mean maximum"]
    return {
        "weak": 100 * float((values.max(axis=1) < 1).mean()),
        "opposite": _and(opposite),
        "life_cycles": _table(header, rows),
        "fewest": min(row[1] for row in rows),
        "most_cycles": max(row[1] for row in rows),
        "in_events": 100 - none,
        "no_regime": none,
    }


def _temperature(field: xr.Dataset, quick: xr.Dataset, names: list[str]) -> str:
    rows = []
    for i, name in enumerate(names):
        anomaly = field.t850_anomaly.isel(cluster=i)
        one, other = (part.t850_significant.isel(cluster=i).values for part in (field, quick))
        rows.append(
            [
                name,
                f"{_signed(float(anomaly.min()), 1)} to {_signed(float(anomaly.max()), 1)} K",
                f"{100 * one.mean():.0f} %",
                f"{100 * other.mean():.0f} %",
                f"{100 * (one == other).mean():.0f} %",
            ]
        )
    header = ["regime", "anomaly", "significant: bootstrap", "t-test", "both say the same"]
    return _table(header, rows)


def _change(found: xr.Dataset) -> str:
    value, low, high = (float(found[f"change{end}"]) for end in ("", "_low", "_high"))
    parts = {name: _signed(float(found.total.sel(part=name)), 2) for name in found.part.values}
    verdict = (
        "The interval has 0 in it: these winters do not tell whether there was a change, and "
        "still less what it was due to."
        if low < 0 < high
        else "The interval does not have 0 in it; but two sets of few winters tell nothing of a "
        "trend."
    )
    return (
        "The later winters have a mean of `t850` over the region that is different by "
        f"{_signed(value, 2)} K, with an interval of {_signed(low, 2)} to {_signed(high, 2)} K "
        f"from the bootstrap over winters. Other frequencies of the regimes give "
        f"{parts['frequency']} K of it, other weather within them {parts['within']} K, and both "
        f"together {parts['interaction']} K. {verdict}"
    )


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
