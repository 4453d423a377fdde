"""A fit that was cut off goes on where it was, and ends as if nothing had happened."""

import copy
import shutil

import numpy as np
import pytest
from sizes import DSC_WITH_DROPOUT, GRID, SIZES, VARIABLES

import xdsc
from xdsc.errors import ParameterError, StorageError
from xdsc.methods.deep.checkpoints import Checkpoints

OPTIONS = {
    "dsc": {
        **DSC_WITH_DROPOUT,
        # Of regimes that are in the mean fields there would be nothing to learn.
        "start": "dynamics",
        "pretrain_epochs": 6,
        "refresh_interval": 2,
        "epochs": 5,
    },
    # Layers are frozen and released from phase to phase.
    "dec": {**SIZES["dec"], "pretrain_epochs": 2, "epochs": 2},
    "dtc": {**SIZES["dtc"], "pretrain_epochs": 2, "epochs": 2},
    # Random numbers are drawn in the loss, and centres move at each refresh.
    "dtcr": {**SIZES["dtcr"], "pretrain_epochs": 2, "epochs": 2},
}
KEPT = {
    "dsc": [("pretrain", 5), ("pretrain", 6), ("joint", 2), ("joint", 4), ("joint", 5)],
    "dec": [("layer 1", 1), ("layer 2", 1), ("pretrain", 2), ("joint", 1), ("joint", 2)],
    "dtc": [("pretrain", 2), ("joint", 1), ("joint", 2)],
    "dtcr": [("pretrain", 2), ("joint", 1), ("joint", 2)],
}


class Cut(Exception):
    """As if the process were lost."""


def model(method, seed=0, **options):
    chosen = {**OPTIONS[method], "patience": 9, "progress": False, **options}
    return xdsc.ClusterModel(3, method=method, random_state=seed, **chosen)


@pytest.fixture
def cut_at(monkeypatch):
    """Have the fit end right after it has kept one of its snapshots; None for never."""
    save, kept = Checkpoints.save, []

    def cut(*places):
        def save_and_cut(self, place, snapshot):
            save(self, place, snapshot)
            kept.append((snapshot.phase, snapshot.epochs))
            if len(kept) in places:
                raise Cut

        monkeypatch.setattr(Checkpoints, "save", save_and_cut)
        return kept

    return cut


def assert_same(found, expected):
    """To the bit."""
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    for name, curve in expected.history_.items():
        np.testing.assert_array_equal(found.history_[name], curve)
    weights, others = (m.record.method.method.state().arrays for m in (found, expected))
    assert weights.keys() == others.keys()
    for name, array in others.items():
        np.testing.assert_array_equal(weights[name], array, err_msg=name)


@pytest.mark.parametrize(
    "method", ["dsc", *(pytest.param(m, marks=pytest.mark.slow) for m in ("dec", "dtc", "dtcr"))]
)
def test_cut_off_at_every_checkpoint_a_fit_ends_as_an_uninterrupted_one(
    method, small, tmp_path, cut_at
):
    whole = model(method).fit(small)
    kept = cut_at(*range(1, len(KEPT[method]) + 1))
    for _ in KEPT[method]:
        with pytest.raises(Cut):
            model(method, checkpoint=tmp_path / "run").fit(small)
    assert kept == KEPT[method]
    assert_same(model(method, checkpoint=tmp_path / "run").fit(small), whole)
    assert kept == KEPT[method], "what was done is done again"


def test_a_streamed_fit_goes_on_with_the_same_budget(tmp_path, cut_at):
    ds = xdsc.tutorial.open_dataset(n_times=200, **GRID)[VARIABLES]
    frame = 4 * 5 * 7 * len(VARIABLES)  # bytes
    options = {"stream": True, "memory_budget": 240 * frame, "patience": 9}
    options |= {"pretrain_epochs": 1, "epochs": 2, "refresh_interval": 1}
    options["start"] = "kmeans"
    whole = model("dsc", **options).fit(ds)
    run = tmp_path / "run"
    assert cut_at(2) == []
    with pytest.raises(Cut):
        model("dsc", checkpoint=run, **options).fit(ds)
    with pytest.raises(ParameterError, match=r"memory_budget='131\.25 kiB', not '164\.06 kiB'"):
        model("dsc", checkpoint=run, **{**options, "memory_budget": 300 * frame}).fit(ds)
    assert_same(model("dsc", checkpoint=run, **options).fit(ds), whole)


