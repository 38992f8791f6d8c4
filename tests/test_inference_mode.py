"""Stories about inference mode, told to both libraries: what its tensors are and refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

# -- inference mode ----------------------------------------------------------------------------

CANNOT_SAVE = "Inference tensors cannot be saved for backward"
CANNOT_WRITE = "Inplace update to inference tensor outside InferenceMode is not allowed"


def inference(lib: Any, **options: Any) -> Any:
    with lib.inference_mode():
        return lib.ones(2, **options)


def test_what_inference_mode_makes(lib: Any) -> None:
    w = lib.ones(2, requires_grad=True)
    with lib.inference_mode():
        assert lib.is_inference_mode_enabled()
        assert not lib.is_grad_enabled()
        x = lib.ones(2)
        made = [x, x * 2, x[:1], x.sum(), lib.cat([x, x]), w * 2, x.clone(), lib.nn.Parameter(x)]
        assert all(t.is_inference() for t in made)
        assert not (w * 2).requires_grad
        shared = [w[:1], w.split(1)[0], w.view(1, 2), w.detach(), lib.nn.Parameter(w), w.real]
        assert not any(t.is_inference() for t in shared)  # they share the version counter of w
    assert lib.is_inference(x)
    assert not lib.is_inference(w)
    assert not lib.is_inference_mode_enabled()


def test_inference_mode_nests(lib: Any) -> None:
    def state() -> Any:
        made = lib.ones(1, requires_grad=True) * 2
        on, inference = lib.is_grad_enabled(), lib.is_inference_mode_enabled()
        return inference, on, made.is_inference(), made.requires_grad

    with lib.inference_mode():
        assert state() == (True, False, True, False)
        with lib.inference_mode(False):
            assert state() == (False, True, False, True)
        with lib.enable_grad():
            assert state() == (True, True, True, False)  # asked for, and still nothing records
            with lib.no_grad():
                assert state() == (True, False, True, False)
        assert state() == (True, False, True, False)
    with lib.no_grad(), lib.inference_mode(mode=False):
        assert state() == (False, True, False, True)
    assert state() == (False, True, False, True)


def test_inference_mode_as_a_decorator(lib: Any) -> None:
    @lib.inference_mode()
    def inside() -> bool:
        return lib.is_inference_mode_enabled()

    @lib.inference_mode
    def bare() -> bool:
        return lib.is_inference_mode_enabled()

    @lib.inference_mode(False)
    def outside() -> bool:
        return lib.is_inference_mode_enabled()

    assert (inside(), bare(), outside()) == (True, True, False)


@pytest.mark.parametrize(
    "operation",
    [
        lambda lib, w, x: w * x,
        lambda lib, w, x: x * w,
        lambda lib, w, x: w / x,
        lambda lib, w, x: w * x[:1],
        lambda lib, w, x: w * x.detach(),
        lambda lib, w, x: lib.dot(w, x),
        lambda lib, w, x: lib.lerp(w, w, x),
    ],
)
def test_inference_tensors_cannot_be_saved(lib: Any, operation: Any) -> None:
    w, x = lib.ones(2, requires_grad=True), inference(lib)
    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        operation(lib, w, x)


def test_inference_tensors_where_nothing_is_saved(lib: Any) -> None:
    w, x = lib.ones(2, requires_grad=True), inference(lib)
    y = w + x
    y.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]
    assert not (x * 2).is_inference()
    assert x[:1].is_inference()
    assert x.detach().is_inference()
    assert not x.clone().is_inference()
    assert not copy.deepcopy(x).is_inference()
    (w * x.clone()).sum().backward()
    with lib.no_grad():
        assert (w * x).tolist() == [1.0, 1.0]
    normal = lib.zeros(2)
    normal.copy_(x)
    assert normal.tolist() == [1.0, 1.0]


def test_a_function_cannot_save_them_either(lib: Any) -> None:
    class Times(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, w: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return w * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0], None

    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        Times.apply(lib.ones(2, requires_grad=True), inference(lib))


@pytest.mark.parametrize(
    "write",
    [
        lambda lib, x: x.add_(1),
        lambda lib, x: x.mul_(lib.ones(2)),
        lambda lib, x: x[:1].add_(1),
        lambda lib, x: x.__setitem__(0, 3),
        lambda lib, x: x.copy_(lib.zeros(2)),
        lambda lib, x: x.zero_(),
        lambda lib, x: x.exp_(),
        lambda lib, x: lib.add(lib.ones(2), 1, out=x),
        lambda lib, x: lib.zeros(2, out=x),
    ],
)
def test_inference_tensors_are_not_written_outside(lib: Any, write: Any) -> None:
    x = inference(lib)
    with pytest.raises(RuntimeError, match=CANNOT_WRITE):
        write(lib, x)
    if lib is rushlight:  # PyTorch finds out after it has written
        assert x.tolist() == [1.0, 1.0]
    with lib.inference_mode():
        write(lib, x)


def test_normal_tensors_are_written_inside(lib: Any) -> None:
    x = lib.ones(2)
    y = lib.ones(2, requires_grad=True) * 1
    with lib.inference_mode():
        x.add_(1)
        y.mul_(2)
    assert x.tolist() == [2.0, 2.0]
    assert (x._version, y._version) == (1, 1)
    assert not x.is_inference()


def test_what_else_they_refuse(lib: Any) -> None:
    x = inference(lib)
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        _ = x._version
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outs"):
        x.requires_grad_()
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outs"):
        x.requires_grad = True
    with lib.inference_mode():
        assert x.requires_grad_().requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        with lib.inference_mode():
            y = (lib.ones(2, requires_grad=True) * 2).sum()
        y.backward()


# -- more that inference tensors refuse --------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda lib, x: x.relu_(),
        lambda lib, x: lib.nn.functional.relu(x, inplace=True),
        lambda lib, x: x.resize_(3),
        lambda lib, x: x.normal_(),
        lambda lib, x: x.index_fill_(0, lib.tensor([0]), 2.0),
        lambda lib, x: x.masked_fill_(x > 0, 2.0),
        lambda lib, x: x.t_(),
        lambda lib, x: lib.nn.init.uniform_(x),
        lambda lib, x: lib.nn.utils.clip_grad_norm_([weight_with(lib, x)], 0.1),
        lambda lib, x: lib.nn.utils.clip_grad_value_([weight_with(lib, x)], 0.1),
        lambda lib, x: weight_with(lib, x).sum().backward(),
        lambda lib, x: lib.optim.SGD([parameter_of(lib, x)], 0.1).step(),
        lambda lib, x: lib.optim.Adam([parameter_of(lib, x)], 0.1).step(),
    ],
)
def test_nothing_writes_inference_tensors(lib: Any, write: Any) -> None:
    x = inference(lib)
    with pytest.raises(RuntimeError, match=CANNOT_WRITE):
        write(lib, x)
    if lib is rushlight:
        assert x.tolist() == [1.0, 1.0]


def weight_with(lib: Any, grad: Any) -> Any:
    w = lib.ones(2, requires_grad=True)
    w.grad = grad
    return w


def parameter_of(lib: Any, x: Any) -> Any:
    with lib.inference_mode():
        p = lib.nn.Parameter(x)
    p.grad = lib.ones(2)
    return p


def test_what_inference_tensors_do_not_know(lib: Any) -> None:
    x = inference(lib)
    view = x.view(2, 1)
    assert view.is_inference()
    assert not view._is_view()
    assert view._base is None
    lib.autograd.graph.increment_version(x)  # nobody counts
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outs"):
        lib.nn.Parameter(x)
    assert lib.nn.Parameter(x, requires_grad=False).is_inference()


def test_copies_made_in_inference_mode(lib: Any) -> None:
    x, layer = lib.ones(2), lib.nn.Linear(1, 1)
    with lib.inference_mode():
        copied = copy.deepcopy(layer).weight
        assert copied.is_inference()
        assert copied.requires_grad
        assert copy.deepcopy(x).is_inference()
        assert pickle.loads(pickle.dumps(x)).is_inference()


def test_functions_in_inference_mode(lib: Any) -> None:
    seen: list[Any] = []

    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            seen.append((x.is_inference(), lib.is_inference_mode_enabled()))
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    w = lib.ones(2, requires_grad=True)
    with lib.inference_mode():
        made = [Double.apply(lib.ones(2)), Double.apply(w)]
    made.append(Double.apply(inference(lib)))
    assert [t.is_inference() for t in made] == [True, True, False]
    assert not any(t.requires_grad for t in made)
    assert seen == [(True, True), (False, True), (True, False)]


def test_derivatives_of_functions_in_inference_mode_and_by_inference_tensors(lib: Any) -> None:
    """`torch.func` records for itself, whatever the mode, and by ordinary tensors."""
    func = lib.func
    with lib.inference_mode():
        x = lib.arange(3.0)
        assert func.grad(lambda x: (x * x).sum())(x).tolist() == [0.0, 2.0, 4.0]
        assert func.hessian(lambda x: (x**3).sum())(x).diag().tolist() == [0.0, 6.0, 12.0]
        assert func.jacrev(func.jacfwd(lambda x: x * x))(x).sum().item() == 6.0
        inside = func.grad(lambda x: (x**3).sum())(lib.ones(2))
        assert inside.tolist() == [3.0, 3.0]
        assert not inside.is_inference()
        assert lib.is_inference_mode_enabled()
        assert not lib.is_grad_enabled()
        assert (x * 2).is_inference()
    assert func.grad(lambda x: (x * x).sum())(x).tolist() == [0.0, 2.0, 4.0]
    assert func.vjp(lambda x: x * x, x)[1](lib.ones(3))[0].tolist() == [0.0, 2.0, 4.0]
    assert func.jacrev(lambda x: x * x)(x).diag().tolist() == [0.0, 2.0, 4.0]
    assert func.hessian(lambda x: (x**3).sum())(x).diag().tolist() == [0.0, 6.0, 12.0]
    assert func.vmap(func.grad(lambda x: x * x))(x).tolist() == [0.0, 2.0, 4.0]
    assert func.grad(lambda x: x.is_inference() * x.sum())(x).tolist() == [0.0, 0.0, 0.0]
    assert x.is_inference()


def test_derivatives_of_functions_that_close_over_inference_tensors(lib: Any) -> None:
    func = lib.func
    weight = inference(lib)
    one = lib.ones_like(weight)
    assert func.grad(lambda x: (x * weight).sum())(one).tolist() == weight.tolist()
    _, pull = func.vjp(lambda x: x * weight, one)
    assert pull(one)[0].tolist() == weight.tolist()
    assert func.jacrev(lambda x: x * weight)(one).diag().tolist() == weight.tolist()
    assert func.hessian(lambda x: (x * x * weight).sum())(one).diag().tolist() == [
        2 * v for v in weight.tolist()
    ]
    rows = func.vmap(func.grad(lambda x: (x * weight).sum()))(lib.stack([one, one]))
    assert rows.tolist() == [weight.tolist()] * 2
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        one.requires_grad_() * weight
