"""Find the planted regimes of the tutorial Dataset: what `make demo` runs."""

import os
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import xarray as xr

import xdsc

N_REGIMES = 7
SEED = 0
FIGURES = Path(__file__).resolve().parents[1] / "demo"


def agreement(ds: xr.Dataset) -> float:
    """Adjusted Rand index of the labels and the planted regimes."""
    return ds.dsc.score(metrics="adjusted_rand_index", truth="regime").score.item()


def most_telling(ds: xr.Dataset) -> str:
    """Name of the variable of whose variance in time the regimes explain most."""
    composites = ds.dsc.composites()
    explained = {
        name: float(
            (composites.frequency * composites[f"{name}_anomaly"] ** 2).sum("cluster").mean()
            / ds[name].var("time").mean()
        )
        for name in ds.data_vars
    }
    return max(explained, key=explained.__getitem__)


def main() -> None:
    raw = xdsc.tutorial.open_dataset("era5_like")
    print(f"Looking for {N_REGIMES} regimes in", dict(raw.sizes), flush=True)
    # What the annual cycle leaves; and a bar of redrawn lines is no use in the log of a machine.
    settings = {"k": N_REGIMES, "deseasonalize": True, "random_state": SEED}
    ds = raw.dsc.fit(**settings, progress=not os.environ.get("CI"))

    print("\nThe labelled Dataset:\n")
    print(ds)

    print("\nTime steps in each regime:\n")
    sizes = ds.cluster.to_series().value_counts().sort_index()
    print("\n".join(f"  regime {label}: {n:4d}" for label, n in sizes.items()))

    print("\nAgreement with the planted regimes (adjusted Rand index; 1 is all, 0 is chance):\n")
    print(f"  DSC      {agreement(ds):.2f}")
    kmeans = raw.dsc.fit(**settings, method="kmeans")
    print(f"  k-means  {agreement(kmeans):.2f}")

    variable = most_telling(ds)
    figures = {
        f"composites-{variable}.png": ds.dsc.plot.composites(variable),
        "timeline.png": ds.dsc.plot.timeline(),
        "embedding.png": ds.dsc.plot.embedding(),
        "history.png": ds.dsc.plot.history(),
    }
    FIGURES.mkdir(exist_ok=True)
    print("\nFigures:\n")
    for name, figure in figures.items():
        figure.savefig(FIGURES / name, dpi=120, bbox_inches="tight")
        print(f"  {FIGURES / name}")


if __name__ == "__main__":
    main()
