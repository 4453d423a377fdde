"""The page on PyPI is README.md, with links that lead somewhere."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_links_of_the_readme_lead_to_files():
    links = LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert inside
    assert [link for link in inside if not (ROOT / link.split("#")[0]).exists()] == []


def test_links_on_the_page_are_absolute():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    page = "".join((ROOT / part["path"]).read_text(encoding="utf-8") for part in hook["fragments"])
    for change in hook["substitutions"]:
        page = re.sub(change["pattern"], change["replacement"], page)
    links = LINK.findall(page)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
