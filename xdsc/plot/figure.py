"""The class of the figures. Imports matplotlib: only to be imported when a figure is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import get_backend
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

_INLINE = {"inline", "module://matplotlib_inline.backend_inline"}


class ShownOnce(Figure):
    """A pyplot figure that a notebook does not show a second time at the end of its cell.

    Notebooks show the value of a cell's last line, and then all figures that pyplot still holds. A
    figure that is both came twice. This one leaves pyplot when it is shown; the notebook would
    have closed it a moment later. Figures that are not the last line, and figures outside of
    notebooks, are pyplot's as ever: loops of figures and ``plt.show()`` work.
    """

    def __repr__(self) -> str:
        return super().__repr__().replace(type(self).__name__, "Figure")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Add nothing to what Jupyter shows; called when it does."""
        if get_backend() in _INLINE:
            import matplotlib.pyplot as plt

            plt.close(self)
        return {}


class Compressed(ConstrainedLayoutEngine):
    """Matplotlib's layout "compressed", again where panels have moved.

    It measures what is written around a panel from the place that the panel could fill, and panels
    of a fixed shape are smaller: at first there is too little room for titles and labels.
    """

    def __init__(self) -> None:
        super().__init__(compress=True)

    def execute(self, fig: Figure) -> Any:
        """Place the panels of a figure, when it is drawn."""
        before = _places(fig)
        found = super().execute(fig)
        return found if np.allclose(before, _places(fig), atol=1e-3) else super().execute(fig)


def _places(fig: Figure) -> list[Any]:
    return [panel.get_position(original=True).extents for panel in fig.axes]
