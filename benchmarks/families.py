"""Families of planted regimes: anomalies that carry the truth, made from a seed.

A family says in what way regimes differ, which is also the way in which a method can miss them.
All share the chain of regimes and the background of red noise; only the signal differs. The truth
is the coordinate ``regime(time)``.

>>> ds = make("moving", strength="weak", seed=3)
>>> dict(ds.sizes)
{'time': 730, 'lat': 32, 'lon': 32}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

#: Residence of a regime in days, mean of a geometric distribution.
RESIDENCE = 10.0
#: Memory of the noise in days.
MEMORY = 2.0
#: Share of the noise's variance that is white in space and time.
WHITE = 0.1

_VARIABLES = ("z", "t", "q", "u", "v", "p")


@dataclass(frozen=True)
class Scene:
    """What a family's signal is made from: the grid, the chain of regimes and random numbers.

    Attributes
    ----------
    y, x : numpy.ndarray, shape (H, L)
        Coordinates of the cells from 0 to 1 (the longer side).
    n_variables : int
        V.
    regime : numpy.ndarray of int, shape (T,)
        The day's regime.
    n_regimes : int
        K.
    rng : numpy.random.Generator
        Source of everything random.
    """

    y: np.ndarray
    x: np.ndarray
    n_variables: int
    regime: np.ndarray
    n_regimes: int
    rng: np.random.Generator

    @property
    def extent(self) -> np.ndarray:
        """Sides of the domain along y and x, the longer one 1."""
        return np.array(self.y.shape) / max(self.y.shape)


def _markov_chain(n_times: int, n_regimes: int, rng: np.random.Generator) -> np.ndarray:
    """Regime of each day: stays with probability 1 - 1/RESIDENCE, else any other follows."""
    moves = rng.random(n_times) < 1 / RESIDENCE
    steps = np.where(moves, rng.integers(1, n_regimes, n_times) if n_regimes > 1 else 0, 0)
    return ((rng.integers(n_regimes) + np.cumsum(steps)) % n_regimes).astype(np.int32)


def _red(shape: tuple[int, ...], memory: float, rng: np.random.Generator) -> np.ndarray:
    """AR(1) along the first axis, unit variance, e-folding time `memory` in days."""
    phi = np.exp(-1 / memory) if memory else 0.0
    noise = rng.standard_normal(shape)
    for day in range(1, shape[0]):
        noise[day] = phi * noise[day - 1] + np.sqrt(1 - phi**2) * noise[day]
    return noise


def _waves(
    n: int, longest: float, shortest: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors (n, 2), isotropic, wavelengths log-uniform in units of the domain; phases."""
    wavelength = np.exp(rng.uniform(np.log(shortest), np.log(longest), n))
    angle = rng.uniform(0, 2 * np.pi, n)
    vectors = 2 * np.pi / wavelength[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return vectors, rng.uniform(0, 2 * np.pi, n)


def _noise(scene: Scene, n_times: int) -> np.ndarray:
    """Background (T, H, L, V) of unit variance: smooth in space, red in time, and some white."""
    n_modes, rng = 80, scene.rng
    fields = np.empty((n_times, *scene.y.shape, scene.n_variables), "float32")
    vectors, _ = _waves(n_modes, 2.0, 0.2, rng)
    # The same waves in all variables, half of their amplitudes in common: variables covary.
    basis = np.exp(
        1j * (vectors[:, 0, None] * scene.y.ravel() + vectors[:, 1, None] * scene.x.ravel())
    )
    common = _red((n_times, n_modes, 2), MEMORY, rng)
    for variable in range(scene.n_variables):
        own = _red((n_times, n_modes, 2), MEMORY, rng)
        amplitude = np.sqrt(0.5) * (common + own) @ np.array([1, 1j]) / np.sqrt(n_modes)
        field = np.sqrt(1 - WHITE) * (amplitude @ basis).real
        field += np.sqrt(WHITE) * rng.standard_normal(field.shape)
        fields[..., variable] = field.reshape(n_times, *scene.y.shape)
    return fields


def _smooth_patterns(
    scene: Scene, n: int, longest: float = 2.0, shortest: float = 0.5
) -> Callable[..., np.ndarray]:
    """n patterns (n, ..., V) as a function of places y and x, each (...).

    Each has unit variance over the domain. A third argument picks one of them.
    """
    vectors, _ = _waves(12, longest, shortest, scene.rng)
    shape = (n, len(vectors), scene.n_variables)
    amplitude = scene.rng.standard_normal(shape) + 1j * scene.rng.standard_normal(shape)
    if n > 2:
        amplitude -= amplitude.mean(axis=0)

    def at(y: np.ndarray, x: np.ndarray, which: slice | np.ndarray) -> np.ndarray:
        wave = np.exp(1j * (y[..., None] * vectors[:, 0] + x[..., None] * vectors[:, 1]))
        return np.einsum("...m,nmv->n...v", wave, amplitude[which]).real

    domain = at(scene.y, scene.x, slice(None))
    size = np.sqrt(np.square(domain).mean(axis=(1, 2, 3)))

    def patterns(
        y: np.ndarray, x: np.ndarray, which: slice | np.ndarray = slice(None)
    ) -> np.ndarray:
        return at(y, x, which) / size[which].reshape(-1, *([1] * (y.ndim + 1)))

    return patterns


def _pulse(scene: Scene, spread: float = 0.25) -> np.ndarray:
    """Amplitude of the day's pattern, (T, 1, 1, 1): lognormal around 1, memory 1.5 days."""
    return np.exp(spread * _red((len(scene.regime), 1, 1, 1), 1.5, scene.rng))


def static(scene: Scene) -> np.ndarray:
    """One pattern a regime, at its place; its amplitude varies."""
    patterns = _smooth_patterns(scene, scene.n_regimes)(scene.y, scene.x)
    return _pulse(scene) * patterns[scene.regime]


def moving(scene: Scene) -> np.ndarray:
    """A disturbance of a shape of its own for each regime, anywhere in the domain.

    The shape is a wave in a bell: direction, phase and the variables' signs are the regime's.
    Places are anywhere and have a memory of one day.
    """
    n_times, k = len(scene.regime), scene.n_regimes
    uniform = 0.5 * (1 + np.clip(_red((n_times, 2), 1.0, scene.rng) / 1.8, -1, 1))
    place = (0.15 + 0.7 * uniform) * scene.extent
    dy = scene.y - place[:, 0, None, None]
    dx = scene.x - place[:, 1, None, None]
    bell = np.exp(-(dy**2 + dx**2) / (2 * 0.16**2))
    angle = np.pi * (np.arange(k) + scene.rng.uniform()) / k
    shift = scene.rng.uniform(0, 2 * np.pi, (k, scene.n_variables))
    signs = scene.rng.choice([-1.0, 1.0], (k, scene.n_variables))
    turn = angle[scene.regime][:, None, None]
    along = (dy * np.sin(turn) + dx * np.cos(turn)) * 2 * np.pi / 0.4
    signal = bell[..., None] * np.cos(along[..., None] + shift[scene.regime][:, None, None])
    signal = signal * signs[scene.regime][:, None, None] * _pulse(scene)
    return signal / np.sqrt(np.square(signal).mean())


def deforming(scene: Scene) -> np.ndarray:
    """One pattern a regime, displaced, turned, stretched and bent, with a memory of one day."""
    n_times = len(scene.regime)
    patterns = _smooth_patterns(scene, scene.n_regimes, 1.6, 0.6)
    rng = scene.rng
    turn, stretch, shear = (size * _red((n_times,), 1.0, rng) for size in (0.3, 0.2, 0.2))
    shift = 0.13 * _red((n_times, 2), 1.0, rng)
    bend = 0.05 * _red((n_times, 2, 4), 1.0, rng)
    vectors, phases = _waves(4, 1.5, 0.8, rng)
    wave = np.sin(scene.y[..., None] * vectors[:, 0] + scene.x[..., None] * vectors[:, 1] + phases)
    signal = np.empty((n_times, *scene.y.shape, scene.n_variables))
    my, mx = 0.5 * scene.extent
    y0, x0 = scene.y - my, scene.x - mx
    for day in range(n_times):
        c, s = np.cos(turn[day]), np.sin(turn[day])
        grow = np.exp(stretch[day])
        y = grow * (c * y0 - s * x0) + shear[day] * x0 + my + shift[day, 0] + wave @ bend[day, 0]
        x = (s * y0 + c * x0) / grow + mx + shift[day, 1] + wave @ bend[day, 1]
        signal[day] = patterns(y, x, scene.regime[day : day + 1])[0]
    return _pulse(scene) * signal


def propagating(scene: Scene) -> np.ndarray:
    """Regimes differ only in how a wave travels: one day's field does not tell them apart.

    Two regimes share a wave and travel in opposite directions; further pairs have waves of other
    directions. A period is about eight days, its pace varies.
    """
    n_times, k = len(scene.regime), scene.n_regimes
    n_waves = -(-k // 2)
    angle = np.pi * np.arange(n_waves) / n_waves + scene.rng.uniform(0, np.pi)
    wavelength = 0.8
    vectors = 2 * np.pi / wavelength * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    wave, direction = scene.regime // 2, 1 - 2 * (scene.regime % 2)
    pace = 2 * np.pi / 8 * np.exp(0.2 * _red((n_times,), 2.0, scene.rng))
    phase = scene.rng.uniform(0, 2 * np.pi) + np.cumsum(direction * pace)
    lag = scene.rng.uniform(0, 2 * np.pi, scene.n_variables)
    along = scene.y[..., None] * vectors[:, 0] + scene.x[..., None] * vectors[:, 1]
    along = np.moveaxis(along, -1, 0)[wave]
    signal = np.cos((along - phase[:, None, None])[..., None] + lag)
    return np.sqrt(2) * _pulse(scene) * signal


def hierarchical(scene: Scene) -> np.ndarray:
    """Pairs of regimes share a large pattern; what tells the two apart is half as large."""
    parents = _smooth_patterns(scene, -(-scene.n_regimes // 2))(scene.y, scene.x)
    children = _smooth_patterns(scene, scene.n_regimes, 1.0, 0.4)(scene.y, scene.x)
    patterns = (parents.repeat(2, axis=0)[: scene.n_regimes] + 0.6 * children) / np.sqrt(1.36)
    return _pulse(scene) * patterns[scene.regime]


def seasonal(scene: Scene) -> np.ndarray:
    """Static patterns, three times as strong at the height of the season as half a year later."""
    season = 2 * np.pi * np.arange(len(scene.regime)) / 365.25
    return (1 + 0.5 * np.cos(season))[:, None, None, None] * static(scene)


def red_noise(scene: Scene) -> np.ndarray:
    """Nothing at all: the background alone."""
    return np.zeros((len(scene.regime), *scene.y.shape, scene.n_variables))


#: Family -> its signal, and the signal's standard deviation, in units of the noise, by strength.
FAMILIES: dict[str, tuple[Callable[[Scene], np.ndarray], dict[str, float]]] = {
    "static": (static, {"weak": 0.3, "medium": 0.45, "strong": 0.8}),
    "moving": (moving, {"weak": 0.5, "medium": 0.7, "strong": 1.0}),
    "deforming": (deforming, {"weak": 0.5, "medium": 0.7, "strong": 1.0}),
    "propagating": (propagating, {"weak": 0.5, "medium": 0.7, "strong": 1.0}),
    "hierarchical": (hierarchical, {"weak": 0.4, "medium": 0.6, "strong": 1.0}),
    "seasonal": (seasonal, {"weak": 0.3, "medium": 0.45, "strong": 0.8}),
    "red-noise": (red_noise, {"weak": 0.0, "medium": 0.0, "strong": 0.0}),
}


def make(
    family: str,
    *,
    strength: str | float = "medium",
    seed: int = 0,
    n_times: int = 730,
    n_lat: int = 32,
    n_lon: int = 32,
    n_variables: int = 3,
    n_regimes: int = 4,
    masked: float = 0.0,
) -> xr.Dataset:
    """Make a Dataset of anomalies with planted regimes.

    Parameters
    ----------
    family : str
        A row of `FAMILIES`.
    strength : {"weak", "medium", "strong"} or float
        Standard deviation of the signal; that of the noise is 1.
    seed : int
        Everything random follows from it.
    n_times, n_lat, n_lon, n_variables : int
        Days from 2001-01-01, grid points, and up to six variables.
    n_regimes : int
        Planted regimes K.
    masked : float
        Share of the domain, a smooth patch of it, that is missing always and in all variables.

    Returns
    -------
    xarray.Dataset
        Variables of shape (time, lat, lon), float32, without a unit; coordinate ``regime(time)``.
    """
    signal_of, strengths = FAMILIES[family]
    size = strengths[strength] if isinstance(strength, str) else float(strength)
    rng = np.random.default_rng([seed, list(FAMILIES).index(family)])
    longest = max(n_lat, n_lon)
    y, x = np.meshgrid(np.arange(n_lat) / longest, np.arange(n_lon) / longest, indexing="ij")
    regime = _markov_chain(n_times, n_regimes, rng)
    scene = Scene(y, x, n_variables, regime, n_regimes, rng)
    fields = size * signal_of(scene) + _noise(scene, n_times)
    fields = (fields - fields.mean(axis=0)).astype("float32")
    if masked:
        patch = _smooth_patterns(scene, 1, 1.5, 0.7)(y, x)[0, ..., 0]
        fields[:, patch > np.quantile(patch, 1 - masked)] = np.nan
    coords = {
        "time": np.datetime64("2001-01-01", "ns") + np.arange(n_times) * np.timedelta64(1, "D"),
        "lat": ("lat", 30 + np.arange(n_lat) * 1.0, {"units": "degrees_north"}),
        "lon": ("lon", -20 + np.arange(n_lon) * 1.0, {"units": "degrees_east"}),
        "regime": ("time", regime, {"long_name": "planted regime"}),
    }
    data = {
        name: (("time", "lat", "lon"), fields[..., i])
        for i, name in enumerate(_VARIABLES[:n_variables])
    }
    text = f"planted regimes: {family}, strength {size}, seed {seed}"
    return xr.Dataset(data, coords, {"title": text})
