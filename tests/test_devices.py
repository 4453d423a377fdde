"""Several devices share a training, and its result is that of one."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import xdsc
from xdsc.errors import ParameterError
from xdsc.networks import choose_backend, chosen_devices
from xdsc.networks.devices import n_replicas, shared_batch_size

#: Fits on one device and on two of the processor, in a process of its own for each backend.
FITS = """
import json, os, sys
backend, methods, folder = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
if backend == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)
import keras, xdsc
from xdsc.errors import ParameterError

ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=3, seed=1)
ds = ds.isel(time=[*range(17), *range(20, 40)])  # batches with padding

def fit(method, **chosen):
    options = methods[method]
    model = xdsc.ClusterModel(
        3, method=method, random_state=0, batch_size=16, progress=False, **options, **chosen
    ).fit(ds)
    curves = model.history_[["reconstruction_loss", "clustering_loss"]]
    history = {name: curve.values.tolist() for name, curve in curves.items()}
    return {
        "labels": model.labels_.values.tolist(),
        "again": model.predict(ds).values.tolist(),
        "membership": model.membership(ds).values.tolist(),
        "history": history,
    }

kept = {"dsc": {}, "dec": {"checkpoint": folder}}
found = {m: {"one": fit(m), "two": fit(m, devices=2, **kept[m])} for m in methods}
found["dsc"]["after"] = fit("dsc")
if backend == "tensorflow":
    os.remove(folder + "/start-1.xdsc")
    found["dec"]["resumed"] = fit("dec", devices=2, checkpoint=folder)
    found["dsc"]["named"] = fit("dsc", devices=["cpu:1"])
try:
    fit("dsc", devices=3)
except ParameterError as error:
    found["error"] = str(error)
print(json.dumps(found).replace("NaN", "null"))
"""

DSC = {
    "network": {"filters": [4], "lstm_units": [4], "latent_dim": 3},
    "window": 3,
    "pretrain_epochs": 2,
    "epochs": 3,
}
# What windows and LSTMs make of batches is the same for every backend; XLA compiles them for long.
CNN = {**DSC, "encoder": "cnn", "window": 1}
# A decoder is most of what is traced, four times; that of DEC is trained below, that of CNN on JAX.
ENCODER = {**DSC, "decoder": False}
# Its layers are pretrained on an error that is a share of the batch's own mean square.
DEC = {
    "hidden": [],
    "latent_dim": 3,
    "corruption": 0,
    "layer_epochs": 2,
    "pretrain_epochs": 2,
    "epochs": 2,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "methods"), [("tensorflow", {"dsc": ENCODER, "dec": DEC}), ("jax", {"dsc": CNN})]
)
def test_two_devices_give_what_one_gives(backend, methods, tmp_path):
    pytest.importorskip(backend)
    (tmp_path / "fits.py").write_text(FITS)
    process = subprocess.run(
        [
            sys.executable,
            str(tmp_path / "fits.py"),
            backend,
            json.dumps(methods),
            str(tmp_path / "run"),
        ],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2"
            " --xla_backend_optimization_level=0",  # compiled in a third of the time
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout.splitlines()[-1])
    for method in methods:
        one = found[method].pop("one")
        after = found[method].pop("after", one)
        assert after == one, "a fit on several devices has left something behind"
        for several in found[method].values():
            assert several["labels"] == several["again"] == one["labels"]
            np.testing.assert_allclose(several["membership"], one["membership"], atol=1e-4)
            for curve, values in one["history"].items():
                # None, for an epoch without a value, becomes NaN.
                curves = np.array([several["history"][curve], values], "f8")
                np.testing.assert_allclose(*curves, rtol=1e-5, atol=1e-6)
    if backend == "tensorflow":
        assert found["dec"]["resumed"] == found["dec"]["two"]
    assert "devices= to be a number from 1 to 2, 'all', or some of cpu:0, cpu:1" in found["error"]


@pytest.mark.parametrize("wrong", [0, 99, True, 1.5, "gpu:0", ["cpu:7"], ["cpu:0", "cpu:0"], []])
def test_devices_that_are_not_there_are_told_before_any_work(wrong, small, tiny):
    with pytest.raises(ParameterError, match=r"devices= to be a number from 1 to .*cpu:0"):
        small.dsc.fit(k=3, devices=wrong, **tiny)


def test_names_are_those_of_keras():
    assert chosen_devices(None) is None
    assert chosen_devices("all") == chosen_devices(1) == keras.distribution.list_devices()
    assert chosen_devices(["CPU:0"]) == ["cpu:0"]


def test_a_model_may_be_loaded_where_its_devices_are_not(fitted, tmp_path):
    model = fitted.model
    model.options["devices"] = 1
    try:
        model.save(tmp_path / "model.xdsc")
    finally:
        del model.options["devices"]
    loaded = xdsc.load_model(tmp_path / "model.xdsc")
    loaded.options["devices"] = 99
    loaded.save(tmp_path / "model.xdsc")
    loaded = xdsc.load_model(tmp_path / "model.xdsc")
    np.testing.assert_array_equal(loaded.predict(fitted.before), model.labels_)


def test_every_device_gets_as_many_segments():
    for n_devices in (1, 2, 3, 5):
        for window in (1, 2, 5):
            size = shared_batch_size(32, window, n_devices)
            assert 32 <= size < 32 + n_devices * max(1, 2 * (window - 1))
            assert size // max(1, 2 * (window - 1)) % n_devices == 0


def test_without_a_distribution_there_is_one_replica():
    assert n_replicas() == 1


def test_gpu_memory_grows_unless_the_user_says_otherwise(monkeypatch):
    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE")
    plain = {name: value for name, value in os.environ.items() if name not in names}
    for given, expected in (({}, ["true", "false"]), (dict.fromkeys(names, "0"), ["0", "0"])):
        monkeypatch.setattr(os, "environ", {**plain, **given})
        choose_backend()
        assert [os.environ[name] for name in names] == expected
