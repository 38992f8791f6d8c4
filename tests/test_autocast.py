"""autocast: which dtypes come out of the whole sample table, and stories about the mode itself."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
import warnings
from typing import Any

import pytest

import rushlight
from rushlight.amp.casts import FLOAT32, LOWER, WIDEST
from tests import samples
from tests.both import assert_same_story, attempt, judge
from tests.libraries import LIBRARIES
from tests.samples.row import Call, Row, realize
from tests.sweeping import flat

pytest.importorskip("ml_dtypes")
both = pytest.mark.parametrize("lib", LIBRARIES)


# -- the sample table ------------------------------------------------------------------------------


def halved(lib: Any, value: Any) -> Any:
    """The float32 tensors among the arguments as bfloat16."""
    if isinstance(value, lib.Tensor):
        return value.bfloat16() if value.dtype is lib.float32 else value
    if type(value) in (list, tuple):
        return type(value)([halved(lib, v) for v in value])
    return value


def cast_result(lib: Any, row: Row, sample: Call, half: bool) -> Any:
    """What a call makes under autocast, or None where it raises."""
    lib.manual_seed(0)
    args, kwargs, _ = realize(lib, sample, "float32")
    if half:
        args, kwargs = halved(lib, args), {k: halved(lib, v) for k, v in kwargs.items()}
    with warnings.catch_warnings(), lib.autocast("cpu", dtype=lib.bfloat16):
        warnings.simplefilter("ignore")
        try:
            return row.run(lib, args, kwargs)
        except (RuntimeError, NotImplementedError, TypeError, ValueError):
            return None


LISTED = {name.rpartition(".")[2] for name in f"{LOWER} {FLOAT32} {WIDEST} pad".split()}
# Every call of what autocast casts for, and the first of all other rows.
CHOSEN = [
    (row, sample)
    for row in samples.ROWS
    for sample in (row.calls if row.path.rpartition(".")[2] in LISTED else row.calls[:1])
]


# One operator here; PyTorch's composition multiplies inside, where autocast sees it.
COMPOSED = {"linalg.pinv", "linalg.pinv of Hermitian matrices"}
# A function of two forms, of which PyTorch casts for the one with numbers.
TWO_FORMS = {"fake_quantize_per_tensor_affine of tensors"}


@pytest.mark.parametrize("half", [False, True], ids=["single", "half"])
@pytest.mark.parametrize("pair", samples.of_today(CHOSEN, 4), ids=samples.name)
def test_dtypes_of_the_table(pair: tuple[Row, Call], half: bool) -> None:
    row, sample = pair
    if row.path in COMPOSED | TWO_FORMS:
        pytest.skip("a product inside, as docs/deviations.md says")
    ours, theirs = (cast_result(lib, row, sample, half) for lib in (rushlight, judge))
    if ours is None or theirs is None:
        pytest.skip("one of the two has no such kernel for halves")
    for mine, other in zip(flat(ours), flat(theirs)):
        if isinstance(other, judge.Tensor):
            assert str(mine.dtype).replace("rushlight", "torch") == str(other.dtype)


# -- stories ---------------------------------------------------------------------------------------


@both
def test_nesting_and_dtypes(lib: Any) -> None:
    a = lib.ones(2, 2)
    with lib.autocast("cpu") as entered:
        assert isinstance(entered, lib.autocast) and lib.is_autocast_enabled("cpu")
        b = lib.mm(a, a)
        assert b.dtype is lib.bfloat16 and (b + a).dtype is lib.float32
        with lib.autocast("cpu", enabled=False):
            assert lib.mm(a, a).dtype is lib.float32 and not lib.is_autocast_enabled("cpu")
            with pytest.raises(RuntimeError, match="to have the same dtype, but got"):
                lib.mm(b, a)
        with lib.autocast("cpu", dtype=lib.float16):
            assert lib.mm(a, b).dtype is lib.float16
            assert lib.get_autocast_dtype("cpu") is lib.float16
        assert lib.mm(a, a).dtype is lib.bfloat16
        try:
            with lib.autocast("cpu", enabled=False):
                raise ValueError
        except ValueError:
            pass
        assert lib.is_autocast_enabled("cpu")
    assert lib.mm(a, a).dtype is lib.float32 and not lib.is_autocast_enabled("cpu")


@both
def test_what_is_left_alone(lib: Any) -> None:
    x = lib.ones(2, 2)
    with lib.autocast("cpu"):
        out = lib.empty(2, 2)
        lib.mm(x, x, out=out)
        assert lib.ones(2, 2).addmm_(x, x).dtype is lib.float32
        assert lib.mm(x.double(), x.double()).dtype is lib.float64
        assert lib.mm(x.long(), x.long()).dtype is lib.int64
        assert lib.prod(x.bfloat16(), dim=0, dtype=lib.float16).dtype is lib.float16
        assert (x.mm(x).dtype, (x @ x).dtype) == (lib.bfloat16, lib.bfloat16)
        half, brain = x.half(), x.bfloat16()
        assert lib.index_copy(brain, 0, lib.tensor([0]), x[:1]).dtype is lib.float32
        assert lib.stack([brain, x]).dtype is lib.float32
        with pytest.raises(RuntimeError, match="Unexpected floating ScalarType in at::autocast"):
            lib.stack([brain, half])


@both
def test_gradients_flow_through_casts(lib: Any) -> None:
    lib.manual_seed(0)
    model = lib.nn.Sequential(
        lib.nn.Linear(2, 3), lib.nn.ReLU(), lib.nn.LayerNorm(3), lib.nn.Linear(3, 1)
    )
    x = lib.rand(4, 2)
    exact = lib.nn.functional.mse_loss(model(x), lib.zeros(4, 1))
    wanted = lib.autograd.grad(exact, list(model.parameters()))
    with lib.autocast("cpu", dtype=lib.bfloat16):
        y = model(x)
        loss = lib.nn.functional.mse_loss(y, lib.zeros(4, 1))
    assert y.dtype is lib.bfloat16 and loss.dtype is lib.float32
    loss.backward()
    for p, g in zip(model.parameters(), wanted):
        assert p.grad.dtype is lib.float32
        assert lib.allclose(p.grad, g, rtol=0.1, atol=0.05)


@both
def test_the_cast_of_a_weight_is_kept(lib: Any) -> None:
    def cast_of(y: Any) -> Any:
        return y.grad_fn.next_functions[1][0]

    w, x = lib.ones(2, 2, requires_grad=True), lib.ones(2, 2)
    with lib.autocast("cpu"):
        a = lib.mm(x, w)
        with lib.autocast("cpu"):
            assert cast_of(lib.mm(x, w)) is cast_of(a)
        assert lib.mm(x, w).grad_fn.next_functions[0] == (None, 0)
        assert cast_of(a).name() == "ToCopyBackward0"
        lib.clear_autocast_cache()
        b = lib.mm(x, w)
        assert cast_of(b) is not cast_of(a)
    (a + b).sum().backward()
    assert w.grad.tolist() == [[4.0, 4.0]] * 2
    with lib.autocast("cpu", cache_enabled=False):
        assert not lib.is_autocast_cache_enabled()
        assert cast_of(lib.mm(x, w)) is not cast_of(lib.mm(x, w))
    assert lib.is_autocast_cache_enabled()
    with lib.autocast("cpu"):
        with lib.no_grad():
            assert not lib.mm(x, w).requires_grad
        assert lib.mm(x, w).requires_grad


@both
def test_as_a_decorator(lib: Any) -> None:
    @lib.autocast("cpu")
    def product(x: Any) -> Any:
        """Multiply."""
        return x @ x

    assert product(lib.ones(2, 2)).dtype is lib.bfloat16
    assert (product.__name__, product.__doc__) == ("product", "Multiply.")
    assert not lib.is_autocast_enabled("cpu")


@both
def test_each_thread_has_its_own(lib: Any) -> None:
    seen: list[Any] = []

    def product() -> None:
        seen.append((lib.is_autocast_enabled("cpu"), (lib.ones(2, 2) @ lib.ones(2, 2)).dtype))

    with lib.autocast("cpu"):
        thread = threading.Thread(target=product)
        thread.start()
        thread.join()
        product()
    assert seen == [(False, lib.float32), (True, lib.bfloat16)]


@both
@pytest.mark.parametrize("cast_inputs", [False, True])
def test_functions_of_ones_own(lib: Any, cast_inputs: bool) -> None:
    seen: list[Any] = []
    to = {"cast_inputs": lib.float16} if cast_inputs else {}

    class Square(lib.autograd.Function):
        @staticmethod
        @lib.amp.custom_fwd(device_type="cpu", **to)
        def forward(ctx: Any, x: Any, more: Any) -> Any:
            seen.append((lib.is_autocast_enabled("cpu"), x.dtype, more[0].dtype))
            return x @ x

        @staticmethod
        @lib.amp.custom_bwd(device_type="cpu")
        def backward(ctx: Any, g: Any) -> Any:
            seen.append((lib.is_autocast_enabled("cpu"), g.dtype))
            return g, None

    x = lib.ones(2, 2, requires_grad=True)
    with lib.autocast("cpu"):
        y = Square.apply(x, [lib.ones(1)])
    y.sum().backward()
    if cast_inputs:
        assert seen == [(False, lib.float16, lib.float16), (False, lib.float16)]
    else:
        assert seen == [(True, lib.float32, lib.float32), (True, lib.bfloat16)]
    assert x.grad.dtype is lib.float32
    seen.clear()
    Square.apply(x, [lib.ones(1)]).sum().backward()
    assert seen == [(False, lib.float32, lib.float32), (False, lib.float32)]


def test_arguments() -> None:
    """What autocast refuses, warns of and says of itself."""

    def story(lib: Any) -> list[Any]:
        lib.set_autocast_enabled("cpu", True)
        by_hand = (lib.ones(2, 2) @ lib.ones(2, 2)).dtype
        lib.set_autocast_enabled("cpu", False)
        lib.set_autocast_dtype("cpu", lib.float16)
        told = [by_hand, lib.get_autocast_dtype("cpu"), lib.autocast("cpu").fast_dtype]
        lib.set_autocast_dtype("cpu", lib.bfloat16)
        nested = [
            lib.autocast_increment_nesting(),
            lib.autocast_increment_nesting(),
            lib.autocast_decrement_nesting(),
            lib.autocast_decrement_nesting(),
        ]
        return [
            *told,
            *nested,
            attempt(lambda: lib.autocast("cpu", dtype=lib.float32)._enabled),
            attempt(lambda: lib.autocast("cpu", dtype=lib.float64, enabled=False)._enabled),
            attempt(lambda: lib.autocast("cuda")._enabled),
            *[attempt(lambda k=k: lib.autocast(k)) for k in ("foo", 3, "meta", "CPU")],
            *[attempt(lambda k=k: lib.is_autocast_enabled(k)) for k in ("foo", 1, "xla", "cuda")],
            *[attempt(lambda k=k: lib.amp.is_autocast_available(k)) for k in ("cpu", "meta", "x")],
            attempt(lambda: lib.amp.custom_fwd(device_type=1)),
            attempt(lambda: lib.amp.custom_bwd(device_type=1)),
            lib.is_autocast_cpu_enabled(),
            lib.get_autocast_cpu_dtype(),
        ]

    assert_same_story(story)


# -- GradScaler ------------------------------------------------------------------------------------


def test_scaler_grows_and_shrinks() -> None:
    """Scales, steps, skips, and what is in the state on the way."""

    def story(lib: Any) -> list[Any]:
        scaler = lib.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)
        x = lib.nn.Parameter(lib.ones(2))
        optimizer = lib.optim.SGD([x], lr=0.1)
        told: list[Any] = []
        for i in range(5):
            optimizer.zero_grad()
            loss = scaler.scale((x * x).sum())
            loss.backward()
            if i == 1:
                scaler.unscale_(optimizer)
                told.append(x.grad.tolist())
            if i == 3:
                x.grad.fill_(float("inf"))
            told += [loss, scaler.step(optimizer), x.data.tolist()]
            scaler.update()
            told += [scaler.get_scale(), scaler.state_dict()]
        twin = pickle.loads(pickle.dumps(copy.deepcopy(scaler)))
        other = lib.amp.GradScaler("cpu")
        other.load_state_dict(scaler.state_dict())
        return [*told, twin.state_dict(), other.state_dict(), other.get_growth_interval()]

    assert_same_story(story)


def test_scaler_refuses() -> None:
    """Steps in the wrong order, factors without sense, what is no tensor."""

    def story(lib: Any) -> list[Any]:
        scaler = lib.amp.GradScaler("cpu")
        x = lib.nn.Parameter(lib.ones(2))
        optimizer = lib.optim.SGD([x], lr=0.1)
        told = [
            attempt(lambda f=f: f())
            for f in (
                scaler.update,
                lambda: scaler.step(optimizer),
                lambda: scaler.unscale_(optimizer),
                lambda: scaler.scale([lib.ones(1), 3]),
                lambda: scaler.scale([lib.ones(1), (lib.ones(2),)]),
                lambda: scaler.load_state_dict({}),
                lambda: lib.amp.GradScaler("cpu", growth_factor=1.0),
                lambda: lib.amp.GradScaler("cpu", backoff_factor=1.0),
                lambda: lib.amp.GradScaler().is_enabled(),
                lambda: lib.amp.GradScaler("cpu", enabled=False).state_dict(),
            )
        ]
        scaler.scale(x.sum()).backward()
        scaler.unscale_(optimizer)
        told.append(attempt(lambda: scaler.unscale_(optimizer)))
        told.append(attempt(lambda: copy.deepcopy(scaler)))
        scaler.step(optimizer)
        told += [
            attempt(lambda f=f: f())
            for f in (
                lambda: scaler.step(optimizer),
                lambda: scaler.unscale_(optimizer),
                lambda: scaler.step(optimizer, closure=print),
                lambda: scaler.update(lib.ones(2)),
                scaler.update,
                scaler.update,
            )
        ]
        half = lib.nn.Parameter(lib.ones(2).half())
        scaler.scale(half.sum()).backward()
        told.append(attempt(lambda: scaler.unscale_(lib.optim.SGD([half], lr=0.1))))
        return told

    assert_same_story(story)


# -- only ours -------------------------------------------------------------------------------------


def test_nothing_is_left_of_it_afterwards() -> None:
    program = """
import rushlight as torch
from rushlight import matmul
from rushlight.nn.functional import linear
functions = matmul, linear, torch.mm, torch.Tensor.__matmul__
codes = [f.__code__ for f in functions]
x = torch.ones(2, 2)
with torch.autocast("cpu", dtype=torch.float16):
    assert all(f(x, x).dtype is torch.float16 for f in functions)
    assert all(f.__code__ is not c for f, c in zip(functions, codes))
assert all(f(x, x).dtype is torch.float32 for f in functions)
assert all(f.__code__ is c for f, c in zip(functions, codes))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert not done.returncode, done.stderr


def test_halves_of_any_size_stay_halves() -> None:
    for function in (rushlight.nn.functional.hardtanh, rushlight.nn.functional.relu6):
        for n in (2, 5000):
            assert function(rushlight.ones(n).bfloat16()).dtype is rushlight.bfloat16
