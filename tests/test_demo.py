"""What `make demo` runs, on a Dataset that is smaller than its own."""

import importlib.util
from functools import partial
from pathlib import Path

import pytest

import xdsc

DEMO = Path(__file__).resolve().parents[1] / "docs" / "demo.py"


@pytest.mark.slow
def test_the_demo_runs_through_and_writes_the_figures_it_names(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("Agg")
    spec = importlib.util.spec_from_file_location("demo", DEMO)
    demo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    small = partial(xdsc.tutorial.open_dataset, n_times=365, n_lat=5, n_lon=5)
    # So few days of each begin with k-means, which is quick.
    monkeypatch.setattr(demo, "N_REGIMES", 10)
    monkeypatch.setattr(xdsc.tutorial, "open_dataset", small)
    monkeypatch.setattr(demo, "FIGURES", tmp_path)
    monkeypatch.setenv("CI", "1")
    demo.main()
    told = capsys.readouterr().out
    figures = sorted(tmp_path.iterdir())
    assert len(figures) == 4
    assert all(str(figure) in told for figure in figures)
    assert "adjusted Rand index" in told
