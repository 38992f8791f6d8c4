"""Tensors made to look at other memory, by `set_` and by ``data =``: stories for both libraries."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, attempt, expressions, story
from tests.libraries import LIBRARIES


@expressions(
    """
    torch.ones(2).set_(torch.arange(6.), 1, (2,)).stride()
    torch.ones(2).set_(torch.arange(6.), 1, (2,), (2,))
    torch.ones(2).set_(torch.arange(6.), 1, (2,), None)
    torch.ones(2).set_(torch.arange(6.), 0, (2,), ())
    torch.ones(2).set_(torch.arange(6.)[2:], 0, (3,)).storage_offset()
    torch.ones(2).set_(torch.arange(6.)[2:].untyped_storage(), 0, (3,))
    torch.ones(2).set_(source=torch.arange(6.), storage_offset=1, size=[2], stride=(3,))
    torch.ones(2).set_(torch.arange(6.), torch.tensor(1), (torch.tensor(2),))
    torch.ones(2).set_(torch.arange(6.).untyped_storage())
    torch.ones(2).set_(torch.arange(6.).untyped_storage(), 1, (2,), (1,))
    torch.ones(2).set_(torch.arange(6.).storage(), 2, (2, 2))
    torch.ones(2).set_(torch.arange(6., dtype=torch.float64).storage())
    torch.ones(2).set_(torch.arange(9, dtype=torch.int8).storage())
    torch.ones(2).set_(torch.arange(9, dtype=torch.int8).untyped_storage()).shape
    torch.ones(2).set_(torch.arange(6.).reshape(2, 3).t()).stride()
    torch.ones(2).set_(torch.ones(1).expand(4))
    torch.ones(2).set_(torch.arange(6.), 0, (0,)).shape
    torch.ones(2).set_(torch.arange(6.), -1, (2,))
    torch.ones(2).set_(torch.arange(6.), 0, (-1,))
    torch.ones(2).set_(torch.arange(6.), 0, (2,), (-1,))
    torch.ones(2).set_(torch.arange(6.), 0, (2,), (1, 1))
    torch.ones(2).set_(torch.ones(1), 0, (2,))
    torch.ones(2).set_(torch.ones(1), 0, (2,), (1,))
    torch.ones(2).set_(torch.arange(6.), 0, (8,))[:6]
    torch.ones(2).set_(torch.arange(6.), 0)
    torch.ones(2).set_(torch.arange(6.), size=(2,))
    torch.ones(2).set_(torch.arange(6.), 0, 2)
    torch.ones(2).set_(torch.arange(6.), 0, (2.5,))
    torch.ones(2).set_(torch.arange(6.), 1.5, (2,))
    torch.ones(2).set_(torch.arange(6.), True, (2,))
    torch.ones(2).set_(torch.arange(6.).untyped_storage(), 0)
    torch.ones(2).set_(3)
    torch.ones(2).set_([1.0])
    torch.ones(2).set_(None)
    torch.ones(2).set_(storage_offset=3)
    torch.ones(2).set_(torch.arange(3))
    torch.ones(2, dtype=torch.complex64).set_(torch.ones(2))
    """
)
def test_overloads(expression: str) -> None:
    """Storage or tensor, whole or in part, and what is none of these."""
    assert_alike(expression)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_memory_that_grows(lib: Any) -> None:
    """A part beyond the memory makes it larger, for all that look at it."""
    memory = lib.zeros(4)
    view = memory[1:]
    x = lib.zeros(1).set_(memory, 2, (10,))
    assert memory.untyped_storage().nbytes() == 48
    x.fill_(7)
    assert memory.tolist() == [0, 0, 7, 7]
    assert view.tolist() == [0, 7, 7]


@story
def test_refused_changes_nothing(lib: Any) -> Any:
    """Whatever is refused leaves the tensor as it was."""
    x, i = lib.ones(2), lib.arange(3)
    said = [
        attempt(lambda: x.set_(i)),
        attempt(lambda: x.set_(lib.ones(3), 0, (2,), (1, 1))),
        attempt(lambda: x.set_(lib.ones(3), -1, (2,))),
    ]
    return said, x, x._version


ACTS = {
    "nothing": lambda lib, x, y: y.set_(),
    "a tensor": lambda lib, x, y: y.set_(lib.zeros(3)),
    "a leaf": lambda lib, x, y: y.set_(x),
    "itself": lambda lib, x, y: y.set_(y),
    "its alias": lambda lib, x, y: y.set_(y.detach()),
    "a part": lambda lib, x, y: y.set_(x, 0, (1,)),
    "a storage": lambda lib, x, y: y.set_(lib.zeros(3).untyped_storage()),
    "a part of a storage": lambda lib, x, y: y.set_(lib.zeros(3).untyped_storage(), 1, (2,), (1,)),
    "a leaf, of a plain tensor": lambda lib, x, y: lib.ones(3).set_(x),
    "a product, of a plain tensor": lambda lib, x, y: lib.ones(3).set_(y),
    "a part of a leaf, of a plain tensor": lambda lib, x, y: lib.ones(3).set_(x, 0, (1,)),
    "a tensor, of a leaf": lambda lib, x, y: x.set_(lib.zeros(2)),
    "nothing, of a leaf": lambda lib, x, y: x.set_(),
    "a storage, of a leaf": lambda lib, x, y: x.set_(lib.zeros(3).untyped_storage()),
    "a tensor, of a view of a leaf": lambda lib, x, y: x[:1].set_(lib.zeros(3)),
    "a tensor, of one of several views": lambda lib, x, y: y.split(1)[0].set_(lib.zeros(3)),
}


@pytest.mark.parametrize("act", ACTS)
def test_in_a_graph(act: str) -> None:
    """What is recorded, and that nothing flows back through it."""

    @story
    def told(lib: Any) -> Any:
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        try:
            t = ACTS[act](lib, x, y)
        except RuntimeError as error:
            return str(error), x, y, y.grad_fn, x._version, y._version
        node = t.grad_fn
        if node is None:
            return t, t._version, t.requires_grad, t.is_leaf
        return (
            t, t._version, t.is_leaf, node.name(), type(node).__module__, node.next_functions,
            attempt(lambda: t.sum().backward()),
            attempt(lambda: lib.autograd.grad(t.sum(), x)),
            attempt(lambda: lib.autograd.grad(t, t, lib.ones_like(t))),
            attempt(lambda: node(lib.ones_like(t))), attempt(lambda: node(None)), attempt(node),
            x.grad, y.grad_fn,
        )  # fmt: skip

    told()


@story
def test_saved_before(lib: Any) -> Any:
    """`set_` counts the version up, so that a saved tensor is found changed; `data` doesn't."""
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    said = []
    for change in (lambda t: t.set_(lib.zeros(2)), lambda t: setattr(t, "data", lib.zeros(2))):
        w = lib.ones(2) * 5
        y = x * w
        change(w)
        said.append((attempt(lambda y=y: y.sum().backward()), w._version))
        y = x.exp()
        with lib.no_grad():
            change(y)
        said.append((attempt(lambda y=y: y.sum().backward()), y._version, y.grad_fn, y))
    return said, x.grad


