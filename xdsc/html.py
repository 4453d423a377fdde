"""What notebooks show: a table, and what folds out below it, in the colours of the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import xarray as xr

#: Colours are those that JupyterLab and pydata-sphinx-theme name, dark or light; where neither is
#: there, those of the text around.
_STYLE = """<style>
.xdsc-repr { color: var(--jp-content-font-color0, var(--pst-color-text-base, inherit));
  line-height: 1.5; max-width: 60em; }
.xdsc-repr table { border-collapse: collapse; margin: 2px 0 4px; background: none; color: inherit; }
.xdsc-repr tr, .xdsc-repr th, .xdsc-repr td { background: none !important; border: none;
  color: inherit; text-align: left; vertical-align: top; padding: 1px 14px 1px 0;
  white-space: normal; overflow-wrap: anywhere; }
.xdsc-rows th, .xdsc-rows td { text-align: left !important; }
.xdsc-repr th { font-weight: normal; white-space: nowrap; opacity: 0.65; }
.xdsc-repr thead th { font-weight: bold; }
.xdsc-repr details { border-top: 1px solid
  var(--jp-border-color2, var(--pst-color-border, rgba(128, 128, 128, 0.4))); padding: 2px 0; }
.xdsc-repr summary { cursor: pointer; }
</style>"""


def html_repr(
    title: str,
    rows: Mapping[str, str],
    sections: Mapping[str, Mapping[str, str] | str],
    plain: str,
) -> str:
    """HTML of an object, or its plain text where xarray's ``display_style`` is "text".

    Parameters
    ----------
    title : str
        What it is.
    rows : mapping of str to str
        What is always seen, by name; text.
    sections : mapping of str to mapping or str
        What folds out, by title: rows, or HTML. Empty ones are left out.
    plain : str
        The repr.

    Examples
    --------
    >>> with xr.set_options(display_style="text"):
    ...     html_repr("Model", {"k": "7"}, {}, "<Model k=7>")
    '<pre>&lt;Model k=7&gt;</pre>'
    """
    if xr.get_options()["display_style"] == "text":  # type: ignore[no-untyped-call]
        return f"<pre>{escape(plain)}</pre>"
    folded = "".join(
        f"<details><summary>{escape(name)}</summary>{_body(content)}</details>"
        for name, content in sections.items()
        if content
    )
    return f'{_STYLE}<div class="xdsc-repr"><b>{escape(title)}</b>{_table(rows)}{folded}</div>'


def _body(content: Mapping[str, str] | str) -> str:
    return content if isinstance(content, str) else _table(content)


def _table(rows: Mapping[str, str]) -> str:
    body = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows.items()
    )
    return f'<table class="xdsc-rows"><tbody>{body}</tbody></table>' if body else ""
