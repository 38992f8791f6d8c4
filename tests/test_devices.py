"""Devices that aren't there, and the switches of machines that aren't there either."""

from __future__ import annotations

from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, attempt, expressions, story
from tests.libraries import LIBRARIES


@expressions(
    """
    torch.device('cuda')
    torch.device('cuda:0')
    torch.device('cuda', 1)
    torch.device(type='cuda', index=2)
    torch.device('mps')
    torch.device('meta')
    torch.device('cpu:0')
    str(torch.device('cuda:3'))
    torch.device('foo')
    torch.device('cpu:x')
    torch.device('cuda:-1')
    torch.device('cuda:')
    torch.device('cuda:01')
    torch.device('float32')
    torch.device('')
    torch.device(0)
    torch.device(1.5)
    torch.device('cuda') == torch.device('cuda:0')
    torch.device('cuda:1') == torch.device('cuda', 1)
    hash(torch.device('cuda:1')) == hash(torch.device('cuda', 1))
    torch.device(torch.device('cuda'))
    copy.deepcopy(torch.device('cuda:1'))
    pickle.loads(pickle.dumps(torch.device('cuda:1')))
    torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    torch.ones(2).to('cuda')
    torch.ones(2).to(torch.device('cuda'))
    torch.ones(2).to('cuda:0', torch.float64)
    torch.ones(2).cuda()
    torch.ones(2).to('mps')
    torch.zeros(2, device='cuda')
    torch.zeros(2, device='xpu')
    torch.tensor([1.0], device='cuda')
    torch.as_tensor([1.0], device='cuda')
    torch.rand(2, device='cuda')
    torch.empty_like(torch.ones(2), device='cuda')
    torch.ones(2).new_zeros(2, device='cuda')
    torch.zeros(2, device='foo')
    torch.nn.Linear(2, 2).to('cuda')
    torch.nn.Linear(2, 2, device='cuda')
    torch.ones(2, device='cpu').device
    torch.set_default_device('foo')
    (torch.set_default_device('cpu'), torch.set_default_device(None))
    torch.get_default_device()
    torch.ones(2).device == torch.device('cpu')
    torch.ones(2).device.type
    """
)
def test_devices(expression: str) -> None:
    assert_alike(expression)


@expressions(
    """
    torch.cuda.is_available()
    torch.cuda.is_initialized()
    torch.cuda.device_count()
    torch.cuda.empty_cache()
    torch.cuda.manual_seed(1)
    torch.cuda.manual_seed_all(1)
    torch.cuda.current_device()
    torch.cuda.synchronize()
    torch.cuda.get_device_name()
    torch.cuda.get_device_properties(0)
    torch.cuda.memory_allocated()
    torch.cuda.max_memory_allocated()
    torch.cuda.memory_reserved()
    torch.cuda.get_rng_state_all()
    torch.cuda.is_bf16_supported()
    torch.backends.cudnn.is_available()
    torch.backends.cudnn.version()
    torch.backends.cudnn.enabled
    torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic
    torch.backends.cuda.is_built()
    torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32
    torch.backends.mps.is_available()
    torch.backends.mps.is_built()
    torch.version.cuda
    torch.version.hip
    torch.version.debug
    torch.get_float32_matmul_precision()
    torch.are_deterministic_algorithms_enabled()
    torch.is_deterministic_algorithms_warn_only_enabled()
    torch.get_deterministic_debug_mode()
    torch.set_num_threads(0)
    torch.set_num_threads('a')
    torch.set_num_threads(2.5)
    torch.set_num_threads(True)
    torch.set_num_interop_threads(0)
    torch.pi, torch.e, torch.inf, torch.nan, torch.newaxis
    torch.is_storage(1), torch.is_storage(torch.ones(2).untyped_storage())
    torch.typename(torch.ones(2)), torch.typename(1), torch.typename([])
    torch.typename(torch.nn.Linear), torch.typename(int), torch.typename(len)
    torch.typename(torch.nn.Parameter), torch.typename(None), torch.typename(torch.nn.ReLU())
    torch.get_device(torch.ones(2))
    """
)
def test_what_is_not_there(expression: str) -> None:
    assert_alike(expression)


@story
def test_switches_keep_what_they_are_told(lib: Any) -> Any:
    cudnn = lib.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic, lib.backends.cuda.matmul.allow_tf32
    cudnn.benchmark, cudnn.deterministic, lib.backends.cuda.matmul.allow_tf32 = True, True, True
    told = cudnn.benchmark, cudnn.deterministic, lib.backends.cuda.matmul.allow_tf32
    cudnn.benchmark, cudnn.deterministic, lib.backends.cuda.matmul.allow_tf32 = before
    lib.set_float32_matmul_precision("high")
    precision = lib.get_float32_matmul_precision()
    lib.set_float32_matmul_precision("highest")
    lib.use_deterministic_algorithms(True, warn_only=True)
    strict = (
        lib.are_deterministic_algorithms_enabled(),
        lib.is_deterministic_algorithms_warn_only_enabled(),
        lib.get_deterministic_debug_mode(),
    )
    lib.use_deterministic_algorithms(False)
    return told, precision, strict


@story
def test_a_device_is_a_context(lib: Any) -> Any:
    with lib.device("cpu") as place:
        made = lib.ones(2)

    def inside() -> Any:
        with lib.device("cuda"):
            return lib.ones(2)

    return repr(place), made, attempt(inside)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_threads(lib: Any) -> None:
    before = lib.get_num_threads()
    try:
        lib.set_num_threads(2)
        assert lib.get_num_threads() == 2
    finally:
        lib.set_num_threads(before)
    assert lib.get_num_threads() == before
    assert lib.get_num_interop_threads() >= 1


@story
def test_nothing_is_deleted_from_a_tensor(lib: Any) -> Any:
    x = lib.ones(2)

    def delete() -> None:
        del x[0]

    return attempt(delete), x


@pytest.mark.parametrize("name", ["abs_", "exp_", "sqrt_", "clamp_", "sigmoid_", "relu_", "neg_"])
def test_in_place_functions(name: str) -> None:
    x = rushlight.tensor([0.25, 0.5])
    arguments = (0.1, 0.2) if name == "clamp_" else ()
    expected = getattr(rushlight, name[:-1])(x, *arguments)
    result = getattr(rushlight, name)(x, *arguments)
    assert result is x and rushlight.equal(x, expected)
