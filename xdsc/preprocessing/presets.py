"""Presets: settings of the preparation under one name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from xdsc.catalogue import Catalogue
from xdsc.errors import Problems, advice, message


class FromPreset(Enum):
    """Type of the default of settings that presets decide on."""

    PRESET = "preset"

    def __repr__(self) -> str:
        return "<as the preset says>"


#: Default of settings that presets decide on; None and False are settings of their own.
PRESET: Final = FromPreset.PRESET

#: The names of `PRESETS`, for editors; others are refused when they are used.
PresetName: TypeAlias = Literal["paper", "published-code", "weather-regimes"] | str

#: The settings of each preset. Those that are no climatologist's business are the same in all.
PRESETS: Mapping[str, Mapping[str, Any]] = Catalogue(
    {
        "paper": {
            "gaps": "mean",
            "deseasonalize": False,
            "detrend": False,
            "scale": "minmax",
            "area_weights": False,
        },
        "published-code": {
            "gaps": "overall-mean",
            "deseasonalize": False,
            "detrend": False,
            "scale": "cell-minmax",
            "area_weights": False,
        },
        "weather-regimes": {
            "gaps": "mean",
            "deseasonalize": True,
            "detrend": False,
            "scale": "standard",
            "area_weights": True,
        },
    }
)


def resolve(preset: Any, given: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Settings of a preset, where `given` does not say otherwise.

    An unknown preset is noted as a problem, and taken for the default.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        problems.add(
            message(
                f"preset= to be one of {', '.join(map(repr, PRESETS))}",
                f"preset={preset!r:.100}",
                advice("preset", preset, PRESETS, "choose one, as preset='paper'"),
            )
        )
        preset = "paper"
    chosen = {name: value for name, value in given.items() if value is not PRESET}
    return {**PRESETS[preset], **chosen}
