"""What DSC chooses by itself, and what it does where a network cannot learn that."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from xdsc.errors import XdscWarning
from xdsc.frames import Frames
from xdsc.methods.deep import dsc
from xdsc.methods.deep.dsc import DSC
from xdsc.methods.regime_starts import Choice, Series, eofs_of, spectra_of
from xdsc.networks import Beginning, held_out

K = 3


@pytest.fixture(scope="module")
def frames() -> Frames:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(90, 4, 5, 2)) + 0.8 * rng.normal(size=(K, 4, 5, 2))[np.arange(90) % K]
    return Frames.from_block(values.astype("float32"), np.zeros(90, int), ["a", "b"])


def test_an_untrained_network_says_what_k_means_of_eofs_says(frames: Frames) -> None:
    network = {"filters": (4,), "lstm_units": (4,), "latent_dim": 20}
    found = DSC(K, network=network, epochs=0, random_state=0, progress=False).fit(frames)
    scores = eofs_of(frames).scores
    expected = KMeans(K, n_init=20, random_state=0).fit_predict(scores)
    assert adjusted_rand_score(expected, found.labels_) == 1
    assert found.embedding_.shape == (90, 20 + K)
    assert found.selection_ is not None
    assert found.selection_["start"] == "kmeans"
    assert found.selection_["agreement"] == {"kmeans": 1.0}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, (True, 5, 2e-3, 6, 0, 0.1)),
        ({"start": "kmeans"}, (True, 1, 2e-3, 6, 0, 0.1)),
        ({"anchor": None}, (False, 1, 1e-3, 3, 30, 0.1)),
        ({"network": "paper"}, (False, 1, 1e-3, 3, 30, 0.1)),
        ({"decoder": False}, (False, 1, 1e-3, 3, 30, 0.1)),
        ({"encoder": "cnn"}, (False, 1, 1e-3, 3, 30, 0.1)),
        ({"patience": 7, "displacement": 0.0}, (True, 5, 2e-3, 7, 0, 0.0)),
    ],
)
def test_defaults_depend_on_the_anchor(
    given: dict[str, object], found: tuple[bool, int, float, int, int, float]
) -> None:
    method = DSC(K, **given)  # type: ignore[arg-type]
    names = ("learning_rate", "patience", "pretrain_epochs", "displacement")
    assert (method.anchored, method.window_, *map(method._chosen, names)) == found


def begun_with(start: str, frames: Frames, came_back: dict[str, float]) -> tuple[DSC, Beginning]:
    method = DSC(K, start="auto" if came_back else start, random_state=0)  # type: ignore[arg-type]
    method.seed_ = 0
    method.selection_ = {
        "start": start,
        "reproducibility": came_back,
        "noise_reproducibility": {"kmeans": 0.3, "dynamics": 0.0} if came_back else {},
        "null": {},
        "is_noise": False,
    }
    return method, Beginning(np.arange(len(frames)) // 30)


@pytest.mark.parametrize(
    ("came_back", "missed", "again"),
    [
        ({"kmeans": 0.4, "dynamics": 0.6}, 0.0, False),
        ({"kmeans": 0.4, "dynamics": 0.6}, 1.0, True),
        ({"kmeans": 0.9, "dynamics": 0.9}, 0.4, True),
        # k-means comes back as well, but of noise it does so, too.
        ({"kmeans": 0.4, "dynamics": 0.4}, 0.3, False),
        # Nor do regimes of k-means that come back worse than of noise save a network that has not
        # learnt.
        ({"kmeans": 0.2, "dynamics": 0.6}, 0.3, False),
        ({"kmeans": 0.2, "dynamics": 0.6}, 1.0, True),
    ],
)
def test_what_a_network_cannot_learn_gives_way_to_k_means(
    frames: Frames, came_back: dict[str, float], missed: float, again: bool
) -> None:
    method, begun = begun_with("dynamics", frames, came_back)
    wrong = np.random.default_rng(0).random(len(frames)) < missed
    labels = np.where(wrong, np.arange(len(frames)) % K, begun.labels)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = method._begin_again(frames, begun, labels)
    assert (found is not None) == again == bool(told)
    assert method.selection_ is not None
    held = held_out(len(frames))
    agreement = adjusted_rand_score(begun.labels[held], labels[held])
    assert method.selection_["agreement"] == {"dynamics": agreement}
    assert method.selection_["start"] == ("kmeans" if again else "dynamics")
    assert method.selection_["reproducibility"] == came_back
    if again:
        assert "k-means by 0." in str(told[0].message)
        assert ("random_state=" in str(told[0].message)) == (agreement < 0.3)
        assert method._chosen("displacement") == 0
        assert method.window_ == 1


def test_red_noise_is_told(frames: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"gain": 0.4, "surrogates": 0.4, "deviation": 0.01}
    choice = Choice("kmeans", np.arange(len(frames)) % K, null={"means": seen})
    monkeypatch.setattr(dsc, "choose_start", lambda *_: choice)
    method = DSC(K, random_state=0)
    method.seed_ = 0
    with pytest.warns(XdscWarning, match="red noise, received .* start='kmeans' makes no such"):
        begun = method._begin(frames)
    assert begun is not None
    assert begun.labels is choice.labels
    assert method.selection_ is not None
    assert method.selection_["is_noise"]


@pytest.mark.parametrize("start", ["kmeans", "covariances", "spectra", "auto"])
def test_spectra_in_space_are_taken_where_a_start_looks_at_them(
    frames: Frames, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    given = []

    def chosen(series: Series, *_: object) -> Choice:
        given.append(series)
        return Choice("spectra" if start == "auto" else start, np.arange(len(frames)) % K)

    monkeypatch.setattr(dsc, "choose_start", chosen)
    method = DSC(K, start=start, random_state=0)  # type: ignore[arg-type]
    method.seed_ = 0
    assert method._begin(frames) is not None
    looked_at = start in ("auto", "spectra")
    expected = spectra_of(frames) if looked_at else np.zeros((len(frames), 0))
    np.testing.assert_array_equal(given[0].spectra, expected)
    assert (method.window_, method._chosen("displacement")) == (
        (1, 0.0) if start == "kmeans" else (5, 0.1)
    )


def test_a_start_that_was_asked_for_is_kept_with_a_warning(frames: Frames) -> None:
    method, begun = begun_with("dynamics", frames, {})
    with pytest.warns(XdscWarning, match="start='dynamics'.*adjusted Rand index.*start='kmeans'"):
        assert method._begin_again(frames, begun, np.arange(len(frames)) % K) is None
