"""A fitted method and what goes with it: all that is needed to say something about frames."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from xdsc.errors import ParameterError, message
from xdsc.frames import Frames
from xdsc.labels import NO_LABEL
from xdsc.methods.base import ClusteringMethod, MethodState
from xdsc.model.record.arguments import MethodArguments
from xdsc.model.record.novelty import Novelty
from xdsc.parallel import ONE_NETWORK, settle_after_fork

Question: TypeAlias = Literal["labels", "membership", "embedding", "reconstruction", "novelty"]

# What a method must be able to do to answer, and what the answers are called.
_ABILITIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "labels": ("predict", "labels of other frames"),
        "membership": ("predict_proba", "memberships"),
        "embedding": ("transform", "embeddings"),
        "reconstruction": ("reconstruct", "reconstructions"),
    }
)


# Methods that came to this process from another one, the last used at the end.
_RESTORED: OrderedDict[str, ClusteringMethod] = OrderedDict()
_MOST_RESTORED = 4


class FittedMethod:
    """A fitted method that answers questions about frames, in this process or in another one.

    It travels as its arguments and its state, since networks do not, and is restored once a
    process.

    Parameters
    ----------
    arguments : MethodArguments
        How the method was made.
    method : ClusteringMethod
        The method, fitted.
    order : numpy.ndarray of int, shape (K,)
        ``order[label] = cluster``.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data.
    fill : numpy.ndarray, shape (V,)
        What masked cells hold.
    novelty : Novelty or None
        What is learnt of the distances of the fitted frames; None where that was not asked for.

    Attributes
    ----------
    key : str
        Tells it from all others.
    """

    def __init__(
        self,
        arguments: MethodArguments,
        method: ClusteringMethod,
        *,
        order: npt.NDArray[np.intp],
        mask: npt.NDArray[np.bool_],
        fill: npt.NDArray[np.floating],
        novelty: Novelty | None,
    ) -> None:
        self.arguments, self.order, self.mask, self.fill = arguments, order, mask, fill
        self.novelty, self.key = novelty, uuid4().hex
        self._method: ClusteringMethod | None = method
        self._state: MethodState | None = None

    def __getstate__(self) -> dict[str, Any]:
        state = self._state if self._method is None else self._method.state()
        return {**vars(self), "_method": None, "_state": state}

    def __dask_tokenize__(self) -> str:
        return self.key

    @property
    def window(self) -> int:
        """W, the consecutive frames that an answer depends on; 1 for most methods."""
        return self.method.window_

    @property
    def method(self) -> ClusteringMethod:
        """The method, restored where it came from another process."""
        if self._method is not None:
            return self._method
        with ONE_NETWORK:
            if self.key not in _RESTORED:
                assert self._state is not None
                _RESTORED[self.key] = self.arguments.make().restore(self._state)
                if len(_RESTORED) > _MOST_RESTORED:
                    _RESTORED.popitem(last=False)
            _RESTORED.move_to_end(self.key)
            return _RESTORED[self.key]

    def check(self, question: Question) -> None:
        """Raise `ParameterError` where the method does not know the answer."""
        if question == "novelty":
            return
        ability, answers = _ABILITIES[question]
        if ability not in self.method.abilities:
            raise ParameterError(
                message(
                    f"a method that gives {answers}",
                    f"method={self.arguments.name!r}",
                    "fit with method='dsc'",
                )
            )

    def shape(self, question: Question) -> Any:
        """Shape of the answer for one frame."""
        if question == "embedding":
            # Methods need a frame to show the shape of their answer.
            return self.answer_for_nothing(question).shape[1:]
        return {"membership": self.order.shape, "reconstruction": self.mask.shape}.get(question, ())

    def answer_for_nothing(self, question: Question) -> np.ndarray:
        """The answer for one frame that holds nothing but fill values, (1, ...)."""
        one = np.broadcast_to(self.fill, (1, *self.mask.shape)).astype("float32")
        frames = Frames.from_block(one, np.zeros(1, int), (), self.mask, self.fill)
        return self.answer(frames, question)

    def answer(self, frames: Frames, question: Question) -> np.ndarray:
        """What is to be said about N frames.

        Returns
        -------
        numpy.ndarray
            "labels": int32, (N,), -1 for noise. All others are float32. "membership": (N, K), in
            the order of the labels. "embedding": (N, M). "reconstruction": (N, H, L, V), NaN in
            masked cells. "novelty": (N,).

        Raises
        ------
        ParameterError
            The method does not know.
        """
        self.check(question)
        if question == "novelty":
            assert self.novelty is not None
            return self.novelty.rank(frames).astype("float32")
        found = self._ask(_ABILITIES[question][0], frames)
        if question == "labels":
            return numbered(found, self.order)
        if question == "membership":
            found = found[:, self.order]
        elif question == "reconstruction":
            found = np.where(self.mask, found, np.nan)
        return np.asarray(found, dtype="float32")

    def _ask(self, ability: str, frames: Frames) -> np.ndarray:
        method: Any = self.method
        settle_after_fork()
        n = len(frames)
        if not n:
            one = np.broadcast_to(frames.fill, (1, *frames.shape))
            frames = replace(frames, values=one, runs=np.array([[0, 1]]), steps=np.array([0]))
        # Networks see to it themselves; nobody knows the objects of users.
        alone: Any = nullcontext() if method.concurrent else ONE_NETWORK
        with alone:
            found: np.ndarray = getattr(method, ability)(frames)[:n]
        return found


def numbered(found: np.ndarray, order: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """Labels of the clusters of N frames, (N,), where ``order[label] = cluster``; -1 stays."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.where(found >= 0, rank[np.maximum(found, 0)], NO_LABEL).astype(np.int32)


def missing_value(question: Question) -> float:
    """What stands where there is no frame."""
    return NO_LABEL if question == "labels" else np.nan
