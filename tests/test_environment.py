"""What is said twice about requirements is the same: environment.yml, the recipe, CI."""

import re
import runpy
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import xdsc

ROOT = Path(__file__).parents[1]
CONDA_NAME = {
    "cf-xarray": "cf_xarray",
    "dask": "dask-core",
    "matplotlib": "matplotlib-base",
}
ONLY_CONDA = {"pip": ""}  # conda's python comes without it


def requirement(text: str) -> tuple[str, str]:
    """Name in lower case without extras, and version bounds without blanks."""
    match = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?\s*(.*)", text)
    assert match, text
    name = match[1].lower().replace(".", "-")
    return name, match[2].replace(" ", "")


def with_extras(project: dict, texts: list[str]) -> dict[str, str]:
    """Requirements by name; `xdsc[a,b]` stands for the extras a and b of xdsc itself."""
    found: dict[str, str] = {}
    for text in texts:
        if own := re.fullmatch(r"xdsc\[([\w,-]+)\]", text):
            for extra in own[1].split(","):
                found |= with_extras(project, project["optional-dependencies"][extra])
        else:
            name, bounds = requirement(text)
            found[CONDA_NAME.get(name, name)] = bounds
    return found


def supported(project: dict) -> tuple[int, int]:
    """Of Python 3: the first minor version that is supported, and the first that is not."""
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    return int(low), int(high)


@pytest.fixture(scope="module")
def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_forge_only(conda):
    assert conda["channels"] == ["conda-forge"]


def test_same_requirements(pyproject, conda):
    project = pyproject["project"]
    wanted = with_extras(
        project, [*project["dependencies"], "xdsc[dev]", *pyproject["build-system"]["requires"]]
    )
    wanted |= {"python": project["requires-python"]} | ONLY_CONDA
    assert dict(requirement(text) for text in conda["dependencies"]) == wanted


def test_the_recipe_of_conda_needs_the_same(pyproject):
    project = pyproject["project"]
    text = (ROOT / ".github/conda/recipe.yaml").read_text(encoding="utf-8")
    lowest = f"3.{supported(project)[0]}"
    recipe = yaml.safe_load(text.replace("${{ python_min }}", lowest))
    assert recipe["context"]["python_min"] == lowest
    wanted = with_extras(project, project["dependencies"]) | {"python": project["requires-python"]}
    assert dict(requirement(text) for text in recipe["requirements"]["run"]) == wanted
    built = dict(requirement(text) for text in recipe["requirements"]["host"][1:])
    assert built == with_extras(project, pyproject["build-system"]["requires"]) | ONLY_CONDA
    assert recipe["context"]["version"] == xdsc.__version__
    assert recipe["about"]["summary"] == project["description"]


def test_ci_runs_on_the_supported_pythons(pyproject):
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
    low, high = supported(pyproject["project"])
    pythons = [f"3.{n}" for n in range(low, high)]
    assert workflow["jobs"]["newest"]["strategy"]["matrix"]["python"] == pythons
    lowest = workflow["jobs"]["lowest"]["steps"][1]
    assert lowest["with"]["python-version"] == pythons[0]


def test_classifiers_name_the_supported_pythons(pyproject):
    project = pyproject["project"]
    low, high = supported(project)
    expected = [f"Programming Language :: Python :: 3.{n}" for n in range(low, high)]
    stated = [c for c in project["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert stated == expected


def test_the_light_distribution_is_the_same_without_tensorflow(monkeypatch):
    """What builds it runs without what calls it."""
    caller = SimpleNamespace(MetadataHookInterface=object)
    monkeypatch.setitem(sys.modules, "hatchling.metadata.plugin.interface", caller)
    light = runpy.run_path(str(ROOT / "packaging/core/hatch_build.py"))["light"]
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = light(whole)
    assert set(whole["dependencies"]) - set(found["dependencies"]) == {"tensorflow>=2.19"}
    assert set(found["dependencies"]) < set(whole["dependencies"])
    assert found["optional-dependencies"]["tensorflow"] == ["tensorflow>=2.19"]
    assert "xdsc-core[plot]" in found["optional-dependencies"]["maps"]
    own = tomllib.loads((ROOT / "packaging/core/pyproject.toml").read_text())["project"]
    assert set(own["dynamic"]) <= {*found, "version"}
