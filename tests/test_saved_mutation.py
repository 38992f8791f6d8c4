"""Stories about writes to saved tensors: refused with PyTorch's error, or allowed in a context."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any) -> Any:
    return lib.tensor([2.0, 3.0], requires_grad=True)


def counts(context: Any) -> tuple[int, int]:
    return len(context.cloned), len(context.original)


def allowed(lib: Any) -> Any:
    return lib.autograd.graph.allow_mutation_on_saved_tensors()


OUTSIDE = "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"


# -- the context -------------------------------------------------------------------------------


def test_the_backward_pass_sees_the_saved_values(lib: Any) -> None:
    with allowed(lib) as context:
        x = leaf(lib)
        y = x.clone()
        z = (y**2).sum()
        assert counts(context) == (0, 1)
        y.sin_()
        assert counts(context) == (1, 1)
        z.backward()
        assert counts(context) == (0, 1)
    assert x.grad.tolist() == [4.0, 6.0]
    assert counts(context) == (0, 0)


def test_a_tensor_saved_twice_is_kept_once(lib: Any) -> None:
    with allowed(lib) as context:
        x = leaf(lib)
        y = x.clone()
        z = (y**2).sum() + (y**3).sum()
        assert counts(context) == (0, 1)
        y.add_(1)
        assert counts(context) == (1, 0)
        w = (y**2).sum()
        assert counts(context) == (1, 1)
        y.mul_(2)
        assert counts(context) == (2, 0)
        (z + w).backward()
    assert x.grad.tolist() == [22.0, 41.0]


def write_under_no_grad(lib: Any, y: Any) -> None:
    with lib.no_grad():
        y.zero_()


def write_item(lib: Any, y: Any) -> None:
    y[0] = 7.0
    y[1] = 8.0


WRITES = [
    lambda lib, y: y.mul_(3),
    lambda lib, y: y.exp_(),
    lambda lib, y: y.zero_(),
    lambda lib, y: y.fill_(4),
    lambda lib, y: y.copy_(lib.ones(2)),
    lambda lib, y: y.detach().add_(1),
    lambda lib, y: y.view(2, 1).mul_(3),
    lambda lib, y: lib.add(lib.ones(2), 1, out=y.detach()),
    lambda lib, y: lib.nn.functional.relu(y.neg_(), inplace=True),
    write_under_no_grad,
    write_item,
]


@pytest.mark.parametrize("write", WRITES)
def test_every_write_is_allowed(lib: Any, write: Any) -> None:
    with allowed(lib):
        x = leaf(lib)
        y = x.clone()
        z = y.sin()
        write(lib, y)
        z.sum().backward()
    assert x.grad.tolist() == pytest.approx([-0.4161468, -0.9899925])


@pytest.mark.parametrize("write", WRITES[:6])
def test_outputs_and_constants_may_be_written(lib: Any, write: Any) -> None:
    with allowed(lib):
        x, b = leaf(lib), lib.full((2,), 5.0)
        y = x.exp()
        z = (x * b).sum() + y.sum()
        write(lib, y)
        write(lib, b)
        z.backward()
    assert x.grad.tolist() == pytest.approx((x.exp() + 5).tolist())


def test_writes_in_a_row_are_told_apart(lib: Any) -> None:
    with allowed(lib) as context:
        x = leaf(lib)
        y = x.clone()
        z = y.sin()
        y.exp_()
        y.exp_()
        assert counts(context) == (2, 1)
        (z.sum() + y.sum()).backward()
    expected = x.cos() + x.exp() * x.exp().exp()
    assert x.grad.tolist() == pytest.approx(expected.tolist())


def test_double_backward_inside(lib: Any) -> None:
    with allowed(lib):
        x = leaf(lib)
        y = x.clone()
        z = (y * y).sum()
        y.zero_()
        (g,) = lib.autograd.grad(z, x, create_graph=True)
        g.sum().backward()
    assert g.tolist() == [4.0, 6.0]
    assert x.grad.tolist() == [2.0, 2.0]


def test_what_is_no_longer_saved_is_forgotten(lib: Any) -> None:
    gc.disable()
    try:
        with allowed(lib) as context:
            y = leaf(lib).clone()
            z = y.sin()
            handle = weakref.ref(next(iter(context.original)))
            del z
            assert handle() is None
            assert counts(context) == (0, 0)
    finally:
        gc.enable()


def test_the_backward_pass_has_to_be_inside(lib: Any) -> None:
    with allowed(lib):
        y = leaf(lib).sin().sum()
    with pytest.raises(AssertionError, match=OUTSIDE):
        y.backward()
    with allowed(lib), pytest.raises(AssertionError, match=OUTSIDE):
        y.backward()
    with allowed(lib) as context:
        y = leaf(lib).sin().sum()
        context.clear()
        with pytest.raises(AssertionError, match=OUTSIDE):
            y.backward()


def test_contexts_cannot_be_nested(lib: Any) -> None:
    text = "allow_mutation_on_saved_tensors contexts cannot be nested"
    with allowed(lib), pytest.raises(RuntimeError, match=text), allowed(lib):
        raise AssertionError
    with allowed(lib) as context:
        x = leaf(lib)
        x.sin().sum().backward()
        assert counts(context) == (0, 0) or counts(context) == (0, 1)
    assert x.grad is not None


# -- without it --------------------------------------------------------------------------------


@pytest.mark.parametrize("write", WRITES)
def test_writes_are_noticed(lib: Any, write: Any) -> None:
    x = leaf(lib)
    y = x.clone()
    z = y.sin()
    write(lib, y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        z.sum().backward()
    version = y._version
    assert f"is at version {version}; expected version 0 instead" in str(caught.value)


def test_increment_version_counts_as_a_write(lib: Any) -> None:
    x = leaf(lib)
    y, c = x.clone(), lib.ones(2)
    z = (y.sin() * c).sum()
    lib.autograd.graph.increment_version(c)
    text = r"\[torch.FloatTensor \[2\]\] is at version 1; expected version 0 instead"
    with pytest.raises(RuntimeError, match=text):
        z.backward(retain_graph=True)
    w = y.sin().sum()
    lib.autograd.graph.increment_version(t for t in (y, c))
    assert (y._version, c._version) == (1, 2)
    text = r"which is output 0 of Clone, is at version 1; expected version 0 instead"
    with pytest.raises(RuntimeError, match=text):
        w.backward()


def test_increment_version_takes_tensors_only(lib: Any) -> None:
    increment = lib.autograd.graph.increment_version
    c = lib.ones(2)
    view = c[:1]
    for wrong in (3, None):
        with pytest.raises(RuntimeError, match=r"^increment_version expect a Iterable\[Tensor\]"):
            increment(wrong)
    text = "increment_version expects each element of the iterable to be a tensor"
    with pytest.raises(RuntimeError, match=text):
        increment([c, 3])
    assert c._version == 1
    increment(())
    increment({c: 1})
    increment(view)
    assert (c._version, view._version) == (3, 3)
    with lib.inference_mode():
        inference = lib.ones(2)
    increment([inference, c])
    increment(inference)
    assert c._version == 4


def test_the_tensors_themselves_are_shown(lib: Any) -> None:
    """Originals are the tensors that were saved, clones their old values; types have names."""
    with lib.autograd.graph.allow_mutation_on_saved_tensors() as context:
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 1
        z = y.sin()
        assert type(context).__name__ == "_AllowMutationOnSavedContext"
        ((handle, original),) = context.original.items()
        assert original is y
        assert type(handle).__name__ == "_Handle"
        y.add_(1)
        assert not context.original
        assert context.cloned[handle].tolist() == [1, 2]
        z.sum().backward()
    assert not context.cloned
