"""Offline tutorial data with planted weather regimes.

Nothing is downloaded: the Dataset is made from a seed, looks like a year of daily ERA5 single-level
fields, and carries the truth that a clustering method should find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdsc.errors import ParameterError, message

#: ERA5 short name -> (long name, CF standard name, units, range of the paper's Section 5.1).
ERA5_VARIABLES: dict[str, tuple[str, str, str, tuple[float, float]]] = {
    "sst": ("Sea surface temperature", "sea_surface_temperature", "K", (285.0, 300.0)),
    "sp": ("Surface pressure", "surface_air_pressure", "Pa", (98260.0, 103788.0)),
    "sshf": (
        "Surface sensible heat flux",
        "surface_upward_sensible_heat_flux",
        "J m**-2",
        (-674528.0, 200024.0),
    ),
    "slhf": (
        "Surface latent heat flux",
        "surface_upward_latent_heat_flux",
        "J m**-2",
        (-1840906.0, 90131.0),
    ),
    "t2m": ("2 metre temperature", "air_temperature", "K", (281.0, 299.0)),
    "u10": ("10 metre U wind component", "eastward_wind", "m s**-1", (-16.0, 19.0)),
    "v10": ("10 metre V wind component", "northward_wind", "m s**-1", (-15.0, 16.0)),
}

_RESOLUTION = 0.25  # degrees
_NORTH, _WEST = 45.0, -16.0  # the north-west corner: the sea off Iberia
_DAYS_PER_YEAR = 365.25
_MODES = 12  # plane waves in one regime's pattern
_NOISE_MODES = 120  # plane waves in one noise field


def open_dataset(
    name: str = "era5_like",
    *,
    n_times: int = 365,
    n_lat: int = 41,
    n_lon: int = 41,
    n_regimes: int = 7,
    strength: float = 1.0,
    seed: int = 0,
) -> xr.Dataset:
    """Make the tutorial Dataset called `name`.

    Parameters
    ----------
    name : {"era5_like"}
        Daily fields on a 0.25° grid with the seven variables of the paper's Section 5.1 under
        their ERA5 short names and units, scaled to the ranges given there.
    n_times, n_lat, n_lon : int
        Days from 2019-01-01, and grid points. The default is the paper's size.
    n_regimes : int
        Planted regimes, at least 2.
    strength : float
        Amplitude of the regimes; the noise and the seasonal cycle do not change with it, so 0
        leaves nothing to find.
    seed : int
        Everything random follows from it.

    Returns
    -------
    xarray.Dataset
        Variables of shape (time, latitude, longitude), float32, latitude falling as in ERA5, SST
        missing over land. The truth is the coordinate ``regime(time)``.

    Raises
    ------
    ParameterError
        Unknown name, or a size, number or strength out of range.

    Notes
    -----
    A persistent Markov chain (mean residence ten days) picks the day's regime. A regime is a pair
    of smooth patterns made of plane waves: a stream function, from which pressure and the
    geostrophic wind follow, and a temperature. From day to day both move (an AR(1) displacement of
    a few grid points) and change in amplitude. The annual cycle and red noise, smooth in space and
    AR(1) in time, come on top; the heat fluxes follow from wind and temperatures by a bulk formula.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset("era5_like", n_times=30, n_lat=8, n_lon=10)
    >>> dict(ds.sizes)
    {'time': 30, 'latitude': 8, 'longitude': 10}
    """
    if name != "era5_like":
        raise ParameterError(
            message("the tutorial Dataset 'era5_like'", repr(name), "use name='era5_like'")
        )
    _check_sizes(n_times, n_lat, n_lon, n_regimes, strength)
    rng = np.random.default_rng(seed)
    grid = _Grid(n_lat, n_lon)
    regime = _markov_chain(n_times, n_regimes, rng)
    state = _atmosphere(grid, regime, n_regimes, strength, rng)
    return _as_dataset(grid, regime, n_regimes, state, f"seed={seed}, strength={strength}")


def _check_sizes(n_times: int, n_lat: int, n_lon: int, n_regimes: int, strength: float) -> None:
    lowest = {"n_times": 2, "n_lat": 2, "n_lon": 2, "n_regimes": 2}
    given = {"n_times": n_times, "n_lat": n_lat, "n_lon": n_lon, "n_regimes": n_regimes}
    for argument, low in lowest.items():
        if given[argument] < low:
            raise ParameterError(
                message(f"{argument} of at least {low}", str(given[argument]), f"raise {argument}")
            )
    if n_regimes > n_times:
        raise ParameterError(
            message("no more regimes than days", f"{n_regimes} > {n_times}", "lower n_regimes")
        )
    if not np.isfinite(strength) or strength < 0:
        raise ParameterError(message("a strength of 0 or more", str(strength), "use strength=1.0"))


@dataclass(frozen=True)
class _Grid:
    """Points of the domain; positions count grid lengths eastward and northward."""

    n_lat: int
    n_lon: int

    @property
    def latitude(self) -> np.ndarray:
        return _NORTH - _RESOLUTION * np.arange(self.n_lat)

    @property
    def longitude(self) -> np.ndarray:
        return _WEST + _RESOLUTION * np.arange(self.n_lon)

    @property
    def positions(self) -> np.ndarray:
        """(2, cells): x eastward, y northward, in grid lengths from the south-west corner."""
        y, x = np.meshgrid(np.arange(self.n_lat)[::-1], np.arange(self.n_lon), indexing="ij")
        return np.stack([x.ravel(), y.ravel()]).astype(float)


def _markov_chain(n_times: int, n_regimes: int, rng: np.random.Generator) -> np.ndarray:
    """Regime of each day: stays with probability 9/10, else moves by preferred transitions."""
    stay = 0.9
    moves = rng.dirichlet(np.full(n_regimes, 2.0), size=n_regimes)
    np.fill_diagonal(moves, 0.0)
    moves /= moves.sum(axis=1, keepdims=True)
    regime = np.empty(n_times, dtype=np.int32)
    regime[0] = rng.integers(n_regimes)
    for day in range(1, n_times):
        now = regime[day - 1]
        regime[day] = now if rng.random() < stay else rng.choice(n_regimes, p=moves[now])
    return regime


def _red_noise(shape: tuple[int, ...], memory_days: float, rng: np.random.Generator) -> np.ndarray:
    """AR(1) along the first axis with unit variance and the given e-folding time."""
    phi = np.exp(-1.0 / memory_days)
    noise = rng.standard_normal(shape)
    for day in range(1, shape[0]):
        noise[day] = phi * noise[day - 1] + np.sqrt(1 - phi**2) * noise[day]
    return noise


def _wavenumbers(n: int, longest: float, shortest: float, rng: np.random.Generator) -> np.ndarray:
    """(n, 2) wave vectors in radians a grid length, isotropic, between two wavelengths."""
    wavelength = np.exp(rng.uniform(np.log(shortest), np.log(longest), n))
    angle = rng.uniform(0, 2 * np.pi, n)
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    waves: np.ndarray = 2 * np.pi / wavelength[:, None] * direction
    return waves


def _synthesise(waves: np.ndarray, positions: np.ndarray, amplitude: np.ndarray) -> np.ndarray:
    """Sum of plane waves: (T, modes) complex amplitudes to real (T, cells) fields."""
    field: np.ndarray = (amplitude @ np.exp(1j * waves @ positions)).real
    return field


def _regime_amplitudes(
    waves: np.ndarray, regime: np.ndarray, patterns: np.ndarray, motion: np.ndarray
) -> np.ndarray:
    """(T, modes) amplitudes of the day's pattern, displaced by `motion` (T, 2) grid lengths."""
    shifted: np.ndarray = patterns[regime] * np.exp(-1j * motion @ waves.T)
    return shifted


