"""Several trainings: which one is the answer, and what is said where they differ."""

from types import SimpleNamespace

import numpy as np
import pytest

import xdsc
from xdsc.errors import XdscWarning
from xdsc.methods.deep.consensus import Run, Runs
from xdsc.methods.deep.trainer import NetworkTrainer

DEC = {"hidden": (4,), "latent_dim": 2, "layer_epochs": 0, "pretrain_epochs": 0, "epochs": 0}


def run(labels, loss=1.0, interrupted=""):
    outcome = SimpleNamespace(labels=np.array(list(labels)), loss=loss, interrupted=interrupted)
    return Run(network=None, outcome=outcome)


@pytest.mark.parametrize(
    ("runs", "place"),
    [
        pytest.param([run("aabbcc", 0.1), run("aabbbc"), run("aabbbb")], 1, id="in the middle"),
        pytest.param([run("aabbcc", 2.0), run("ccaabb", 1.0)], 1, id="of two the lower loss"),
        pytest.param(
            [run("aabb", 2.0)] + [run("abab", 3.0)] * 2, 1, id="the majority, at any loss"
        ),
        pytest.param([run("aabb", np.nan), run("abab", 3.0)], 1, id="not one that diverged"),
        pytest.param([run("aabb", 0.0, "in joint")] + [run("abab")] * 2, 1, id="not one cut off"),
        pytest.param([run("aabb", np.inf), run("abab", 3.0, "in joint")], 1, id="none is whole"),
    ],
)
def test_the_run_that_the_others_agree_with_is_the_answer(runs, place):
    assert Runs(runs, "").medoid is runs[place]


def test_agreement_is_the_mean_of_all_pairs():
    # By hand: two of the three pairs are the same partition, but for names.
    same, other = [run("aabb"), run("bbaa")], run("abab")
    assert Runs(same, "").agreement == 1
    assert Runs([*same, other], "").agreement == pytest.approx((1 - 0.5 - 0.5) / 3)
    assert Runs([same[0], run("abab", np.nan)], "").agreement is None


def test_runs_that_disagree_are_told_kept_and_shown(small, tmp_path):
    rng = np.random.default_rng(3)
    noise = small.copy(data={name: rng.normal(size=v.shape) for name, v in small.items()})
    model = xdsc.ClusterModel(3, method="dec", n_init=3, random_state=0, progress=False, **DEC)
    with pytest.warns(XdscWarning, match=r"labels of 3 runs that agree by 0\.\d\d on average"):
        model.fit(noise)
    assert -0.1 < model.agreement_ < 0.5
    model.save(tmp_path / "a.xdsc")
    again = xdsc.load_model(tmp_path / "a.xdsc")
    assert again.agreement_ == model.agreement_
    assert f"agree by {model.agreement_:.2f}" in again._repr_html_()


def test_a_single_run_has_no_agreement(small):
    model = xdsc.ClusterModel(3, method="dec", random_state=0, progress=False, **DEC).fit(small)
    assert model.agreement_ is None
    assert xdsc.ClusterModel(3, method="kmeans").fit(small).agreement_ is None


@pytest.mark.parametrize(
    ("change", "n_epochs", "told"), [(0.3, 5, True), (0.05, 5, False), (0.3, 3, False)]
)
def test_labels_that_still_change_at_the_end_are_told(small, monkeypatch, change, n_epochs, told):
    """Not in a fit that is too short to see labels settle."""
    train = NetworkTrainer.train

    def restless(self, *arguments):
        network, outcome = train(self, *arguments)
        outcome.history["phase"] += ["joint"] * n_epochs
        for name, curve in outcome.history.items():
            if name != "phase":
                curve += [change if name == "label_change" else 1.0] * n_epochs
        return network, outcome

    monkeypatch.setattr(NetworkTrainer, "train", restless)
    model = xdsc.ClusterModel(3, method="dec", random_state=0, progress=False, **DEC)
    if not told:
        model.fit(small)  # a warning is an error in the tests
        return
    with pytest.warns(XdscWarning, match=r"30% of them changed at the last look.*use epochs=10"):
        model.fit(small)