@story
def test_a_leaf_of_another_shape(lib: Any) -> Any:
    """Its gradient can't be added to the one of before."""
    said = []
    for shape in (3, (2, 2), 1):
        for way in ("set_", "data"):
            x = lib.ones(2, requires_grad=True)
            x.register_hook(said.append)
            (x * 2).sum().backward()
            with lib.no_grad():
                if way == "set_":
                    x.set_(lib.zeros(shape))
                else:
                    x.data = lib.zeros(shape)
            said += [x, x.is_leaf, x.grad, attempt(lambda x=x: (x * 3).sum().backward()), x.grad]
            x.grad = None
            (x * 3).sum().backward()
            said.append(x.grad)
    return said


@story
def test_views(lib: Any) -> Any:
    """A view stays one, and what is recorded of it is recorded of its base."""
    x = lib.ones(6, requires_grad=True)
    said = []
    for size in (2, 20):
        b = x * 2
        v = b[1:3]
        v.set_(lib.ones(size))
        said += [v, v.grad_fn, v._base is b, v._version, b._version, b.grad_fn]
        said += [b.grad_fn.next_functions, attempt(lambda b=b: b.sum().backward())]
        said += [attempt(lambda v=v: v.sum().backward())]
    b = x * 2
    v = b[1:3]
    b.set_(lib.ones(2))
    said += [b, v, b.grad_fn, v.grad_fn, attempt(lambda: v.sum().backward())]
    v = x[1:3]
    with lib.no_grad():
        v.set_(lib.ones(2))
    v.sum().backward()
    with lib.no_grad():
        w = x[1:3]
    said += [v, x._version, x.grad, attempt(lambda: w.set_(lib.ones(2)))]
    b = lib.ones(6)
    v = b[1:3]
    v.set_(lib.ones(2, requires_grad=True))
    return said, b.grad_fn, v.grad_fn, v.requires_grad, b


@story
def test_written_after(lib: Any) -> Any:
    """The geometry of a view that looks elsewhere is that of the place where it looks."""
    said = []
    for base, new in ((lib.ones(6), lib.zeros(2)), (lib.ones(6), lib.zeros(8)[4:7])):
        v = base[1:3]
        v.set_(new)
        o = lib.ones(v.shape, requires_grad=True)
        v.mul_(o)
        said += [base, v, base.grad_fn, v.grad_fn, attempt(lambda v=v: v.sum().backward()), o.grad]
    b = lib.tensor([1.0])
    v = b.reshape(())
    v.set_(lib.zeros(2, 2))
    o = lib.ones(2, 2, requires_grad=True)
    v.mul_(o)
    said += [attempt(lambda: b.sum().backward()), attempt(lambda: v.sum().backward()), o.grad]
    v.backward(lib.ones(2, 2), inputs=[v])
    b = lib.arange(6.0)
    b.set_(lib.ones(4))
    w = b[1:3]
    o = lib.ones(2, requires_grad=True)
    w.mul_(o)
    b.sum().backward()
    return said, v.grad, b.grad_fn, w._base is b, o.grad