def _atmosphere(
    grid: _Grid, regime: np.ndarray, n_regimes: int, strength: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The seven fields, (T, cells) each, in arbitrary units."""
    n_times, positions = len(regime), grid.positions
    size = min(grid.n_lat, grid.n_lon)

    # Regimes: one stream function and one temperature pattern each, moving and pulsing together.
    waves = _wavenumbers(_MODES, 2.0 * size, 0.6 * size, rng)
    motion = 0.13 * size * _red_noise((n_times, 2), 1.0, rng)
    pulse = strength * np.exp(0.25 * _red_noise((n_times, 1), 1.5, rng))
    pattern = _distinct_patterns(n_regimes, rng)
    flow, heat = (
        pulse * _regime_amplitudes(waves, regime, pattern[kind], motion) for kind in (0, 1)
    )

    # Weather noise: smooth in space, red in time.
    small = _wavenumbers(_NOISE_MODES, 2.0 * size, 0.15 * size, rng)
    eddies, warmth, ocean = (
        level * _complex_red_noise((n_times, _NOISE_MODES), memory, rng) / np.sqrt(_NOISE_MODES)
        for level, memory in ((1.0, 0.8), (1.0, 0.8), (0.3, 30.0))
    )

    psi = _synthesise(waves, positions, flow) + _synthesise(small, positions, eddies)
    u, v = (
        sign
        * size
        / 6
        * (
            _synthesise(waves, positions, 1j * flow * waves[:, axis])
            + _synthesise(small, positions, 1j * eddies * small[:, axis])
        )
        for sign, axis in ((-1.0, 1), (1.0, 0))
    )
    air = _synthesise(waves, positions, heat) + _synthesise(small, positions, warmth)
    sea = 0.3 * _synthesise(waves, positions, heat) + _synthesise(small, positions, ocean)

    # The annual cycle: strongest in temperature, late in the sea, weaker and stormier in the flow.
    season = 2 * np.pi * np.arange(n_times)[:, None] / _DAYS_PER_YEAR
    northward = positions[1] / max(grid.n_lat - 1, 1)
    t2m = air - 0.78 * np.cos(season - 0.4) * (1 + 0.3 * northward) - 0.8 * northward
    sst = sea - 0.66 * np.cos(season - 0.9) * (1 + 0.2 * northward) - 0.6 * northward
    wind_u = u + 0.36 * np.cos(season) + 0.3
    wind_v = v - 0.18 * np.cos(season)
    speed = np.hypot(wind_u, wind_v) + 0.5
    return {
        "sst": sst,
        "sp": psi - 0.24 * np.cos(season),
        "sshf": speed * (t2m - sst - 0.5),
        "slhf": speed * (0.5 * t2m - sst - 2.0),
        "t2m": t2m,
        "u10": wind_u,
        "v10": wind_v,
    }


def _distinct_patterns(n_regimes: int, rng: np.random.Generator) -> np.ndarray:
    """(2, regimes, modes) amplitudes of stream function and temperature, alike in power."""
    pattern = _complex_normal((n_regimes, 2 * _MODES), rng)
    pattern -= pattern.mean(axis=0)
    pattern *= 2 / np.linalg.norm(pattern, axis=1, keepdims=True)
    return np.stack(np.split(pattern, 2, axis=1))


def _complex_normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    drawn: np.ndarray = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return drawn


def _complex_red_noise(
    shape: tuple[int, ...], memory_days: float, rng: np.random.Generator
) -> np.ndarray:
    return _red_noise(shape, memory_days, rng) + 1j * _red_noise(shape, memory_days, rng)


def _land(grid: _Grid) -> np.ndarray:
    """Boolean (n_lat, n_lon): a coast across the south-east corner."""
    x, y = grid.positions.reshape(2, grid.n_lat, grid.n_lon)
    east, north = x / max(grid.n_lon - 1, 1), y / max(grid.n_lat - 1, 1)
    land: np.ndarray = east - 0.8 * north + 0.06 * np.sin(12 * north) > 0.62
    return land


def _as_dataset(
    grid: _Grid, regime: np.ndarray, n_regimes: int, state: dict[str, np.ndarray], recipe: str
) -> xr.Dataset:
    """Scale each field to its range in Section 5.1 and dress it as CF."""
    dims = ("time", "latitude", "longitude")
    variables = {}
    for short_name, (long_name, standard_name, units, (low, high)) in ERA5_VARIABLES.items():
        field = state[short_name]
        lowest, highest = field.min(), field.max()
        scaled = low + (field - lowest) / (highest - lowest) * (high - low)
        cube = scaled.reshape(-1, grid.n_lat, grid.n_lon).astype(np.float32)
        if short_name == "sst":
            cube[:, _land(grid)] = np.nan
        attrs = {"long_name": long_name, "standard_name": standard_name, "units": units}
        variables[short_name] = (dims, cube, attrs)
    time = np.datetime64("2019-01-01T12", "ns") + np.arange(len(regime)) * np.timedelta64(1, "D")
    coords = {
        "time": ("time", time, {"standard_name": "time", "long_name": "time", "axis": "T"}),
        "latitude": (
            "latitude",
            grid.latitude,
            {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
        ),
        "longitude": (
            "longitude",
            grid.longitude,
            {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
        ),
        "regime": (
            "time",
            regime,
            {
                "long_name": "planted regime",
                "flag_values": np.arange(n_regimes, dtype=np.int32),
                "flag_meanings": " ".join(f"regime_{k}" for k in range(n_regimes)),
            },
        ),
    }
    attrs = {
        "Conventions": "CF-1.11",
        "title": "ERA5-like tutorial data with planted regimes",
        "source": f"synthetic, xdsc.tutorial ({recipe})",
    }
    return xr.Dataset(variables, coords, attrs)
