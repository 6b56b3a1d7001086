"""Requests of the Open Inference Protocol, version 2: tensors with a row's value at each place, read as a request for forecasts."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from storecast import schema as s
from storecast.service.problems import invalid
from storecast.service.requests.forecast import ForecastQuery
from storecast.service.requests.query import whole_number
from storecast.service.requests.rows import RowType

Parameters = dict[str, Any]
OUTPUTS = (s.FORECAST, *s.bound_columns(80), *s.bound_columns(95))
_INTEGERS = ("INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8")
_NUMBERS = ("FP64", "FP32", "FP16", *_INTEGERS)
_TEXT = ("BYTES",)
_DATATYPES = ("BOOL", *_NUMBERS, *_TEXT)


class InferenceInput(Struct):
    """A tensor of a request: the value of one column in each row."""

    name: Annotated[str, Meta(description="Store, Date or a column of the calendar.")]
    shape: Annotated[list[int], Meta(description="[n] or [n, 1], for n rows.")]
    datatype: Annotated[str, Meta(extra_json_schema={"enum": list(_DATATYPES)})]
    data: Annotated[list[Any], Meta(description="The values, flat or one in a list.")]
    parameters: Annotated[Parameters, Meta(description="Not read.")] = field(default_factory=dict)


class InferenceOutput(Struct):
    """A tensor that is wanted."""

    name: Annotated[str, Meta(extra_json_schema={"enum": list(OUTPUTS)})]
    parameters: Annotated[Parameters, Meta(description="Not read.")] = field(default_factory=dict)


class InferenceRequest(Struct, kw_only=True):
    """Days to forecast, as tensors."""

    inputs: Annotated[list[InferenceInput], Meta(min_length=1)]
    id: Annotated[str, Meta(description="Comes back with the reply.")] | UnsetType = UNSET
    outputs: Annotated[list[InferenceOutput], Meta(description="Without it, all.")] = field(default_factory=list)
    parameters: Annotated[Parameters, Meta(description="Not read.")] = field(default_factory=dict)


def datatypes(column: s.Column, store: type) -> tuple[str, ...]:
    """Return the datatypes in which a column may be sent, the usual one first.

    Parameters
    ----------
    column : as it is declared
    store : int or str, as the chain's ids are
    """
    if column.kind == "id" and store is int:
        return (*_INTEGERS, *_TEXT)
    if column.kind == "flag":
        return ("BOOL", *_NUMBERS)
    return _NUMBERS if column.kind == "number" else _TEXT


def read_tensors(request: InferenceRequest, days: RowType, store: type, max_rows: int) -> ForecastQuery:
    """Return what a request asks for.

    Parameters
    ----------
    request : as it came
    days : the rows of the chain
    store : int or str, as the chain's ids are
    max_rows : most rows of a request

    Raises
    ------
    Problem
        where a tensor is missing, unknown, of another datatype or another shape, or one is wanted that there is not
    """
    values: dict[str, list[Any]] = {}
    for number, tensor in enumerate(request.inputs):
        where, column = f"inputs[{number}]", days.columns.get(tensor.name)
        if column is None:
            raise invalid(f"{where}.name", f"expected one of {', '.join(days.columns)}")
        if tensor.name in values:
            raise invalid(f"{where}.name", "names a tensor that stands before; expected each once")
        expected = datatypes(column, store)
        if tensor.datatype not in expected:
            raise invalid(f"{where}.datatype", f"expected {' or '.join(expected)}")
        values[tensor.name] = _elements(tensor, column, store, where)
    for number, output in enumerate(request.outputs):
        if output.name not in OUTPUTS:
            raise invalid(f"outputs[{number}].name", f"expected one of {', '.join(OUTPUTS)}")
    if missing := [name for name in s.KEYS if name not in values]:
        raise invalid("inputs", f"expected a tensor {missing[0]}")
    return ForecastQuery(days.decode(Raw(), Raw(msgspec.json.encode(values)), max_rows))


def _elements(tensor: InferenceInput, column: s.Column, store: type, where: str) -> list[Any]:
    """Return the elements of a tensor as values of its column; whether they have a meaning is checked with the rows.

    Parameters
    ----------
    tensor : with a datatype that its column may have
    column : as it is declared
    store : int or str, as the chain's ids are
    where : its place in the request
    """
    elements = tensor.data
    if elements and all(type(each) is list for each in elements):
        elements = [cell for row in elements for cell in row]
    if tensor.shape not in ([len(elements)], [len(elements), 1]):
        raise invalid(f"{where}.shape", "expected [n] or [n, 1], where n is the number of elements in data")
    if tensor.datatype == "BOOL":
        if not all(type(each) is bool or each in (0, 1) for each in elements):
            raise invalid(f"{where}.data", "expected true or false")
        return [int(each) for each in elements]
    if column.kind == "id" and store is int and tensor.datatype in _TEXT:
        return [whole_number(each) if type(each) is str else each for each in elements]
    return elements
