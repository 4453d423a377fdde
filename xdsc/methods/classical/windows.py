"""Windows of consecutive frames, none of which crosses a gap in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xdsc.networks.segments import frames_before

#: A window takes the memory of its frames, for each frame.
LONGEST_WINDOW = 10_000


def window_indices(runs: np.ndarray, window: int) -> npt.NDArray[np.intp]:
    """Frames of the window of each frame.

    Parameters
    ----------
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs that N frames lie in, one after the other.
    window : int
        W. A window is centred on its frame, with one more frame before than after it if W is even.

    Returns
    -------
    numpy.ndarray of int, shape (N, W)
        At the ends of a run they go beyond it; see `within_runs`.

    Examples
    --------
    >>> window_indices(np.array([[0, 2], [2, 5]]), 3)
    array([[-1,  0,  1],
           [ 0,  1,  2],
           [ 1,  2,  3],
           [ 2,  3,  4],
           [ 3,  4,  5]])
    """
    n = int(np.asarray(runs)[:, 1].max(initial=0))
    return np.arange(n)[:, None] + np.arange(window) - frames_before(window)


def within_runs(index: npt.NDArray[np.intp], runs: np.ndarray) -> npt.NDArray[np.intp]:
    """Windows, (N, W), whose places beyond a run have its first or last frame, (N, W).

    Examples
    --------
    >>> runs = np.array([[0, 2], [2, 5]])
    >>> within_runs(window_indices(runs, 3), runs)
    array([[0, 0, 1],
           [0, 1, 1],
           [2, 2, 3],
           [2, 3, 4],
           [3, 4, 4]])
    """
    first, stop = np.repeat(np.asarray(runs), np.diff(runs, axis=1)[:, 0], axis=0).T
    found: npt.NDArray[np.intp] = np.clip(index, first[:, None], stop[:, None] - 1)
    return found


def windows_of(rows: np.ndarray, runs: np.ndarray, window: int) -> np.ndarray:
    """Rows of the window of each frame beside each other; the edges of runs are repeated.

    Parameters
    ----------
    rows : numpy.ndarray, shape (N, features)
        One row a frame.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs of frames.
    window : int
        W.

    Returns
    -------
    numpy.ndarray, shape (N, W * features)

    Examples
    --------
    >>> windows_of(np.array([[1.0], [2.0], [3.0]]), np.array([[0, 3]]), 3)
    array([[1., 1., 2.],
           [1., 2., 3.],
           [2., 3., 3.]])
    """
    return rows[within_runs(window_indices(runs, window), runs)].reshape(len(rows), -1)