@story
def test_hooks_and_retained(lib: Any) -> Any:
    """Hooks stay with the history of before; a retained gradient with the tensor."""
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    seen: list[Any] = []
    y.retain_grad()
    y.register_hook(seen.append)
    y.set_(lib.ones(2))
    return attempt(lambda: y.sum().backward()), y.retains_grad, y.grad, seen


@story
def test_inference(lib: Any) -> Any:
    """Inference tensors are exchanged in inference mode only, and stay what they are."""
    with lib.inference_mode():
        i = lib.ones(2)
    said = [attempt(lambda: i.set_(lib.zeros(2))), i.is_inference()]
    n = lib.ones(2)
    n.set_(i)
    with lib.inference_mode():
        i.set_(lib.zeros(3))
        n.set_(i)
        x = lib.ones(2, requires_grad=True)
    return said, i, i.is_inference(), n, n.is_inference(), n._version, x


@story
def test_shared_with_the_source(lib: Any) -> Any:
    """Memory is shared, versions are not."""
    source, x = lib.zeros(2), lib.ones(2)
    x.set_(source)
    x.add_(1)
    source.add_(1)
    p = lib.nn.Parameter(lib.ones(2))
    with lib.no_grad():
        p.set_(lib.ones(3))
    return x, source, x._version, source._version, x._is_view(), p


@story
def test_data(lib: Any) -> Any:
    """What ``data`` gives and takes."""

    class Sub(lib.Tensor):
        pass

    def put(x: Any, value: Any) -> Any:
        x.data = value

    said = []
    values = [
        lib.zeros(3), lib.zeros(2, dtype=lib.float64), lib.arange(2), 3, None, [1.0],
        lib.ones(2, dtype=lib.complex64), lib.ones(2, requires_grad=True) * 2,
        lib.zeros(2, dtype=lib.bool), lib.nn.Parameter(lib.ones(4)), lib.ones(2).as_subclass(Sub),
    ]  # fmt: skip
    for value in values:
        for x in (lib.ones(2), lib.ones(2, requires_grad=True), Sub([1.0, 2.0])):
            said += [
                attempt(lambda x=x, v=value: put(x, v)),
                x,
                x._version,
                x.is_leaf,
                type(x).__name__,
            ]
    x = lib.ones(2, requires_grad=True)
    node = lib.autograd.graph.get_gradient_edge(x).node
    x.data = lib.zeros(3)
    same = [lib.autograd.graph.get_gradient_edge(x).node is node]
    x.data = lib.zeros(3, dtype=lib.float64)
    same += [lib.autograd.graph.get_gradient_edge(x).node is node]
    try:
        del x.data
    except RuntimeError as error:
        said.append(str(error))
    return said, same, type(Sub([1.0]).data).__name__


def test_transforms() -> None:
    """An example has no memory of its own: refused, where PyTorch does nothing."""
    vmap = rushlight.func.vmap
    with pytest.raises(NotImplementedError, match="no memory of its own"):
        vmap(lambda x: x.set_(rushlight.ones(2)))(rushlight.ones(3, 2))


@pytest.mark.parametrize("lib", LIBRARIES)
def test_transforms_alike(lib: Any) -> None:
    """What both refuse."""
    x = lib.ones(3, 2)

    def put(t: Any) -> Any:
        t.data = t * 2
        return t

    with pytest.raises(RuntimeError, match="is not possible because there exists"):
        lib.func.vmap(lambda t: lib.ones(2).set_(t))(x)
    with pytest.raises(RuntimeError, match=r"mutating directly with `.data`"):
        lib.func.vmap(put)(x)
    with pytest.raises(NotImplementedError, match="forward AD with set_"):
        lib.func.jvp(lambda t: t.set_(lib.ones(2)), (x,), (x,))
    with pytest.raises(RuntimeError, match="derivative for set_ is not implemented"):
        lib.func.grad(lambda t: lib.ones(3, 2).set_(t).sum())(x)


@story
def test_names_of_storages(lib: Any) -> Any:
    """Those from before storages of bytes tell a dtype, and make storages of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told: list[Any] = []
        for name in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char"):
            kind = getattr(lib, f"{name}Storage")
            made = kind([1, 0])
            told.append((str(kind), kind.__name__, made, len(kind(3)), made.dtype))
            told.append([isinstance(lib.ones(2).storage(), kind), isinstance(made, kind)])
        told.append(isinstance(lib.ones(2), lib.FloatStorage))
        told.append(isinstance(lib.ones(2).storage(), lib.TypedStorage))
        told.append(isinstance(lib.ones(2).untyped_storage(), lib.UntypedStorage))
        for name in ("Byte", "Bool", "ComplexFloat", "ComplexDouble"):
            told.append(getattr(lib, f"{name}Storage")([1, 0]))
    return told