@pytest.fixture(scope="module")
def finished(_small, tmp_path_factory):
    """A finished fit of two starts without a given seed, and the folder that it has kept."""
    # Of k-means, since an epoch teaches other regimes with some seeds only, and the rest is warned.
    options = {"n_init": 2, "pretrain_epochs": 1, "epochs": 1, "start": "kmeans"}
    folder = tmp_path_factory.mktemp("finished")
    return folder, options, model("dsc", seed=None, checkpoint=str(folder), **options).fit(_small)


@pytest.fixture
def kept(finished, tmp_path):
    """The same in a folder of its own."""
    folder, options, fitted = finished
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return tmp_path, options, copy.copy(fitted)


def test_a_finished_fit_is_given_again_and_others_are_refused(kept, small):
    folder, options, fitted = kept
    assert sorted(p.name for p in folder.iterdir()) == ["fit.xdsc", "start-1.xdsc", "start-2.xdsc"]
    options = {**options, "checkpoint": folder}
    assert_same(model("dsc", seed=None, **options).fit(small), fitted)  # the seed is taken along
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    other = {**options, "learning_rate": 0.5}
    with pytest.raises(ParameterError, match=r"learning_rate=None, not 0.5.*another folder"):
        model("dsc", seed=None, **other).fit(small)
    with pytest.raises(ParameterError, match="random_state="):
        model("dsc", seed=fitted.record.method.method.seed_ + 1, **options).fit(small)
    with pytest.raises(ParameterError, match="method="):
        model("dec", checkpoint=folder).fit(small)
    changed = small.copy(deep=True)
    changed["t2m"][3, 2, 2] += 1e-2
    with pytest.raises(ParameterError, match="data="):
        model("dsc", seed=None, **options).fit(changed)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_damaged_file_is_named_and_can_be_deleted(kept, small):
    folder, options, fitted = kept
    path = folder / "start-2.xdsc"
    path.write_bytes(path.read_bytes()[:-100])
    options = {**options, "checkpoint": folder}
    with pytest.raises(StorageError, match=r"delete .*start-2\.xdsc") as caught:
        model("dsc", seed=None, **options).fit(small)
    assert str(caught.value).count("To fix: ") == 1
    path.unlink()
    assert_same(model("dsc", seed=None, **options).fit(small), fitted)
    # A start of another fit, copied into this one's folder.
    path.write_bytes((folder / "start-1.xdsc").read_bytes())
    (folder / "fit.xdsc").unlink()
    with pytest.raises(ParameterError, match=r"start-1\.xdsc"):
        model("dsc", seed=fitted.record.method.method.seed_ + 1, **options).fit(small)


def test_a_checkpoint_is_no_model_and_says_how_to_get_one(kept):
    folder, *_ = kept
    for name in ("fit.xdsc", "start-1.xdsc"):
        with pytest.raises(StorageError, match="fit again with checkpoint=") as caught:
            xdsc.load_model(folder / name)
        assert repr(str(folder)) in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [3, "", "s3://bucket/run", __file__, "~nobody of that name/run", "a" * 300, "\0"]
)
def test_what_cannot_be_a_folder_is_refused_before_any_work(wrong):
    with pytest.raises(ParameterError, match="checkpoint= to be a folder"):
        model("dsc", checkpoint=wrong).arguments.method_arguments.make().check()


def test_a_model_with_a_checkpoint_is_saved_and_a_comparison_refuses_one(kept, small, tmp_path):
    *_, fitted = kept
    fitted.options["checkpoint"] = tmp_path  # a path, not a string
    fitted.save(tmp_path / "model.xdsc")
    loaded = xdsc.load_model(tmp_path / "model.xdsc")
    np.testing.assert_array_equal(loaded.predict(small), fitted.predict(small))
    with pytest.raises(ParameterError, match="no checkpoint= in a comparison"):
        xdsc.compare(small, 3, ["dsc"], options={"dsc": {"checkpoint": "run"}})


def test_the_bar_starts_where_the_fit_was(small, tmp_path, cut_at, capsys):
    options = {"checkpoint": tmp_path, "progress": True}
    cut_at(2)
    with pytest.raises(Cut):
        model("dsc", **options).fit(small)
    capsys.readouterr()
    model("dsc", **options).fit(small)
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    assert "DSC: start 1 goes on after 6 epochs" in told.out
    assert "11/11" in told.err


def test_workers_that_do_not_see_the_folder_say_so(tmp_path):
    unseen = Checkpoints(tmp_path / "elsewhere", {"method": "DSC"})
    with pytest.raises(StorageError, match="all workers of the Dask client share"):
        unseen.seen_here()
