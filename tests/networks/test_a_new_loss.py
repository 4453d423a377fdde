"""A network with a loss that no other has: a class and a row of the table, and all know of it."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import ops

import xdsc
from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods import MethodRow
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.networks import NETWORKS
from xdsc.networks.architectures.layers import Affine, StudentTClustering
from xdsc.networks.architectures.memberships import MembershipNetwork

LONG_NAME = "how far embeddings are from the origin"


class Shrinking(MembershipNetwork):
    """One dense layer, whose embeddings are also drawn to the origin."""

    loss_terms = {"clustering": "clustering loss", "shrinkage": LONG_NAME}  # noqa: RUF012
    decodes = False

    def __init__(self, mask, n_clusters, loss_weights, seed):
        super().__init__("shrinking", mask, 1, loss_weights)
        self.project = keras.layers.Dense(
            2, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), name="project"
        )
        self.standardise = Affine((2,), name="standardise")
        self.clustering = StudentTClustering(n_clusters, name="clustering")

    def call(self, segment, training=None):
        cells = ops.reshape(self.normalise(segment), (-1, 1, int(np.prod(self.frame_shape))))
        embedding = self.standardise(self.project(cells))
        return {"embedding": embedding, "membership": self.clustering(embedding)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        q = y_pred["membership"]
        return self.weighted_loss(
            sample_weight,
            shrinkage=ops.sum(ops.square(y_pred["embedding"]), axis=-1),
            clustering=ops.sum(y * (ops.log(y + 1e-7) - ops.log(q + 1e-7)), axis=-1),
        )


@dataclass(eq=False, kw_only=True)
class ShrinkingMethod(DeepClustering):
    """The least that a method is."""

    title = "Shrinking"
    network_name = "shrinking"

    loss_weights: tuple[float, ...] = (1.0, 0.01)
    separation: float | None = 3.0
    epochs: int = 4
    progress: bool = False

    def _network_arguments(self):
        return {"n_clusters": self.n_clusters, "loss_weights": self.loss_weights}


@pytest.fixture
def _row(monkeypatch):
    monkeypatch.setattr(
        "xdsc.networks.table.NETWORKS", {**NETWORKS, "shrinking": f"{__name__}:Shrinking"}
    )


def frames():
    """Two patterns in noise."""
    rng = np.random.default_rng(0)
    pattern = rng.normal(size=(2, 3, 4, 1))
    values = pattern[np.arange(24) // 6 % 2] + 0.3 * rng.normal(size=(24, 3, 4, 1))
    return Frames(
        values=values.astype("float32"),
        mask=np.ones((3, 4, 1), bool),
        runs=np.array([[0, 24]]),
        steps=np.arange(24),
        samples=(24,),
        variables=("z",),
        fill=np.zeros(1, "float32"),
    )


@pytest.mark.usefixtures("_row")
def test_a_loss_that_a_network_declares_is_in_history_figure_and_html(small, monkeypatch):
    row = MethodRow("Shrinking", f"{__name__}:ShrinkingMethod")
    monkeypatch.setattr("xdsc.methods.METHODS", {"shrinking": row})
    model = xdsc.ClusterModel(3, method="shrinking", random_state=0, epochs=3).fit(small)
    history = model.history_
    assert list(history) == ["phase", "clustering_loss", "shrinkage_loss", "label_change"]
    assert list(history.phase.values) == ["untrained", *3 * ["joint"]]
    assert np.isnan(history.shrinkage_loss[0])
    assert (history.shrinkage_loss[1:] > 0).all()
    assert history.shrinkage_loss.attrs["long_name"] == LONG_NAME
    figure = xdsc.plot.history(history)
    labels = [ax.get_ylabel().replace("\n", " ") for ax in figure.axes]
    assert labels == ["clustering loss", "shrinkage loss", "changed labels"]
    assert "shrinkage loss" in model._repr_html_()


@pytest.mark.usefixtures("_row")
def test_its_weight_is_asked_for_by_name():
    with pytest.raises(
        ParameterError, match=r"two numbers of at least 0 .*: clustering, shrinkage"
    ):
        ShrinkingMethod(3, loss_weights=(1.0,)).check()
    assert ShrinkingMethod(3).loss_terms == Shrinking.loss_terms


@pytest.mark.usefixtures("_row")
@pytest.mark.filterwarnings("ignore:Expected labels that settle")
@pytest.mark.filterwarnings("ignore:Expected 3 regimes with time steps")
def test_a_larger_weight_draws_embeddings_to_the_origin():
    def size(weight):
        arguments = {"loss_weights": (1.0, weight), "learning_rate": 0.03, "random_state": 0}
        found = ShrinkingMethod(3, **arguments).fit(frames())
        return np.square(found.embedding_).sum(axis=1).mean()

    assert size(1.0) < 0.9 * size(0.0)


@pytest.mark.usefixtures("_row")
def test_it_travels_and_comes_back_without_a_word_about_its_weights():
    method = ShrinkingMethod(3, random_state=0).fit(frames())
    restored = ShrinkingMethod(3, random_state=0).restore(method.state())
    np.testing.assert_array_equal(restored.predict(frames()), method.labels_)
