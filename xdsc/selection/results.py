"""Runs that were done, in memory and, if wanted, in a file that outlives an interruption.

The file is JSON Lines. The first line says what the data were, each other line is a run, written
and synchronised when the run ends. Of two lines for the same run the later one counts.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from xdsc.errors import InputError, ParameterError, StorageError, message
from xdsc.frames.disk import is_full, no_room, require_room
from xdsc.metrics import METRICS, Score
from xdsc.storage.paths import on_disk

FORMAT, VERSION = "xdsc comparison", 1

# Bytes in the file: of a run beside its labels, and of a label, "12, ".
_OF_RUN, _OF_LABEL = 2000, 4
# What the file is for, and what to do where there is no room for it.
_WHAT = (
    "runs in the results file",
    (
        "make room and call again, which keeps all runs that are done, or choose another disk, "
        "results='/path/to/runs.jsonl'"
    ),
)


@dataclass(frozen=True)
class Run:
    """One method, fitted once.

    Attributes
    ----------
    task : mapping
        What was run, as JSON: method, options and k.
    seed : int or None
        None where the method draws no random numbers, so that one run stands for all.
    labels : numpy.ndarray of int32, shape (T,)
        Regimes, numbered by falling frequency; -1 for none, and at all times after a failure.
    seconds : float
        Wall time of the fit; NaN after a failure.
    scores : mapping of str to Score
        By metric.
    scored : mapping
        What the scores depend on besides the labels: space, sample, truth.
    error : str
        What went wrong; empty where nothing did.
    versions : str
        Packages that the run was made with.
    """

    task: Mapping[str, Any]
    seed: int | None
    labels: np.ndarray
    seconds: float = float("nan")
    scores: Mapping[str, Score] = field(default_factory=dict)
    scored: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    versions: str = ""

    def has(self, names: list[str], scored: Mapping[str, Any]) -> bool:
        """Whether the metrics `names` are there, scored in the way asked for."""
        return self.scored == scored and set(names) <= set(self.scores)

    def to_json(self) -> str:
        """One line of the file."""
        found = {
            name: [_number(score.value), bool(score.sampled), int(score.n_used)]
            for name, score in self.scores.items()
        }
        line = {
            "task": self.task,
            "seed": self.seed,
            "seconds": _number(self.seconds),
            "scores": found,
            "scored": self.scored,
            "error": self.error,
            "versions": self.versions,
            "labels": self.labels.tolist(),
        }
        return json.dumps(line)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The run of a line."""
        line = json.loads(text)
        # A metric of another version of xdsc is left out, not guessed at.
        line["scores"] = {
            name: Score(float(value), METRICS[name].direction, sampled, n_used)
            for name, (value, sampled, n_used) in line["scores"].items()
            if name in METRICS
        }
        line["labels"] = np.array(line["labels"], dtype=np.int32)
        line["seconds"] = float(line["seconds"])
        return cls(**line)


