"""The history of methods that train in other ways than DSC: curves and phases of their own."""

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt

from xdsc import plot
from xdsc.errors import InputError

NAN = np.nan


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _training(phases, **curves):
    return xr.Dataset(
        {name: ("epoch", values) for name, values in curves.items()},
        {"epoch": np.arange(len(phases)), "phase": ("epoch", phases)},
    )


def _labels(fig):
    return [ax.get_ylabel().replace("\n", " ") for ax in fig.axes]


def test_layers_are_shaded_each_and_named_together():
    phases = ["untrained", *["layer 1"] * 2, *["layer 2"] * 2, *["pretrain"] * 3, "joint", "joint"]
    loss = np.linspace(9, 0.1, 10)
    training = _training(
        phases,
        reconstruction_loss=np.where(np.array(phases) == "joint", NAN, loss),
        clustering_loss=[*[NAN] * 8, 0.3, 0.2],
        label_change=[*[NAN] * 9, 0.25],
    )
    fig = plot.history(training)
    for ax in fig.axes:
        spans = [(s.get_x(), s.get_x() + s.get_width()) for s in ax.patches]
        assert spans == [(0.5, 2.5), (2.5, 4.5), (4.5, 7.5)]
    named = {text.get_text(): text.get_position()[0] for text in fig.axes[0].texts}
    assert named == {"layer by layer": 2.5, "pretraining": 6.0}


def test_curves_without_a_value_are_left_out_and_others_added():
    training = _training(
        ["untrained", "joint", "joint"],
        reconstruction_loss=[2.0, 0.5, 0.4],
        clustering_loss=[NAN, NAN, NAN],
        classification_loss=[NAN, 0.7, 0.6],
        label_change=[NAN, NAN, 0.1],
    )
    fig = plot.history(training)
    assert _labels(fig) == ["reconstruction loss", "classification loss", "changed labels"]
    np.testing.assert_array_equal(fig.axes[1].lines[0].get_xydata(), [[1, 0.7], [2, 0.6]])
    assert fig.axes[-1].get_xlabel() == "epoch"
    assert not any(ax.patches for ax in fig.axes)


def test_a_curve_keeps_its_colour_whatever_the_others_are():
    curves = {"clustering_loss": [0.3, 0.2], "label_change": [NAN, 0.1]}
    without = plot.history(_training(["joint"] * 2, **curves))
    full = plot.history(_training(["joint"] * 2, reconstruction_loss=[0.5, 0.4], **curves))
    assert _labels(full)[1:] == _labels(without)
    for a, b in zip(full.axes[1:], without.axes, strict=True):
        assert colors.same_color(a.lines[0].get_color(), b.lines[0].get_color())


def test_a_training_without_an_epoch_has_no_figure():
    training = _training(["untrained"], reconstruction_loss=[2.0], label_change=[NAN])
    with pytest.raises(InputError, match="one epoch or more"):
        plot.history(training)
    with pytest.raises(InputError, match="reconstruction_loss"):
        plot.history(training.drop_vars("reconstruction_loss"))
