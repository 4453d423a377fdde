"""What tells prepared frames from all others."""

from __future__ import annotations

import hashlib

import numpy as np

from xdsc.frames.frames import Frames
from xdsc.frames.values import slices


def fingerprint(frames: Frames) -> str:
    """Hash of frames: their values, mask, place in time and variables.

    Values are read a block at a time, those that are streamed too. What masked cells hold follows
    from the others, and is left out.

    Returns
    -------
    str
        SHA-256, in hexadecimal digits.
    """
    shape = (len(frames), *frames.shape)
    found = hashlib.sha256(repr((shape, frames.samples, frames.variables)).encode())
    for part, dtype in ((frames.mask, "bool"), (frames.steps, "int64"), (frames.runs, "int64")):
        found.update(np.ascontiguousarray(part, dtype).tobytes())
    for at in slices(frames.values):
        found.update(np.ascontiguousarray(frames.values[at][:, frames.mask]).data)
    return found.hexdigest()
