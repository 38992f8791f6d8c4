"""Names below the public ones that libraries look for, told to both."""

from __future__ import annotations

import importlib
from typing import Any

from tests.both import assert_alike, attempt, expressions, scope, story


@expressions(
    """
    issubclass(torch.Tensor, torch._C.TensorBase)
    isinstance(torch.nn.Parameter(torch.ones(1)), torch._C._TensorBase)
    torch._C._get_tracing_state()
    torch._C._is_tracing()
    torch._C._get_graph_exec_group()
    torch._C._len_torch_dispatch_stack()
    torch._C._log_api_usage_once("x")
    torch._C._has_cuda
    torch._C.Size is torch.Size
    torch._C.dtype is torch.dtype
    torch._C.device is torch.device
    torch._C.Generator is type(torch.default_generator)
    torch._C.default_generator is torch.default_generator
    torch._C._get_warnAlways()
    torch._C._get_deterministic_algorithms()
    isinstance((x + 1).grad_fn, torch._C._functions.AddBackward0)
    isinstance((x * 1).grad_fn, torch._C._functions.AddBackward0)
    isinstance(3, torch._C._functions.AddBackward0)
    isinstance((x * 1)[0:1].grad_fn, torch._C._functions.SliceBackward0)
    issubclass(type(x.sin().grad_fn), torch._C._functions.SinBackward0)
    issubclass(torch._C._functions.CosBackward0, torch.autograd.graph.Node)
    torch._C._functions.SinBackward0()
    torch._C._functions.CopySlices.__name__
    issubclass(torch.autograd.Function, torch._C._FunctionBase)
    torch._C._are_functorch_transforms_active()
    torch.vmap(lambda x: x + torch._C._are_functorch_transforms_active())(torch.ones(1))
    torch._C._functorch.maybe_get_level(x)
    torch._C._functorch.is_batchedtensor(x)
    torch._C._functorch.is_gradtrackingtensor(x)
    torch._C._functorch.is_functorch_wrapped_tensor(x)
    torch._C._functorch.maybe_current_level()
    torch._C._functorch.maybe_get_bdim(x)
    torch._C._functorch.get_unwrapped(x)
    torch.vmap(lambda x: x * 0 + torch._C._functorch.is_batchedtensor(x))(torch.ones(1))
    torch.vmap(lambda x: x * 0 + torch._C._functorch.is_gradtrackingtensor(x))(torch.ones(1))
    torch.vmap(lambda x: x * 0 + torch._C._functorch.maybe_get_level(x))(torch.ones(1))
    torch.vmap(lambda x: x * 0 + torch._C._functorch.maybe_current_level())(torch.ones(1))
    torch.vmap(lambda x: x * 0 + torch._C._functorch.get_unwrapped(x).dim())(torch.ones(1))
    torch.func.jvp(lambda x: x * torch._C._functorch.is_gradtrackingtensor(x), (xi / 1,), (xi / 1,))
    torch._C._autograd.DeviceType.CPU
    torch._C._autograd._profiler_enabled()
    torch.autograd.ProfilerActivity.CPU
    torch.autograd.DeviceType.CPU
    torch.autograd.kineto_available()
    torch.autograd.profiler.kineto_available()
    torch._tensor.Tensor is torch.Tensor
    isinstance(1.5, torch.types.Number)
    torch.types.Tensor is torch.Tensor
    torch.types._dtype is torch.dtype
    torch.utils.dlpack.from_dlpack(torch.ones(2))
    torch.overrides._get_current_function_mode()
    torch.overrides._get_current_function_mode_stack()
    torch.overrides._len_torch_function_stack()
    torch.utils._python_dispatch._get_current_dispatch_mode()
    torch.utils._python_dispatch._get_current_dispatch_mode_stack()
    torch.utils._python_dispatch.is_traceable_wrapper_subclass(x)
    torch.utils.checkpoint.CheckpointError
    x._is_zerotensor()
    x.is_distributed()
    x.const_data_ptr() == x.data_ptr()
    x.xpu()
    x.values()
    x.indices()
    x.crow_indices()
    x.col_indices()
    x.ccol_indices()
    x.row_indices()
    x.coalesce()
    x.is_coalesced()
    """
)
def test_names(expression: str) -> None:
    assert_alike(expression, scope)


@story
def test_context_managers_that_decorate(lib: Any) -> list[Any]:
    contextlib = importlib.import_module(f"{lib.__name__}.utils._contextlib")
    seen: list[Any] = []

    class Told(contextlib._DecoratorContextManager):
        def __init__(self, name: str) -> None:
            self.name = name

        def clone(self) -> Any:
            return type(self)(self.name)

        def __enter__(self) -> None:
            seen.append(("enter", self.name))

        def __exit__(self, *error: Any) -> None:
            seen.append(("exit", error[0]))

    class Bare(contextlib._NoParamDecoratorContextManager):
        def __enter__(self) -> None:
            seen.append("enter")

        def __exit__(self, *error: Any) -> None:
            seen.append("exit")

    @Told("one")
    def f(x: int) -> int:
        return x

    @Told("two")
    def g() -> Any:
        yield 1
        yield 2

    @Bare
    def h() -> int:
        return 5

    @Bare()
    def k() -> int:
        return 6

    results = [f(1), list(g()), h(), k(), contextlib.context_decorator(lambda: Bare(), f)(3)]
    results.append(attempt(lambda: contextlib.context_decorator(Told("three"), f)).split(" <")[0])
    return [results, seen]


