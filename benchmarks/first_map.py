"""Seconds from `import xdsc` to the first map of the README's example, and lines of noise.

    python benchmarks/first_map.py

A fresh process runs the lines; what it prints besides them and the progress bar is noise.
"""

from __future__ import annotations

import os
import subprocess
import sys

LINES = """
import time
begin = time.perf_counter()
import xdsc
ds = xdsc.tutorial.open_dataset("era5_like", n_times=400, n_lat=12, n_lon=12, n_regimes=4)
ready = time.perf_counter()
ds = ds.dsc.fit(k=4, preset="weather-regimes", season="DJF", random_state=0, progress=False)
fitted = time.perf_counter()
ds.dsc.plot.composites("t2m").canvas.draw()
drawn = time.perf_counter()
print(f"import and data {ready - begin:.1f} s, fit {fitted - ready:.1f} s, "
      f"map {drawn - fitted:.1f} s, together {drawn - begin:.1f} s; "
      f"CPU {time.process_time():.1f} s")
"""


def main() -> None:
    # What users have set, but not what silences TensorFlow.
    own = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", LINES],
        env=own | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    *noise, times = [*done.stderr.splitlines(), *done.stdout.splitlines()]
    print(times)
    print(f"lines of noise: {len(noise)}", *noise, sep="\n  ")


if __name__ == "__main__":
    main()
