"""Rows of a batch: made to fit what a model takes, and taken out of what it returned."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple


class Form(NamedTuple):
    """What one item looks like to a model: shape without the batch dimension (-1: any length), numpy dtype.

    None is what is not known.
    """

    shape: Optional[Tuple[int, ...]]
    dtype: Optional[str]


class Unfit(ValueError):
    """A row cannot become what the model takes."""


def fit(row: Any, form: Form) -> Any:
    """The row as a numpy array of the form. Raises Unfit when values would be lost, or elements are too many or few."""
    import numpy

    array = numpy.asarray(row)
    if form.dtype is not None and array.dtype != form.dtype:
        wanted = numpy.dtype(form.dtype)
        is_number = array.dtype.kind in "biuf"
        # Python's own numbers come as 64 bits, whatever is in them.
        if not is_number or (array.dtype.kind == "f" and wanted.kind not in "fc"):
            raise Unfit(f"the model takes {wanted.name}, found {array.dtype.name}: convert it in preprocess")
        array = array.astype(wanted)
    if form.shape is not None and not _fits(array.shape, form.shape):
        try:
            if form.shape.count(-1) > 1:
                raise ValueError("several lengths are open")
            return array.reshape(form.shape)
        except ValueError:
            wanted_shape, found_shape = list(form.shape), list(array.shape)
            raise Unfit(
                f"the model takes the shape {wanted_shape}, found {found_shape}: give it that shape in preprocess"
            ) from None
    return array


def _fits(shape: Tuple[int, ...], wanted: Tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(each in (-1, length) for length, each in zip(shape, wanted))


def rows_of(results: Any, count: int) -> Sequence[Any]:
    """One result for each row of a batch: of an array its rows, of a dict or tuple of arrays dicts or tuples of rows.

    Raises ValueError when the number of rows is another.
    """
    if isinstance(results, dict):
        columns: Dict[Any, Sequence[Any]] = {name: rows_of(value, count) for name, value in results.items()}
        return [{name: column[index] for name, column in columns.items()} for index in range(count)]
    if isinstance(results, tuple):
        several = [rows_of(value, count) for value in results]
        return [tuple(column[index] for column in several) for index in range(count)]
    found = len(results)
    if found != count:
        raise ValueError(f"predict returned {found} rows for a batch of {count}")
    rows: List[Any] = list(results)
    return rows
