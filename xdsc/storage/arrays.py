"""Arrays of finite numbers by name, as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xdsc.errors import StorageError, message
from xdsc.storage.damage import DamageError
from xdsc.storage.values import NUMBER_TYPES

#: A header names each array with type, shape and place: some hundred bytes.
_LONGEST_HEADER = 8 * 2**20


def encode_arrays(arrays: Mapping[Any, Any]) -> tuple[bytes, list[str]]:
    """Write arrays.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Booleans, integers or finite floats of at most 64 bits.

    Returns
    -------
    bytes
        safetensors, in C order.
    list of str
        Names of the arrays that lie in Fortran's order and are stored transposed. A sum may depend
        on it in the last digit.

    Raises
    ------
    StorageError
        Other types, or values that are not finite.
    """
    from safetensors.numpy import save

    for name, array in arrays.items():
        if not isinstance(name, str) or name == "__metadata__":
            received = f"the name {name!r}"
            raise StorageError(message("names of arrays as strings", received, "rename it"))
        if not isinstance(array, np.ndarray) or array.dtype.name not in NUMBER_TYPES:
            received = getattr(array, "dtype", type(array).__name__)
            raise StorageError(
                message(f"{name} to be an array of numbers", f"{received}", "convert it first")
            )
        if not np.isfinite(array).all():
            raise StorageError(
                message(
                    f"finite values in {name}",
                    "NaN or infinite ones",
                    "fit again: the training has failed; a smaller learning_rate may help",
                )
            )
    fortran = [name for name, array in arrays.items() if _is_fortran(array)]
    plain = {
        name: np.asarray(array.T if name in fortran else array, order="C")
        for name, array in arrays.items()
    }
    return save(plain), fortran


def decode_arrays(content: bytes, fortran: list[str]) -> dict[str, np.ndarray]:
    """Read arrays; `DamageError` where they are not such as `encode_arrays` writes."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    length = int.from_bytes(content[:8], "little")
    if length > min(_LONGEST_HEADER, len(content) - 8):
        raise DamageError(f"arrays with a header of {length} bytes")
    try:
        loaded = load(content)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DamageError(f"arrays that cannot be read: {error}") from error
    if unknown := set(fortran) - set(loaded):
        raise DamageError(f"no array {sorted(unknown)[0]!r}")
    arrays: dict[str, np.ndarray] = {}
    for name in sorted(loaded):
        # A copy: what was loaded shares the memory of the file's bytes, and cannot be written to.
        array = np.array(loaded[name], order="C")
        if array.dtype.name not in NUMBER_TYPES:
            raise DamageError(f"the array {name} of {array.dtype}")
        if not np.isfinite(array).all():
            raise DamageError(f"NaN or infinite values in the array {name}")
        arrays[name] = array.T if name in fortran else array
    return arrays


def _is_fortran(array: np.ndarray) -> bool:
    return array.flags.f_contiguous and not array.flags.c_contiguous
