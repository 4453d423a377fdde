"""The prepared (time, lat, lon, variable) block: in memory or in a file, whole or by pieces."""

from xdsc.frames.frames import Frames

__all__ = ["Frames"]
