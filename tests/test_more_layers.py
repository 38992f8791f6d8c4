"""AdaptiveLogSoftmaxWithLoss, CrossMapLRN2d, FractionalMaxPool, CTCLoss: as PyTorch has them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")
BOTH = (rushlight, judge)


def tensor(lib: Any, *size: int, seed: int = 0) -> Any:
    return lib.from_numpy(np.random.RandomState(seed).randn(*size)).requires_grad_()


def told(lib: Any, layer: Any, results: Any, inputs: list[Any]) -> list[Any]:
    """Text, state and names; values of results and gradients as arrays."""
    results = [t for t in results if t.requires_grad]
    total = sum((t * t.cos()).sum() for t in results)
    values = [*results, *lib.autograd.grad(total, [*inputs, *layer.parameters()])]
    values += [*layer.state_dict().values()]
    return [
        repr(layer),
        list(layer.state_dict()),
        [t.grad_fn.name() for t in results],
        [t.detach().numpy() for t in values],
    ]


def agree(ours: list[Any], theirs: list[Any]) -> None:
    for a, b in zip(ours.pop(), theirs.pop(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)
    assert ours == theirs


def raised(run: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as error:
        run()
    return error.type.__name__, str(error.value).split("\n")[0]


# -- adaptive softmax ------------------------------------------------------------------------------

TARGETS: list[Any] = [[0, 3, 4, 9, 10, 19], [0, 1, 2, 3, 1, 1], [5, 6, 7, 8, 9, 5], 3, 17]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("options", [{}, {"div_value": 2.0, "head_bias": True}])
def test_adaptive_softmax(target: Any, options: dict[str, Any]) -> None:
    found = []
    for lib in BOTH:
        lib.manual_seed(0)
        layer = lib.nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], **options, dtype=lib.float64)
        wanted = lib.tensor(target)
        x = tensor(lib, *wanted.shape, 16)
        output, loss = layer(x, wanted)
        for p in layer.parameters():  # the clusters that nobody asked for have no gradient
            loss = loss + 0 * p.sum()
        found.append(told(lib, layer, [output, loss], [x]))
    agree(*found)


def test_adaptive_softmax_tells_and_predicts() -> None:
    found = []
    for lib in BOTH:
        lib.manual_seed(0)
        layer = lib.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10])
        x = tensor(lib, 50, 8).float().detach() * 9
        full = layer.log_prob(x)
        likeliest = full.argmax(1)
        head = layer.head(x).argmax(1)
        groups = (head < 4), (head >= 4)
        predicted = [layer.predict(x[g]) for g in (*groups, groups[0] | groups[1])]
        assert len(groups[0].nonzero()) and len(groups[1].nonzero())
        found.append([full.exp().sum(1), full, likeliest, *predicted])
        layer.reset_parameters()
        found[-1] += list(layer.state_dict().values())
        state = layer(x, likeliest)
        assert type(state).__name__ == "_ASMoutput" and state._fields == ("output", "loss")
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [(8, 20, []), (8, 20, [5, 5]), (8, 20, [6, 5]), (8, 20, [0]), (8, 20, [20])] + [(8, 20, [1.5])],
)
def test_errors_of_the_cutoffs(options: Any) -> None:
    ours, theirs = (
        raised(lambda lib=lib: lib.nn.AdaptiveLogSoftmaxWithLoss(*options)) for lib in BOTH
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((3, 8), [1, 2]),
        ((8,), [1]),
        ((1, 8), 1),
        ((1, 8), [[1]]),
        ((2, 8), [1, 20]),
        ((2, 8), [-1, 3]),
    ],
)
def test_errors_of_targets(size: tuple[int, ...], target: Any) -> None:
    ours, theirs = (
        raised(
            lambda lib=lib: lib.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5])(
                lib.ones(size), lib.tensor(target)
            )
        )
        for lib in BOTH
    )
    assert ours == theirs


# -- the others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("channels", [1, 2, 5, 9])
def test_cross_map_normalisation(size: int, channels: int) -> None:
    found = []
    for lib in BOTH:
        layer = lib.nn.CrossMapLRN2d(size, alpha=0.3, beta=0.6, k=1.5)
        x = tensor(lib, 2, channels, 2, 3)
        found.append(told(lib, layer, [layer(x)], [x]))
    assert [f[2] for f in found] == [["CrossMapLRN2dBackward"], ["CrossMapLRN2dBackward"]]
    agree(*found)


def test_cross_map_normalisation_takes_images() -> None:
    ours, theirs = (
        raised(lambda lib=lib: lib.nn.CrossMapLRN2d(3)(lib.ones(2, 3, 4))) for lib in BOTH
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("2d", (2, 4), {}),
        ("2d", ((2, 3), None, 0.5), {"return_indices": True}),
        ("3d", (2, (2, 3, 3)), {}),
        ("3d", ((2, 1, 2), None, (0.5, 0.6, 0.7)), {"return_indices": True}),
    ],
)
def test_fractional_max_pooling(name: str, args: Any, options: dict[str, Any]) -> None:
    found = []
    for lib in BOTH:
        layer = getattr(lib.nn, f"FractionalMaxPool{name}")(*args, **options)
        x = tensor(lib, 2, 3, *[5, 7, 8][3 - int(name[0]) :])
        lib.manual_seed(4)
        result = layer(x)
        pair = result if options else (result,)
        found.append(told(lib, layer, pair, [x]))
        found[-1][0] += str([t.tolist() for t in pair[1:]])
        kept = lib.rand(2, 3, int(name[0]), dtype=lib.float64)
        fixed = getattr(lib.nn, f"FractionalMaxPool{name}")(*args, _random_samples=kept)
        assert list(fixed.state_dict()) == ["_random_samples"]
        assert lib.equal(fixed(x), fixed(x))
    agree(*found)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("2d", (2,)),
        ("2d", (2, 3, 0.5)),
        ("2d", (2, None, 1.5)),
        ("2d", (2, None, (0.5, 0.0))),
        ("3d", (2,)),
        ("3d", (0, 3)),
        ("3d", ((2, -1, 2), 3)),
        ("3d", (2, 3, 0.5)),
        ("3d", (2, None, (0.5, 0.5, 1.0))),
    ],
)
def test_errors_of_fractional_max_pooling(name: str, args: Any) -> None:
    ours, theirs = (
        raised(lambda lib=lib: getattr(lib.nn, f"FractionalMaxPool{name}")(*args)) for lib in BOTH
    )
    assert ours == theirs


@pytest.mark.parametrize("options", [{}, {"blank": 4, "reduction": "sum"}, {"zero_infinity": True}])
def test_ctc_layer(options: dict[str, Any]) -> None:
    found = []
    for lib in BOTH:
        layer = lib.nn.CTCLoss(**options)
        x = tensor(lib, 6, 2, 5)
        targets = lib.tensor([[1, 2, 3], [3, 3, 1]])
        loss = layer(x.log_softmax(2), targets, lib.tensor([6, 4]), lib.tensor([3, 2]))
        found.append(told(lib, layer, [loss], [x]))
    agree(*found)


def test_a_label_that_is_not_there_is_an_error() -> None:
    logs = rushlight.zeros(4, 1, 3).log_softmax(2)
    for label in (3, -1):
        with pytest.raises(IndexError, match=f"target {label} is out of bounds for 3 classes"):
            rushlight.nn.functional.ctc_loss(logs, rushlight.tensor([[label]]), (4,), (1,))


def test_ctc_has_no_second_derivative() -> None:
    ours, theirs = (raised(lambda lib=lib: _second(lib)) for lib in BOTH)
    assert ours == theirs


def _second(lib: Any) -> None:
    x = lib.zeros(4, 1, 3, requires_grad=True)
    loss = lib.nn.functional.ctc_loss(x.log_softmax(2), lib.tensor([[1]]), (4,), (1,))
    (grad,) = lib.autograd.grad(loss, x, create_graph=True)
    lib.autograd.grad(grad.sum(), x)


# -- a linear map and its loss ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"bias": True, "reduction": "sum", "label_smoothing": 0.1}, {"out_features": (3,)}],
)
@pytest.mark.parametrize("chunks", [None, 2])
def test_linear_cross_entropy_layer(options: dict[str, Any], chunks: int | None) -> None:
    found = []
    for lib in BOTH:
        lib.manual_seed(0)
        how = None if chunks is None else lib.nn.LinearCrossEntropyOptions(batch_chunk_size=chunks)
        layer = lib.nn.LinearCrossEntropyLoss(8, 4, **options, options=how, dtype=lib.float64)
        x = tensor(lib, 6, 8)
        target = lib.arange(6) % 4
        if "out_features" in options:
            target = target[:, None].expand(6, 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(told(lib, layer, [layer(x, target)], [x]))
            found[-1][2] = []  # PyTorch's chunked path is a Function
            found[-1][0] = found[-1][0].replace("rushlight", "torch")
    agree(*found)


@pytest.mark.parametrize(
    "options",
    [
        {"acc_policy": "none"},
        {"chunking_method": "rows"},
        {"chunking_method": "aspect_ratio:0"},
        {"batch_chunk_size": 0},
        {"batch_chunk_size": 1.5},
    ],
)
def test_errors_of_options(options: dict[str, Any]) -> None:
    ours, theirs = (
        raised(lambda lib=lib: lib.nn.LinearCrossEntropyOptions(**options)) for lib in BOTH
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "options", [{"label_smoothing": 2.0}, {"label_smoothing": -1.0}, {"weight": 3}]
)
def test_errors_of_the_linear_loss(options: dict[str, Any]) -> None:
    found = []
    for lib in BOTH:
        given = {**options, "weight": lib.ones(3)} if "weight" in options else options
        found.append(
            raised(lambda lib=lib, given=given: lib.nn.LinearCrossEntropyLoss(8, 4, **given))
        )
    assert found[0] == found[1]
