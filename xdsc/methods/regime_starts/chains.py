"""Forward-backward of many Markov chains side by side (Rabiner 1989), in pieces of time.

A chain of N frames takes some 3 sqrt(N) steps of NumPy rather than 2 N: it is cut into pieces,
what each piece makes of every state that it may begin in is found for all pieces at once, the
pieces are joined one after the other, and the frames of all pieces follow at once again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.float64]

_TINY = 1e-300


@dataclass(frozen=True)
class Smoothed:
    """What B chains say of their N frames.

    Attributes
    ----------
    membership : numpy.ndarray, shape (B, N, K)
        Probability of each state, given all frames.
    transitions : numpy.ndarray, shape (B, K, K)
        Expected number of steps from one state to another.
    log_likelihood : numpy.ndarray, shape (B,)
        Of all frames.
    """

    membership: _Array
    transitions: _Array
    log_likelihood: _Array


def smooth(
    log_density: _Array, transition: _Array, initial: _Array, begins: npt.NDArray[np.bool_]
) -> Smoothed:
    """Run B chains forward and backward.

    Parameters
    ----------
    log_density : numpy.ndarray, shape (B, N, K)
        Logarithm of the density of each frame in each state.
    transition : numpy.ndarray, shape (B, K, K)
        Probability of going from one state (row) to another.
    initial : numpy.ndarray, shape (B, K)
        Probability of a state where a run begins.
    begins : numpy.ndarray of bool, shape (B, N)
        Whether a run begins at a frame; at the first one it does.
    """
    b, n, k = log_density.shape
    length = max(1, round(n**0.5))
    pieces = -(-n // length)
    # What is filled up at the end begins anew at each frame and has density 1: it says nothing.
    spare = ((0, 0), (0, pieces * length - n))
    most = log_density.max(axis=2)
    density = np.exp(log_density - most[..., None])
    density = np.pad(density, (*spare, (0, 0)), constant_values=1.0)
    density = density.reshape(b, pieces, length, k)
    anew = np.pad(begins, spare, constant_values=True).reshape(b, pieces, length, 1)
    start = initial[:, None]

    product = np.broadcast_to(np.eye(k), (b, pieces, k, k)).copy()
    for at in range(length):
        moved = (product.reshape(b, -1, k) @ transition).reshape(product.shape)
        restarted = product.sum(axis=3, keepdims=True) * initial[:, None, None]
        moved = np.where(anew[:, :, at, None], restarted, moved) * density[:, :, at, None]
        product = moved / np.maximum(moved.sum(axis=(2, 3), keepdims=True), _TINY)

    entering, leaving = np.empty((b, pieces, k)), np.empty((b, pieces, k))
    state, ahead = initial, np.ones((b, k))
    for at in range(pieces):
        entering[:, at] = state
        state = _normed(np.einsum("bi,bij->bj", state, product[:, at]))
    for at in reversed(range(pieces)):
        leaving[:, at] = ahead
        ahead = _normed(np.einsum("bij,bj->bi", product[:, at], ahead))

    forward, scale = np.empty_like(density), np.empty((b, pieces, length))
    state = entering
    for at in range(length):
        moved = np.where(anew[:, :, at], start, state @ transition) * density[:, :, at]
        total = np.maximum(moved.sum(axis=2), _TINY)
        state = moved / total[..., None]
        forward[:, :, at], scale[:, :, at] = state, total

    backward, ahead = np.empty_like(density), leaving
    back = transition.transpose(0, 2, 1)
    for at in reversed(range(length)):
        backward[:, :, at] = ahead
        here = ahead * density[:, :, at]
        restarted = (here * start).sum(axis=2, keepdims=True)
        ahead = _normed(np.where(anew[:, :, at], restarted, here @ back))

    forward, backward = (x.reshape(b, -1, k)[:, :n] for x in (forward, backward))
    after = density.reshape(b, -1, k)[:, 1:n] * backward[:, 1:]
    stepped = (forward[:, :-1] @ transition * after).sum(axis=2)
    share = np.where(begins[:, 1:], 0.0, 1.0 / np.maximum(stepped, _TINY))
    before = forward[:, :-1] * share[..., None]
    likelihood = np.log(scale).reshape(b, -1)[:, :n].sum(axis=1) + most.sum(axis=1)
    return Smoothed(
        _normed(forward * backward), transition * (before.transpose(0, 2, 1) @ after), likelihood
    )


def _normed(x: _Array) -> _Array:
    found: _Array = x / np.maximum(x.sum(axis=-1, keepdims=True), _TINY)
    return found
