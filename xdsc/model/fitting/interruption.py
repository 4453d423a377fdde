"""What is said of a fit that the user has ended."""

from __future__ import annotations

import os
from typing import Any

from xdsc.errors import message


def interruption(where: str, checkpoint: Any) -> str:
    """What is left of a fit that was ended, and how to go on.

    Parameters
    ----------
    where : str
        As "in epoch 3 of the phase 'joint'".
    checkpoint : str, path or None
        The folder of the fit.
    """
    if checkpoint is None:
        on = "the next fit with checkpoint='run1' can be gone on with"
    else:
        on = f"call fit again with checkpoint={os.fspath(checkpoint)!r} to go on"
    return message(
        "a fit that is trained to its end",
        f"Ctrl-C {where}: no labels are returned, and the best model so far is kept",
        f"use it as it is, ds = ds.dsc.model.label(ds), or for a Dataset without a name "
        f"model = sys.last_value.model; {on}",
    )
