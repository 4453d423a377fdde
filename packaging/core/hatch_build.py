"""Metadata of xdsc-core: those of xdsc, without TensorFlow."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

WHOLE = Path(__file__).parents[2] / "pyproject.toml"


def light(project: dict[str, Any]) -> dict[str, Any]:
    """A project table with TensorFlow as an extra, whose extras name the light distribution."""
    needed = project["dependencies"]
    tensorflow = [one for one in needed if one.startswith("tensorflow")]
    extras = {
        extra: [re.sub(r"^xdsc\[", "xdsc-core[", one) for one in packages]
        for extra, packages in project["optional-dependencies"].items()
    }
    return {
        **{
            key: value for key, value in project.items() if key not in ("name", "readme", "dynamic")
        },
        "dependencies": [one for one in needed if one not in tensorflow],
        "optional-dependencies": {**extras, "tensorflow": tensorflow},
    }


class LightMetadata(MetadataHookInterface):
    """Called by hatchling."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml here says is dynamic."""
        here = tomllib.loads((Path(self.root) / "pyproject.toml").read_text())["project"]["dynamic"]
        found = light(tomllib.loads(WHOLE.read_text())["project"])
        metadata.update({key: value for key, value in found.items() if key in here})
