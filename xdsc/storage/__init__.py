"""One file that holds a fitted model: what it looks like, and how it is written and read.

This package knows nothing of models. It stores `Contents`, which are of four kinds, in one zip file
with an entry or more for each:

``xdsc.json``
    ``format`` ("xdsc"), ``format_version`` (an integer), ``packages`` (their versions), ``config``
    (see `to_json`), ``fortran`` (names of the arrays that lie in Fortran's order), and ``entries``:
    size and SHA-256 of every other entry.
``arrays.safetensors``
    Arrays of numbers by name, all of them finite, in the safetensors format.
``fields/<name>.nc``
    Datasets, as 64-bit offset NetCDF-3; see `xdsc.storage.fields`.
``estimators/<name>.skops``
    Objects of scikit-learn, in the skops format; see `xdsc.storage.estimators`.

Entries are stored and not compressed: no file can ask for more memory than its own size warrants,
and fitted weights hardly get smaller anyway. Nothing is pickled, and reading imports or runs
nothing that a file names, but the classes of scikit-learn that skops knows. The same contents make
the same bytes. A file is written beside its destination and then put in its place, so that at any
moment there is the old one or the new one there, and whole.

A file with a newer ``format_version`` than `FORMAT_VERSION` is refused; older ones stay readable,
see `xdsc.storage.format1`.
"""

from __future__ import annotations

from xdsc.storage.contents import FORMAT_VERSION, Contents, read, write
from xdsc.storage.damage import DamageError
from xdsc.storage.hints import made_of
from xdsc.storage.values import from_json, to_json

__all__ = [
    "FORMAT_VERSION",
    "Contents",
    "DamageError",
    "from_json",
    "made_of",
    "read",
    "to_json",
    "write",
]
