"""Another Dataset, prepared as the fitted one, so that its frames can be asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import xarray as xr

from xdsc.cf import require_dataset
from xdsc.errors import InputError, ParameterError, message, warn_user
from xdsc.frames import Frames
from xdsc.frames.chunks import is_lazy, warn_of_chunks
from xdsc.model.answering.answers import Answers, AnswersAtOnce
from xdsc.model.answering.lazy_answers import AnswersByBlock
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.fit import Fit
from xdsc.preprocessing import Climatology, Preprocessor, Provenance, is_prepared, prepare
from xdsc.preprocessing.carry.align import align


def prepared_like(
    fit: Fit,
    arguments: Arguments,
    ds: xr.Dataset,
    climatology: Climatology = "fitted",
    names: Mapping[str, str] | None = None,
    regrid: str | None = None,
) -> tuple[xr.Dataset, Answers]:
    """A Dataset prepared as the fitted one, and the answers about its frames.

    Parameters
    ----------
    fit : Fit
        What it is to go with.
    arguments : Arguments
        Those of the model, for the names of the axes.
    ds, climatology, names, regrid
        See `ClusterModel.predict`.

    Raises
    ------
    InputError
        `ds` does not go with the fitted Dataset; all differences are named.
    ParameterError
        `climatology`, `names` or `regrid` are wrong, or given for a prepared Dataset.

    Warns
    -----
    XdscWarning
        Every time step of data in memory is missing.
    """
    require_dataset(ds)
    if is_prepared(ds):
        check_nothing_to_bring(climatology, names, regrid)
    else:
        preprocessor_of(fit)
    found = prepare(
        ds,
        None if is_prepared(ds) else fit.preprocessor,
        given=arguments.given,
        climatology=climatology,
        names=names,
        regrid=regrid,
    )
    prepared, variables = found.ds, fit.variables
    check_same_preparation(fit, found.provenance)
    check_there(variables, prepared)
    prepared, axes = align(prepared, found.axes, fit.grid)
    step = found.provenance.step
    if is_lazy(prepared, variables):
        warn_of_chunks(prepared, axes, variables, in_blocks=True)
        return prepared, AnswersByBlock(
            ds=ds,
            axes=axes,
            positions=found.positions,
            prepared=prepared,
            variables=variables,
            step=step,
        )
    method = fit.method
    frames = Frames.from_dataset(prepared, axes, variables, method.mask, method.fill, step)
    if prepared.sizes[axes.time] and not len(frames):
        warn_user(
            message(
                "a time step with half of the values that the fitted Dataset has in its cells",
                "less in each, so that none gets a label",
                "use data that hold most of the fitted cells, or fit without the others",
            )
        )
    return prepared, AnswersAtOnce(ds=ds, axes=axes, positions=found.positions, frames=frames)


def preprocessor_of(fit: Fit) -> Preprocessor:
    """What prepares a Dataset that is not; an error where the model does not know how to."""
    if fit.preprocessor is None:
        raise InputError(
            message(
                "a prepared Dataset, since the model was fitted on one that was prepared elsewhere",
                "a Dataset that is not",
                "prepare it in the same way, with the same Preprocessor",
            )
        )
    return fit.preprocessor


def check_same_preparation(fit: Fit, provenance: Provenance) -> None:
    """Raise where a Dataset was prepared by others than what prepared the fitted one."""
    if (received := dict(provenance.settings)) != fit.preparation:
        raise InputError(
            message(
                f"a Dataset prepared as the fitted one, {fit.preparation}",
                f"one prepared with {received}",
                "pass the unprepared Dataset; the model prepares it as it did the fitted one",
            )
        )
    if provenance.fit != fit.fingerprint:
        raise InputError(
            message(
                "a Dataset prepared together with the fitted one",
                "one with a preparation of its own: other ranges, another climatology",
                "pass the unprepared Dataset; the model prepares it as it did the fitted one",
            )
        )


def check_nothing_to_bring(climatology: Climatology, names: object, regrid: object) -> None:
    """Raise where a prepared Dataset is to be brought in line, which comes before preparing."""
    fitted = isinstance(climatology, str) and climatology == "fitted"
    if not fitted or names is not None or regrid is not None:
        raise ParameterError(
            message(
                "a Dataset that is not prepared for climatology=, names= and regrid=",
                "a prepared one",
                "pass the Dataset as it was before preprocess()",
            )
        )


def check_there(wanted: Sequence[str], ds: xr.Dataset) -> None:
    """Raise where variables are missing."""
    if missing := [name for name in wanted if name not in ds.data_vars]:
        raise InputError(
            message(f"the variables {wanted}", f"a Dataset without {missing}", "add or rename them")
        )