@story
def test_dispatch_modes_can_be_put_aside(lib: Any) -> list[Any]:
    dispatch = importlib.import_module(f"{lib.__name__}.utils._python_dispatch")
    modes = importlib.import_module(f"{lib.__name__}.utils._mode_utils")
    seen: list[str] = []

    class Tell(dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None):
            seen.append(str(func))
            return func(*args, **(kwargs or {}))

    x = lib.ones(1)
    with Tell() as mode:
        x + 1
        with modes.no_dispatch():
            x * 2
        x - 1
        with dispatch._disable_current_modes() as aside:
            x / 2
        found = [dispatch._get_current_dispatch_mode() is mode, aside == [mode]]
        found.append(dispatch._get_current_dispatch_mode_stack() == [mode])
    return [seen, found, dispatch._get_current_dispatch_mode_stack()]


# -- functions of one's own for elements ---------------------------------------------------------


@expressions(
    """
    torch.arange(4.0).apply_(lambda a: a * 2)
    torch.arange(4).apply_(lambda a: a * 2.5)
    torch.arange(4.0).apply_(lambda a: "x")
    torch.arange(4.0).apply_(lambda a: None)
    torch.arange(4.0).apply_(lambda a: 1 / 0)
    torch.arange(4.0).apply_(lambda a: type(a) is float)
    torch.arange(4.0).apply_(3)
    torch.arange(4.0).reshape(2, 2).t().apply_(lambda a: a + 1)
    torch.ones((), dtype=torch.complex64).apply_(lambda a: a * 1j)
    torch.ones(2, dtype=torch.bool).apply_(lambda a: not a)
    torch.ones(2, dtype=torch.bfloat16).apply_(lambda a: a * 3)
    torch.ones(0).apply_(lambda a: 1 / 0)
    torch.full((1,), 2**62 + 1).apply_(lambda a: a + 1)
    x.apply_(lambda a: a)
    y.apply_(lambda a: a)
    torch.ones(2).map_(torch.arange(2.0), lambda a, b: a - b)
    torch.ones(2, 2).map_(torch.arange(2.0), lambda a, b: a - b)
    torch.ones(2).map_(torch.arange(3.0), lambda a, b: a - b)
    torch.ones(2).map_(torch.arange(2), lambda a, b: a - b)
    torch.ones(2).map_(3, lambda a, b: a - b)
    torch.ones(3).map_(r, lambda a, b: a - b)
    torch.ones(2).map_(torch.ones(2), 3)
    torch.ones(2).map2_(torch.arange(2.0), torch.arange(2.0), lambda a, b, c: a - b + 3 * c)
    torch.ones(2).map2_(torch.arange(2.0), torch.arange(3.0), lambda a, b, c: a)
    torch.ones(2).map2_(torch.arange(2.0), torch.arange(2), lambda a, b, c: a)
    torch.ones(3).map2_(torch.ones(3), r, lambda a, b, c: a)
    torch.arange(6.0).view(2, 3)[1]._view_func(torch.zeros(6))
    torch.arange(6.0).view(2, 3)[1]._view_func(torch.zeros(5))
    torch.arange(6.0).view(2, 3)[1]._view_func(torch.zeros(2, 3))
    torch.arange(6.0).view(2, 3)[1]._view_func(torch.zeros(6).double())
    torch.arange(6.0)._view_func(torch.zeros(6))
    torch.arange(6.0)[1:]._view_func(3)
    torch.arange(3.0)[1:]._view_func(r * 2)
    torch.arange(6.0)[2:4]._view_func_unsafe(torch.zeros(8))
    """
)
def test_elements_and_views_through_functions(expression: str) -> None:
    assert_alike(expression, scope)


def test_apply_writes_nothing_when_the_function_fails() -> None:
    """PyTorch has written the elements in front by then."""
    import rushlight as torch

    def failing(a: float) -> float:
        if a > 1:
            raise ValueError("no")
        return 9.0

    x = torch.arange(3.0)
    assert attempt(lambda: x.apply_(failing)) == "ValueError: no"
    assert x.tolist() == [0.0, 1.0, 2.0]


@story
def test_warnings_of_once_a_process_can_come_always(lib: Any) -> list[Any]:
    import warnings

    counts = []
    with warnings.catch_warnings(record=True):  # the first of this process, if it is
        transposed = lib.ones(2, 2, 2).T
    for always in (True, False):
        lib.set_warn_always(always)
        for _ in range(2):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assert lib.ones(2, 2, 2).T.shape == transposed.shape
            counts.append(len(caught))
    return [counts, lib.is_warn_always_enabled(), attempt(lambda: lib.set_warn_always(3))]


@story
def test_events_made_by_hand_find_their_places(lib: Any) -> list[Any]:
    util = importlib.import_module(f"{lib.__name__}.autograd.profiler_util")
    spans = [(0, 100, 1), (10, 40, 1), (50, 90, 1), (55, 60, 1), (0, 10, 2), (100, 120, 1)]
    events = util.EventList(
        util.FunctionEvent(id=i, name=f"op{i}", thread=thread, start_us=start, end_us=end)
        for i, (start, end, thread) in enumerate(spans)
    )
    events._build_tree()
    return [
        *[
            (e.name, [c.name for c in e.cpu_children], e.cpu_parent and e.cpu_parent.name)
            for e in events
        ],
        [e.self_cpu_time_total for e in events],
        [util._format_time(t) for t in (0, 1, 1500, 2.5e6)],
        [util._format_time_share(1, 3), util._format_time_share(0, 0)],
        [util._format_memory(n) for n in (5, 5000, 5e6, 5e9, -5000)],
    ]
