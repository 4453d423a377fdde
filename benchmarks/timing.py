"""Time of `fit(k=7)` on the paper's size (365 × 41 × 41 × 7), whole and per epoch.

    python benchmarks/timing.py compact paper --epochs 2

With --epochs N the run has N epochs of pretraining and at most N of joint training; without it, the
defaults. The time of an epoch is the difference of two runs of other lengths, so that what happens
once (tracing, k-means) does not count.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import xdsc


def seconds(network: str, window: int, epochs: int | None) -> tuple[float, int]:
    """Wall time of a fit and the number of epochs it had."""
    ds = xdsc.tutorial.open_dataset("era5_like")
    given = {} if epochs is None else {"pretrain_epochs": epochs, "epochs": epochs}
    begin = time.perf_counter()
    fitted = ds.dsc.fit(
        k=7, network=network, window=window, random_state=0, progress=False, **given
    )
    return time.perf_counter() - begin, fitted.dsc.history.sizes["epoch"] - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["compact", "paper"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--window", type=int, default=1)
    args = parser.parse_args()
    for network in args.networks:
        short, few = seconds(network, args.window, 1)
        whole, many = seconds(network, args.window, args.epochs)
        print(
            f"{network}, window {args.window}: {whole:.0f} s for {many} epochs, "
            f"{(whole - short) / (many - few):.2f} s an epoch",
            flush=True,
        )


if __name__ == "__main__":
    main()
