"""A folder in which a deep method keeps what it needs to go on with a fit that was cut off.

``fit.xdsc`` says which fit it is, ``start-1.xdsc`` and so on hold where each start is; both in the
format of `xdsc.storage`, and each is replaced as a whole.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from pathlib import Path
from typing import Any

import numpy as np

from xdsc.errors import ParameterError, Problems, StorageError, message
from xdsc.frames import Frames
from xdsc.frames.budget import readable
from xdsc.frames.fingerprint import fingerprint
from xdsc.frames.scratch import StreamedValues
from xdsc.methods.deep.option_json import options_to_json
from xdsc.networks import TrainingSnapshot, backend_in_use
from xdsc.storage import Contents, from_json, read, to_json, write
from xdsc.storage.paths import on_disk
from xdsc.storage.temporary import remove_abandoned
from xdsc.versions import own_version

#: Arguments that the result of a start does not depend on. The seed is compared by itself.
_NO_MATTER = ("progress", "checkpoint", "n_init", "random_state")
_NUMBERS = ("phase", "epochs", "at", "quiet", "loss", "history")


class Checkpoints:
    """The folder of one fit.

    Parameters
    ----------
    folder : path
        Absolute; made where it is not there.
    fit : dict
        What `fit_of` gives.

    Attributes
    ----------
    seed : int or None
        That of the fit that the folder holds; None where it holds none.

    Raises
    ------
    ParameterError
        The folder holds another fit; says what differs.
    StorageError
        A file is damaged, or the folder cannot be made.
    """

    def __init__(self, folder: Path, fit: dict[str, Any]) -> None:
        self.folder, self.fit = folder, fit
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                message(f"{folder} to be made", f"{error}", "check the path and permissions")
            ) from error
        remove_abandoned(folder)
        self.seed: int | None = None
        if self._head.exists():
            there = _read(self._head).config
            self._check(from_json(there.get("fit")))
            self.seed = there.get("seed")

    @property
    def _head(self) -> Path:
        return self.folder / "fit.xdsc"

    def seed_or(self, random_state: int | None) -> int | None:
        """The seed that was given, or else that of the fit that is there."""
        return self.seed if random_state is None else random_state

    def begin(self, seed: int) -> None:
        """Say in the folder which fit it is for, if that is not there yet.

        Raises
        ------
        ParameterError
            It was begun with another seed.
        """
        if self.seed is None:
            self.seed = seed
            write(self._head, Contents({"kind": "fit", "fit": to_json(self.fit), "seed": seed}))
        elif self.seed != seed:
            raise self._another([f"random_state={self.seed}, not {seed}"])

    def beside(self, name: str) -> Checkpoints:
        """A folder within this one, of the same fit, for other starts."""
        assert self.seed is not None
        found = Checkpoints(self.folder / name, self.fit)
        found.begin(self.seed)
        return found

    def seen_here(self) -> Checkpoints:
        """The same folder as this process, a worker, sees it.

        Raises
        ------
        StorageError
            It does not see what the user's process has begun.
        ParameterError
            It has another Keras, or another version of xdsc.
        """
        here = {"xdsc": own_version(), **backend_in_use()}
        found = Checkpoints(self.folder, {**self.fit, **here})
        if found.seed is None:
            raise StorageError(
                message(
                    "checkpoint= to be a folder that all workers of the Dask client share",
                    f"{self.folder}, which they do not see",
                    "give one on a shared disk, or leave checkpoint= out",
                )
            )
        return found

    def load(self, place: int) -> TrainingSnapshot | None:
        """Where a start is; None if it is not begun."""
        path = self._path(place)
        if not path.exists():
            return None
        contents = _read(path)
        if contents.config.get("fit") != self._key:
            raise self._another([f"the file {path.name}"])
        try:
            numbers = {name: from_json(contents.config[name]) for name in _NUMBERS}
        except KeyError as error:
            raise _damaged(path, f"no {error}") from error
        return TrainingSnapshot(**numbers, arrays=contents.arrays)

    def save(self, place: int, snapshot: TrainingSnapshot) -> None:
        """Keep where a start is. One that has diverged stays where it was finite."""
        if not all(np.isfinite(array).all() for array in snapshot.arrays.values()):
            return
        numbers = {name: to_json(getattr(snapshot, name), name) for name in _NUMBERS}
        config = {"kind": "start", "fit": self._key, **numbers}
        write(self._path(place), Contents(config, dict(snapshot.arrays)))

    def _path(self, place: int) -> Path:
        return self.folder / f"start-{place + 1}.xdsc"

    @property
    def _key(self) -> str:
        return hashlib.sha256(repr((to_json(self.fit), self.seed)).encode()).hexdigest()

    def _check(self, there: Any) -> None:
        """Raise `ParameterError` with what differs from the fit that is there."""
        there = there if isinstance(there, dict) else {}
        differing = [
            f"{name}={_short(there.get(name))}, not {_short(self.fit.get(name))}"
            for name in {**self.fit, **there}
            if to_json(there.get(name)) != to_json(self.fit.get(name))
        ]
        if differing:
            # Other methods have other arguments.
            raise self._another(differing[:1] if differing[0].startswith("method=") else differing)

    def _another(self, differing: list[str]) -> ParameterError:
        more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
        return ParameterError(
            message(
                f"checkpoint={str(self.folder)!r} to be empty, or to hold this very fit",
                f"that of another one: {'; '.join(differing[:4])}{more}",
                "give another folder, or delete this one",
            )
        )


def is_checkpoint(contents: Contents) -> bool:
    """Whether a file is one of a checkpoint, and no model."""
    return contents.config.get("kind") in ("fit", "start")


def fit_of(method: Any, frames: Frames, init: np.ndarray | None = None) -> dict[str, Any]:
    """What decides about the result of a fit besides its seed.

    Arguments of the method, the frames (a hash of every value, read in blocks), labels to begin
    with, versions and backend.
    """
    names = inspect.signature(type(method)).parameters
    given = {name: getattr(method, name) for name in names if name not in _NO_MATTER}
    # The order in which streamed frames are trained on depends on how many are in memory at once.
    budget: dict[str, Any] = {}
    if isinstance(frames.values, StreamedValues):
        budget = {"memory_budget": readable(frames.values.budget)}
    return {
        "method": type(method).__name__,
        **options_to_json(given),
        **budget,
        **({} if init is None else {"init": hashlib.sha256(init.tobytes()).hexdigest()}),
        "data": fingerprint(frames),
        "xdsc": own_version(),
        **backend_in_use(),
    }


def check_folder(problems: Problems, checkpoint: Any) -> None:
    """Note a problem unless `checkpoint` is None or can be a folder on a disk."""
    if checkpoint is None:
        return
    expected = "checkpoint= to be a folder on a disk"
    remedy = "use checkpoint='run1'; copy the folder where it is to be kept"
    received = f"{checkpoint!r:.200}"
    try:
        # An empty name would be the folder that one works in.
        if os.fspath(checkpoint) and not folder_of(checkpoint).is_file():
            return
    except (StorageError, TypeError):
        pass
    except OSError as error:
        received += f", {error}"
    problems.add(message(expected, received, remedy))


def folder_of(checkpoint: str | os.PathLike[str]) -> Path:
    """The absolute path, since workers may be in another folder."""
    return on_disk(checkpoint).absolute()


def _read(path: Path) -> Contents:
    try:
        return read(path)
    except StorageError as error:
        # What to do about a saved model is another thing.
        raise _damaged(path, str(error).partition(". To fix: ")[0]) from error


def _damaged(path: Path, what: str) -> StorageError:
    return StorageError(
        message(
            "a whole checkpoint",
            f"{path.name}, which cannot be read ({what})",
            f"delete {path}: what it was for begins anew",
        )
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
