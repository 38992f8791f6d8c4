"""Every operation that may return a view: what it shares with its input, in every mode.

A view, the input itself or a copy; whose base; with what version, node, strides and offset: the
same in both libraries.
"""

from __future__ import annotations

import contextlib
import warnings
from types import ModuleType
from typing import Any

import pytest

import rushlight
from tests.both import judge

OPERATIONS = """
    x.detach()  x.data  x.view(-1)  x.view(3, 2, 2)  x.view_as(x)  x.view(size=(12,))
    x.reshape(-1)  x.reshape(2, 2, 3)  x.reshape_as(x)  x.flatten()  x.flatten(1)  x.flatten(0, 0)
    x.ravel()  torch.ravel(x)  x.unflatten(2, (3, 1))  x.unflatten(0, (1, 2))
    x.expand(2, 2, 2, 3)  x.expand(-1, -1, -1)  x.expand_as(x)  x.expand(0, 2, 2, 3)
    x.broadcast_to((2, 2, 2, 3))  torch.broadcast_tensors(x, x[0])
    x.movedim(0, 1)  x.moveaxis(0, 0)  x.swapaxes(0, 1)  x.swapdims(0, 0)  x.transpose(0, 2)
    x.transpose(1, 1)  x.permute(2, 0, 1)  x.permute(0, 1, 2)  torch.permute(x, (0, 1, 2))
    x.adjoint()  x.mT  x.mH  x.T  x[0].T  x[0].H  x[0].t()  x[0, 0].t()  x[0, 0].T
    x.unsqueeze(0)  x.unsqueeze(-1)  x.squeeze()  x[None].squeeze()  x[None].squeeze(0)
    x.squeeze(0)  x[None].squeeze((0, 1))  x.squeeze(())
    x.select(0, 1)  x.narrow(1, 0, 1)  x.narrow(1, 0, 2)  x.diagonal()  x.diagonal(1, 1, 2)
    torch.diagonal(x, 0, 0, 1)  torch.linalg.diagonal(x)  torch.linalg.diagonal(x, offset=1)
    x.unfold(2, 2, 1)  x.unfold(0, 1, 1)  x.as_strided((2,), (1,))  x.as_strided((2,), (1,), 3)
    x.as_strided((2, 2, 3), (6, 3, 1))
    x.split(1)  x.split(2)  x.split((1, 1))  x.split(1, 2)  x.split_with_sizes((1, 1))  x.chunk(2)
    x.chunk(1)  x.unbind()  x.unbind(2)  x.tensor_split(2)  x.tensor_split((1,))  x.tensor_split(1)
    x.hsplit(2)  x.vsplit(2)  x.dsplit(3)  list(x)
    x[0]  x[-1]  x[0, 1]  x[0, 1, 2]  x[:]  x[1:]  x[0:2]  x[::2]  x[...]  x[..., 0]  x[None]
    x[:, None]  x[()]  x[0:0]  x[:, 1:, 1]  x[0, ..., 0]  x[1, None, :, ...]  x[0][1]  x[:][0]
    x[x > 0]  x[torch.tensor(0)]  x[[0], [1]]
    x.contiguous()  x.to(torch.float32)  x.to(x)  x.to("cpu")  x.to(torch.float64)
    x.to(torch.float32, copy=True)  x.float()  x.double()  x.type(torch.float32)  x.type_as(x)
    x.cpu()  x.clone()  x.resolve_conj()  x.resolve_neg()  x.positive()  +x  x.real  torch.real(x)
    x.conj()  x.view(torch.float32)  x.view(torch.int32)  x.view(torch.int16)
    torch.atleast_1d(x)  torch.atleast_2d(x[0, 0])  torch.atleast_3d(x[0, 0])
    x.requires_grad_(x.requires_grad)  torch.as_tensor(x)  torch.nn.Identity()(x)
    torch.nn.Flatten()(x)  torch.nn.functional.dropout(x, 0.5, False)
    torch.einsum("ijk->ijk", x)  torch.einsum("ijk->kji", x)  torch.cat([x])  x.flip(0)
    torch.meshgrid(x[0, 0], x[0, 1], indexing="ij")  x.select_scatter(x[0], 0, 0)
"""
COMPLEX = """
    x.real  x.imag  torch.real(x)  torch.imag(x)  torch.view_as_real(x)  x.resolve_conj()  x.T
    torch.view_as_complex(torch.view_as_real(x))  x.view(torch.float32)  x.view(torch.complex64)
    x.view(-1)  x.real[0]  x.real.real  torch.view_as_real(x)[..., 0]  x.conj_physical()
    x.imag.t()  x.positive()  x.detach()  x.to(torch.complex64)  x.contiguous()
"""
SOURCES = {
    "plain": "torch.arange(12.0).reshape(2, 2, 3).clone()",
    "leaf": "torch.arange(12.0).reshape(2, 2, 3).clone().requires_grad_()",
    "made": "torch.arange(12.0).reshape(2, 2, 3).clone().requires_grad_() * 1",
    "view": "(torch.arange(24.0).reshape(2, 2, 2, 3).clone().requires_grad_() * 1)[1]",
    "turned": "(torch.arange(12.0).reshape(3, 2, 2).clone().requires_grad_() * 1).permute(1, 2, 0)",
    "whole": "torch.arange(12).reshape(2, 2, 3).clone()",
}
PAIRS = "torch.complex(torch.ones(2, 2), torch.ones(2, 2))"
COMPLEX_SOURCES = {
    "plain": PAIRS,
    "leaf": f"{PAIRS}.requires_grad_()",
    "made": f"{PAIRS}.requires_grad_() * 1",
}
MODES = ("grad", "no_grad", "inference_mode")


def seen(x: Any, t: Any) -> tuple[Any, ...]:
    """What a program can see of a result beside the input it was made of."""
    inference = t.is_inference()
    base = x if x._base is None else x._base
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            t is x,
            t._is_view(),
            t._base is base,
            inference or t._version,
            t.requires_grad,
            t.is_leaf,
            None if t.grad_fn is None else t.grad_fn.name(),
            tuple(t.shape),
            t.stride() if t.numel() else None,
            t.storage_offset() if t.numel() and t.data_ptr() != 0 and t._is_view() else None,
            t.data_ptr() == x.data_ptr() if t.numel() else None,
            str(t.dtype).partition(".")[2],
        )


def outcome(lib: ModuleType, source: str, operation: str, mode: str) -> Any:
    """What an operation returns under a library, or the error's type and text."""
    names: dict[str, Any] = {"torch": lib}
    x = names["x"] = eval(source, names)
    entered = contextlib.nullcontext() if mode == "grad" else getattr(lib, mode)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with entered:
                y = eval(operation, names)
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0]
    return [seen(x, t) for t in (y if isinstance(y, (tuple, list)) else [y])]


def operations(text: str) -> list[str]:
    """The operations of a table, which two blanks part."""
    return [op for line in text.split("\n") for op in line.strip().split("  ") if op]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", SOURCES)
def test_views(source: str, mode: str) -> None:
    for operation in operations(OPERATIONS):
        ours = outcome(rushlight, SOURCES[source], operation, mode)
        theirs = outcome(judge, SOURCES[source], operation, mode)
        assert ours == theirs, operation


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", COMPLEX_SOURCES)
def test_views_of_complex_numbers(source: str, mode: str) -> None:
    for operation in operations(COMPLEX):
        ours = outcome(rushlight, COMPLEX_SOURCES[source], operation, mode)
        theirs = outcome(judge, COMPLEX_SOURCES[source], operation, mode)
        assert ours == theirs, operation
