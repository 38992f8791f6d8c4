"""Parametrizations beside PyTorch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story

BODIES = {
    "Symmetric": (lambda x: x.triu() + x.triu(1).mT, None),
    "Invertible": (lambda x: x.triu() + x.triu(1).mT, lambda a: a.triu()),
    "Product": (lambda a, b: a @ b, lambda x: (x[:, :1].clone(), x[:1].clone())),
    "Shorter": (lambda x: x[:1], None),
    "Double": (lambda x: x.double(), None),
    "Number": (lambda x: 3, None),
    "BackToNumber": (lambda x: x, lambda a: 3),
    "BackToList": (lambda x: x, lambda a: [a, 3]),
    "BackToDouble": (lambda x: x.float(), lambda a: a.double()),
    "BackToShorter": (lambda x: x, lambda a: a[:1]),
    "OfTwo": (lambda a, b: a + b, None),
}


def module(lib: Any, name: str) -> Any:
    """An instance of a class of this name, whose methods are above."""
    forward, back = BODIES[name]
    members: dict[str, Any] = {"forward": lambda self, *xs: forward(*xs)}
    if back is not None:
        members["right_inverse"] = lambda self, value: back(value)
    return type(name, (lib.nn.Module,), members)()


def layer(lib: Any, *names: str, size: int = 3) -> Any:
    lib.manual_seed(0)
    made = lib.nn.Linear(size, size)
    for name in names:
        lib.nn.utils.parametrize.register_parametrization(made, "weight", module(lib, name))
    return made


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize("first", [(), ("Invertible",)], ids=["first", "second"])
@pytest.mark.parametrize("name", BODIES)
def test_registering(name: str, first: tuple[str, ...], unsafe: bool) -> None:
    """What comes of it, or what is wrong with it and that nothing has changed then."""

    def tell(lib: Any) -> Any:
        made = layer(lib, *first)
        before = made.weight.detach().clone()
        register = lib.nn.utils.parametrize.register_parametrization
        end = attempt(lambda: register(made, "weight", module(lib, name), unsafe=unsafe))
        failed = end.startswith(("ValueError", "TypeError"))
        if failed and lib is rushlight:  # PyTorch's may be half done
            assert made.weight.equal(before)
        return end.split("(self")[0], list(made.state_dict()), type(made).__name__

    assert_same_story(tell)


@story
def test_reading_and_writing(lib: Any) -> Any:
    parametrize = lib.nn.utils.parametrize
    made = layer(lib, "Invertible")
    original = made.parametrizations.weight.original
    made.weight = lib.eye(3)
    values = [made.weight, original, made.parametrizations.weight.original is original]
    (made(lib.ones(1, 3)).sum() * 2).backward()
    values += [original.grad, [name for name, _ in made.named_parameters()]]
    with parametrize.cached():
        values.append(made.weight is made.weight)
    values.append(made.weight is made.weight)
    values.append(attempt(lambda: setattr(layer(lib, "Symmetric"), "weight", lib.ones(3, 3))))
    values.append(attempt(lambda: setattr(made, "weight", lib.ones(3, 3).double())))
    two = layer(lib, "Product")
    two.weight = lib.ones(3, 3)
    values += [list(two.state_dict()), two.weight]
    return values


RETURNED = {
    "one": lambda lib, x: (x[:, :1].clone(),),
    "tensor": lambda lib, x: x,
    "number": lambda lib, x: (x[:, :1].clone(), 3),
    "double": lambda lib, x: (x[:, :1].clone().double(), x[:1].clone()),
    "right": lambda lib, x: [x[:, :1].clone(), x[:1].clone()],
}


@pytest.mark.parametrize("kind", RETURNED)
def test_writing_to_several(kind: str) -> None:
    def tell(lib: Any) -> Any:
        made = layer(lib, "Product")
        type(made.parametrizations.weight[0]).right_inverse = lambda _, x: RETURNED[kind](lib, x)
        before = made.weight.detach()
        text = attempt(lambda: setattr(made, "weight", lib.ones(3, 3)))
        if kind != "right" and lib is rushlight:
            assert made.weight.equal(before)
        return text

    assert_same_story(tell)


@story
def test_names(lib: Any) -> Any:
    parametrize = lib.nn.utils.parametrize
    made = layer(lib, "Symmetric", "Symmetric")
    made.register_buffer("buffer", lib.ones(2, 2))
    parametrize.register_parametrization(made, "buffer", module(lib, "Symmetric"))
    plain = lib.nn.Linear(1, 1)
    return [
        repr(made),
        list(made.state_dict()),
        [name for name, _ in made.named_buffers()],
        type(made).__name__,
        isinstance(made, lib.nn.Linear),
        parametrize.is_parametrized(made),
        parametrize.is_parametrized(made, "weight"),
        parametrize.is_parametrized(made, "bias"),
        parametrize.is_parametrized(plain),
        parametrize.type_before_parametrizations(made) is lib.nn.Linear,
        parametrize.type_before_parametrizations(plain) is lib.nn.Linear,
        "weight" in dir(made),
        attempt(
            lambda: parametrize.register_parametrization(plain, "foo", module(lib, "Symmetric"))
        ),
        attempt(lambda: parametrize.remove_parametrizations(plain, "weight")),
        attempt(lambda: parametrize.ParametrizationList([], lib.ones(2))),
        attempt(lambda: pickle.dumps(made)),
        parametrize.register_parametrization(
            lib.nn.Linear(2, 2).train(), "weight", module(lib, "Symmetric").eval()
        ).parametrizations.training,
    ]


@story
def test_removing(lib: Any) -> Any:
    parametrize = lib.nn.utils.parametrize
    values = []
    for leave in (True, False):
        made = layer(lib, "Symmetric")
        original = made.parametrizations.weight.original
        parametrize.remove_parametrizations(made, "weight", leave)
        values += [made, made.weight, made.weight is original, type(made) is lib.nn.Linear]
    two = layer(lib, "Product")
    values.append(attempt(lambda: parametrize.remove_parametrizations(two, "weight", False)))
    values.append(attempt(lambda: parametrize.remove_parametrizations(two, "weight")))
    values += [two.weight, list(two.state_dict())]
    both = layer(lib, "Symmetric")
    parametrize.register_parametrization(both, "bias", lib.nn.Identity())
    parametrize.remove_parametrizations(both, "weight")
    return [*values, both]


@story
def test_copies_and_transfer(lib: Any) -> Any:
    parametrize = lib.nn.utils.parametrize
    made = layer(lib, "Symmetric")
    copied = copy.deepcopy(made)
    with lib.no_grad():
        copied.parametrizations.weight.original.fill_(2)
    other = lib.nn.Linear(3, 3)
    parametrize.transfer_parametrizations_and_params(made, other)
    loaded = layer(lib, "Symmetric")
    loaded.load_state_dict(copied.state_dict())
    return [
        type(copied) is type(made),
        copied.weight,
        made.weight,
        other,
        other.weight.equal(made.weight),
        other.parametrizations.weight.original is made.parametrizations.weight.original,
        loaded.weight,
    ]


# -- those that are ready --------------------------------------------------------------------------


def rounded(t: Any) -> Any:
    """Four decimals, without signed zeros."""
    return (t.detach().double() + 0.0).round(decimals=4) + 0.0


@pytest.mark.parametrize("dim", [0, 1, -1, None])
@pytest.mark.parametrize("kind", ["Linear", "Conv2d"])
def test_weight_norm(kind: str, dim: int | None) -> None:
    def tell(lib: Any) -> Any:
        lib.manual_seed(0)
        made = lib.nn.Linear(2, 3) if kind == "Linear" else lib.nn.Conv2d(2, 3, 2)
        before = made.weight.detach().clone()
        lib.nn.utils.parametrizations.weight_norm(made, dim=dim)
        made.weight.square().cos().sum().backward()
        parts = made.parametrizations.weight
        grads = [rounded(p.grad) for p in parts.parameters()]
        made.weight = before * 2
        old = {"bias": made.bias, "weight_g": parts.original0 * 3, "weight_v": parts.original1}
        made.load_state_dict({k: v.detach().clone() for k, v in old.items()})
        return made, rounded(made.weight), grads, [p.shape for p in parts.parameters()]

    assert_same_story(tell)


@story
def test_spectral_norm(lib: Any) -> Any:
    ends = []
    for make in (
        lambda: lib.nn.Linear(3, 4),
        lambda: lib.nn.Conv2d(2, 3, 2),
        lambda: lib.nn.ConvTranspose2d(2, 3, 2),
        lambda: lib.nn.LayerNorm(3),
    ):
        lib.manual_seed(0)
        made = lib.nn.utils.parametrizations.spectral_norm(make(), n_power_iterations=2)
        made.weight.square().sum().backward()
        grad = rounded(made.parametrizations.weight.original.grad)
        made.eval()
        ends.append((made, rounded(made.weight), grad, list(made.state_dict())))
    wrong = lib.nn.utils.parametrizations.spectral_norm
    ends.append(attempt(lambda: wrong(lib.nn.Linear(3, 4), n_power_iterations=0)))
    ends.append(attempt(lambda: wrong(lib.nn.Linear(3, 4), dim=5)))
    return ends


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("shape", [(3, 3), (3, 5), (5, 3)])
@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
def test_orthogonal(kind: str, shape: tuple[int, int], trivial: bool) -> None:
    def tell(lib: Any) -> Any:
        lib.manual_seed(1)
        made = lib.nn.Linear(*shape, bias=False).double()
        lib.nn.utils.parametrizations.orthogonal(
            made, orthogonal_map=kind, use_trivialization=trivial
        )
        q = made.weight
        product = q @ q.mT if shape[0] > shape[1] else q.mT @ q
        (q.cos() * q).sum().backward()
        grad = rounded(made.parametrizations.weight.original.grad)
        target = lib.eye(*shape, dtype=lib.float64).flip(0).T.clone()
        text = attempt(lambda: setattr(made, "weight", target))
        return made, rounded(q), rounded(product), grad, text, rounded(made.weight).abs().sum()

    assert_same_story(tell)


@story
def test_orthogonal_mistakes(lib: Any) -> Any:
    orthogonal = lib.nn.utils.parametrizations.orthogonal
    made = orthogonal(lib.nn.Linear(3, 3))
    return [
        attempt(lambda: orthogonal(lib.nn.Linear(2, 2), orthogonal_map="x")),
        attempt(lambda: orthogonal(lib.nn.LayerNorm(3))),
        attempt(
            lambda: orthogonal(
                lib.nn.Linear(2, 3, dtype=lib.complex64), orthogonal_map="householder"
            )
        ),
        attempt(lambda: setattr(made, "weight", lib.ones(2, 2))),
    ]