class Runs:
    """Every run that was done on one prepared Dataset.

    Parameters
    ----------
    path : Path, optional
        File to read and to append to; it is made where it is not there. None keeps all in memory.
    header : mapping
        What the data were: the fingerprint of their frames, and words.

    Raises
    ------
    InputError
        The file holds something else; it is left as it is.
    """

    def __init__(self, path: Path | None, header: Mapping[str, Any]) -> None:
        self._path = path
        self._runs: dict[str, Run] = {}
        if self._path is None:
            return
        ours = json.dumps({"format": FORMAT, "format_version": VERSION, **header}) + "\n"
        content = self._path.read_bytes() if self._path.exists() else b""
        # Nothing, or a header that was cut off while it was written.
        if ours.encode().startswith(content):
            self._path.write_text(ours, encoding="utf-8")
            return
        self._read(content, ours)

    def find(self, task: Mapping[str, Any], seed: int) -> Run | None:
        """The run of a task with a seed, or the one run of a task without any random numbers."""
        return self._runs.get(_key(task, seed)) or self._runs.get(_key(task, None))

    def add(self, run: Run) -> None:
        """Remember a run; in the file it is safe when this returns."""
        self._runs[_key(run.task, run.seed)] = run
        if self._path is None:
            return
        line, before = run.to_json() + "\n", self._path.stat().st_size
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self._path, before)
            if is_full(error):
                raise no_room(len(line), self._path.parent, *_WHAT, StorageError) from error
            raise StorageError(
                message(
                    f"room for a run in the results file {str(self._path)!r}",
                    f"{error}",
                    "make room and call again: all runs before this one are kept",
                )
            ) from error

    def _read(self, content: bytes, ours: str) -> None:
        assert self._path is not None
        complete = content[: content.rfind(b"\n") + 1]
        lines = complete.decode("utf-8", errors="replace").split("\n")[:-1]
        _check_header(lines[0] if lines else "", ours, self._path)
        for number, line in enumerate(lines[1:], start=2):
            try:
                run = Run.from_json(line)
            except (ValueError, TypeError, KeyError, AttributeError):
                raise InputError(
                    message(
                        f"a run in line {number} of the results file {str(self._path)!r}",
                        f"{line[:60]!r}",
                        "repair or delete that line, or pass the path of a new file",
                    )
                ) from None
            # A failure is no result: it is told at the end of its comparison, and tried again.
            if not run.error:
                self._runs[_key(run.task, run.seed)] = run
        if len(complete) < len(content):
            os.truncate(self._path, len(complete))


def check_room_for_runs(path: Path | None, n_runs: int, samples: int) -> None:
    """Raise `StorageError` where the disk has no room for runs that are to come.

    Parameters
    ----------
    path : Path, optional
        The results file.
    n_runs, samples : int
        Number of runs, and of labels of each.
    """
    if path is not None:
        need = n_runs * (_OF_RUN + _OF_LABEL * samples)
        require_room(need, path.absolute().parent, *_WHAT, StorageError)


def place_for(path: Any) -> Path | None:
    """The file that runs are kept in; raises `ParameterError`, before anything is done, if none.

    A file that is not there is made for a moment, which is the only way to know that it can be.
    """
    if path is None:
        return None
    expected = "results= to be the name of a file to write to"
    remedy = "use results='runs.jsonl', in a folder that is there and yours"
    received = f"results={path!r:.200}"
    try:
        place = on_disk(path)
        if not place.name:
            raise TypeError
        there = place.exists()
        if there and not place.is_file():
            kind = "a folder" if place.is_dir() else "no plain file"
            raise ParameterError(message(expected, f"{received}, which is {kind}", remedy))
        # Neither is anything of it changed, nor does anybody wait.
        with place.open("ab"):
            pass
        if there:
            with place.open("rb"):
                pass
        else:
            place.unlink()
        return place
    except (OSError, TypeError) as error:
        # Where it is no path, what is expected says so already.
        is_path = str(error) and not isinstance(error, StorageError)
        why = f": {error}" if is_path else ""
        raise ParameterError(message(expected, f"{received}{why}", remedy)) from error


def rescored(run: Run, scores: Mapping[str, Score], scored: Mapping[str, Any]) -> Run:
    """The same run with other scores; those that were made in the same way are kept."""
    kept = run.scores if run.scored == scored else {}
    return replace(run, scores={**kept, **scores}, scored=dict(scored))


def _check_header(first: str, ours: str, path: Path) -> None:
    """Raise InputError where the file is about something else."""
    wanted = json.loads(ours)
    try:
        found = json.loads(first)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(
            message(
                f"results= to be the path of a new file or of a results file, {str(path)!r}",
                "a file that holds something else",
                "choose another path; nothing was changed",
            )
        )
    differ = [key for key in wanted if found.get(key) != wanted[key]]
    if differ:
        raise InputError(
            message(
                f"a results file of the same prepared data, {str(path)!r}",
                "; ".join(f"{key} {found.get(key)} instead of {wanted[key]}" for key in differ),
                "choose another path, or prepare the Dataset as it was then; nothing was changed",
            )
        )


def _key(task: Mapping[str, Any], seed: int | None) -> str:
    return json.dumps([task, seed], sort_keys=True)


def _number(value: float) -> float | str:
    """JSON has no NaN and no infinity, but Python reads both from text."""
    return float(value) if np.isfinite(value) else str(float(value))
