"""Rooms of PyTorch that are there to be asked, and those that are refused by their names."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, attempt, expressions, scope, story

ROOMS = (
    *("_dynamo", "accelerator", "compiler", "cpu", "cuda", "cuda.amp", "jit", "library", "mps"),
    *("mtia", "sparse", "xpu", "distributed"),
)


@expressions(
    """
    torch.compiler.disable(lambda x: x)(2)
    torch.compiler.disable()(lambda x: x)(2)
    torch.compiler.disable(recursive=False)(lambda x: x)(2)
    torch.compiler.disable(3)
    torch.compiler.allow_in_graph(lambda x: x)(2)
    torch.compiler.assume_constant_result(lambda x: x)(2)
    torch.compiler.is_compiling()
    torch.compiler.is_dynamo_compiling()
    torch.compiler.is_exporting()
    torch.compiler.reset()
    torch.compile(disable=True)(lambda x: x + 1)(2)
    torch.compile(3)
    torch.compile(lambda x: x, mode="default", options={})
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2))
    torch._dynamo.disable(lambda x: x)(2)
    torch._dynamo.is_compiling()
    torch._dynamo.reset()
    torch._dynamo.graph_break()
    torch.jit.is_scripting()
    torch.jit.is_tracing()
    torch.jit.ignore(lambda x: x)(1)
    torch.jit.unused(lambda x: x)(1)
    torch.jit.export(lambda x: x)(1)
    torch.jit.annotate(int, 3)
    torch.jit.isinstance(3, int)
    torch.jit.script_if_tracing(lambda x: x)(3)
    isinstance(torch.nn.Linear(1, 1), torch.jit.ScriptModule)
    isinstance(len, torch.jit.ScriptFunction)
    torch.accelerator.is_available()
    torch.accelerator.device_count()
    torch.accelerator.current_accelerator()
    torch.accelerator.current_accelerator(True)
    torch.accelerator.current_device_index()
    torch.accelerator.synchronize()
    torch.accelerator.empty_cache()
    torch.xpu.is_available()
    torch.xpu.device_count()
    torch.xpu.manual_seed_all(1)
    torch.mps.is_available()
    torch.mps.device_count()
    torch.mps.manual_seed(1)
    torch.mtia.is_available()
    torch.mtia.device_count()
    torch.cpu.is_available()
    torch.cpu.is_initialized()
    torch.cpu.device_count()
    torch.cpu.current_device()
    torch.cpu.synchronize()
    torch.cpu.set_device("cpu")
    torch.cuda.Stream()
    torch.cuda.Event()
    torch.cuda.default_stream()
    torch.cuda.device(0).idx
    torch.cuda.device(-1).idx
    torch.cuda.device("cuda:1").idx
    torch.cuda.device("cpu")
    torch.cuda.device_of(torch.ones(1)).idx
    torch.cuda.device(0).__enter__()
    torch.cuda.device(-1).__enter__()
    torch.cuda.device(-1).__exit__(None, None, None)
    torch.cuda.device_of(torch.ones(1)).__enter__()
    torch.cuda.stream(None).__enter__()
    torch.cuda.set_stream(None)
    torch.cuda.seed()
    torch.cuda.seed_all()
    torch.cuda.set_rng_state(torch.get_rng_state())
    torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
    torch.OutOfMemoryError.__mro__[:2]
    """
)
def test_answers(expression: str) -> None:
    assert_alike(expression, scope)


@story
def test_old_names_of_automatic_precision(lib: Any) -> list[Any]:
    amp = importlib.import_module(f"{lib.__name__}.cuda.amp")
    ones = lib.ones(2, 2)
    with amp.autocast():
        seen: list[Any] = [lib.is_autocast_enabled(), (ones @ ones).dtype]
    scaler = amp.GradScaler()

    class Double(lib.autograd.Function):
        @staticmethod
        @amp.custom_fwd
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        @amp.custom_bwd
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = lib.ones(2, requires_grad=True)
    Double.apply(x).sum().backward()
    return [*seen, scaler.is_enabled(), scaler.state_dict(), x.grad]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("sparse_coo_tensor([[0]], [1.0])", "no sparse tensors"),
        ("sparse.mm(1, 2)", "no sparse tensors"),
        ("library.custom_op('a::b', mutates_args=())", "no registry of operators"),
        ("library.Library('a', 'DEF')", "no registry of operators"),
        ("jit.script(len)", "no TorchScript"),
        ("jit.trace(len, ())", "no TorchScript"),
        ("jit.ScriptModule()", "no TorchScript"),
        ("compile(len)([])", "no compiler"),
        ("compile(backend='inductor')(len)([])", "no compiler"),
    ],
)
def test_what_is_missing_says_so(call: str, why: str) -> None:
    said = attempt(lambda: eval(f"lib.{call}", {"lib": rushlight}))
    assert said.startswith("NotImplementedError: torch.")
    assert why in said


def test_rooms_can_be_imported_and_wait_until_then() -> None:
    """`import rushlight` brings none of them, and each can be imported by itself."""
    names = [f"rushlight.{room}" for room in ROOMS]
    lines = [
        "import sys, importlib, rushlight",
        f"names = {names!r}",
        "assert not [name for name in names if name in sys.modules]",
        "assert [importlib.import_module(name).__name__ for name in names] == names",
        "assert rushlight.jit.is_scripting() is False",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
