"""Configuration of Sphinx. Nothing here reads from the network, but on Read the Docs."""

import os
import shutil
from pathlib import Path

import cartopy  # noqa: F401  without it maps would be in degrees, and nothing would say so
import sphinx_autosummary_accessors
from nbclient import NotebookClient
from numpydoc.xref import DEFAULT_LINKS

import xdsc
from xdsc.accessor import DSCAccessor
from xdsc.plot import DSCPlot

# The notebooks live beside the docs and are run here, in a copy that git does not see.
HERE = Path(__file__).parent
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns(".*"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# How long a cell took is not for readers.
os.environ.setdefault("TQDM_DISABLE", "1")

# Cells go to their kernel encrypted: a kernel of today warns where they do not.
create_kernel_manager = NotebookClient.create_kernel_manager


def create_encrypted(client):
    manager = create_kernel_manager(client)
    manager.transport_encryption = "auto"
    return manager


NotebookClient.create_kernel_manager = create_encrypted

# Listed as users type it, Dataset.dsc.plot.composites: a property hides what lies behind it.
DSCAccessor.plot = DSCPlot

project = "xdsc"
author = "The xdsc developers"
project_copyright = author
version = release = xdsc.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_autosummary_accessors",
    "sphinx_copybutton",
    "numpydoc",
    "myst_nb",
]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]
exclude_patterns = ["_build", "**.ipynb_checkpoints", "demo.py"]

autosummary_generate = True
default_role = "py:obj"  # names in single backticks are links where they are documented
autodoc_typehints = "none"  # numpydoc's Parameters sections say the types
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
# Numpydoc's own links for words like "sequence" want inventories: they stay words.
numpydoc_xref_aliases = {word: word for word, to in DEFAULT_LINKS.items() if to.startswith(":")}
numpydoc_xref_aliases |= {
    "Dataset": "xarray.Dataset",
    "DataArray": "xarray.DataArray",
    "DataFrame": "pandas.DataFrame",
    "Figure": "matplotlib.figure.Figure",
    "Preprocessor": "xdsc.Preprocessor",
    "ClusterModel": "xdsc.ClusterModel",
    "InputError": "xdsc.InputError",
    "ParameterError": "xdsc.ParameterError",
    "NotFittedError": "xdsc.NotFittedError",
    "StorageError": "xdsc.StorageError",
    "XdscWarning": "xdsc.XdscWarning",
}
numpydoc_xref_ignore = "all"  # but these aliases: most words of types are no classes

# Links to what others document need their inventories, from the network: the checks have none.
if os.environ.get("READTHEDOCS"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "dask": ("https://docs.dask.org/en/stable", None),
        "matplotlib": ("https://matplotlib.org/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "xarray": ("https://docs.xarray.dev/en/stable", None),
    }
numpydoc_class_members_toctree = False

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

html_theme = "pydata_sphinx_theme"
html_title = "xdsc"
html_theme_options = {
    "navigation_with_keys": False,
    "navbar_center": [],
    "navbar_persistent": ["search-button-field"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}
html_sidebars = {"**": ["sidebar.html"]}
html_static_path = ["_static"]
html_css_files = ["xdsc.css"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
