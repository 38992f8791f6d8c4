"""Recurrent layers beside PyTorch: outputs, first and second derivatives, options, mistakes."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight.autograd import forward_ad, gradcheck, gradgradcheck
from rushlight.kernels import steps
from tests.both import assert_same_story, attempt, story
from tests.both import judge as torch

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    *itertools.product(
        ["LSTM", "GRU", "RNN"],
        [
            {},
            {"bias": False},
            {"batch_first": True},
            {"bidirectional": True},
            {"num_layers": 3},
            {"num_layers": 2, "bidirectional": True, "batch_first": True},
        ],
    ),
    ("RNN", {"nonlinearity": "relu"}),
    ("RNN", {"nonlinearity": "relu", "bidirectional": True}),
    ("LSTM", {"proj_size": 2, "bidirectional": True}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bias": False}),
]


def run(
    lib: Any, kind: str, options: dict[str, Any], form: str, states: bool, dtype: Any
) -> list[Any]:
    """All that a layer returns, and all first and some second derivatives, as arrays."""
    lib.manual_seed(0)
    layer = getattr(lib.nn, kind)(3, 4, **options).to(getattr(lib, dtype.__name__))
    rng = np.random.RandomState(0)

    def draw(*shape: int) -> Any:
        return lib.tensor(rng.randn(*shape).astype(dtype), requires_grad=True)

    first = options.get("batch_first", False)
    x = draw(5, 6, 3)
    places = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    batch = 5 if first else 6
    hx = [draw(places, batch, options.get("proj_size", 4)), draw(places, batch, 4)]
    hx = hx if kind == "LSTM" else hx[:1]
    rnn, input = lib.nn.utils.rnn, x
    lengths = [6, 3, 3, 2, 1] if first else [5, 4, 4, 2, 1, 1]
    if form == "packed":
        input = rnn.pack_padded_sequence(x, lengths, batch_first=first)
    elif form == "unsorted":
        input = rnn.pack_padded_sequence(x, lengths[::-1], first, enforce_sorted=False)
    given = (tuple(hx) if kind == "LSTM" else hx[0]) if states else None
    y, last = layer(input, given)
    if form != "steps":
        y, _ = rnn.pad_packed_sequence(y, batch_first=first)
    last = last if isinstance(last, tuple) else (last,)
    loss = (y**2).sum() + sum((end.sin() * i).sum() for i, end in enumerate(last, 1))
    inputs = [x, *(hx if states else []), *layer.parameters()]
    raw = lib.autograd.grad(loss, inputs, retain_graph=True)  # by kernels; below by formulas
    grads = lib.autograd.grad(loss, inputs, create_graph=True)
    more: Any = ()
    if dtype is np.float64 and options.get("num_layers", 1) == 1:
        more = lib.autograd.grad(sum((g**2).sum() for g in grads), inputs)
    return [t.detach().numpy() for t in (y, *last, *raw, *grads, *more)]


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("states", [False, True], ids=["zeros", "states"])
@pytest.mark.parametrize("form", ["steps", "packed", "unsorted"])
@pytest.mark.parametrize(("kind", "options"), OPTIONS)
def test_layers(kind: str, options: Any, form: str, states: bool, dtype: Any) -> None:
    ours = run(rushlight, kind, options, form, states, dtype)
    theirs = run(torch, kind, options, form, states, dtype)
    rtol = 1e-9 if dtype is np.float64 else 3e-4
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_derivatives_by_differences(kind: str) -> None:
    """Without a judge: first and second, reverse and forward."""
    rushlight.manual_seed(1)
    layer = getattr(rushlight.nn, kind)(2, 2, bidirectional=True).double()
    sizes = rushlight.tensor([2, 1, 1])
    x = rushlight.randn(4, 2, dtype=rushlight.float64, requires_grad=True)
    weights = [w.detach().requires_grad_() for w in layer.parameters()]

    def f(x: Any, *weights: Any) -> Any:
        packed = rushlight.nn.utils.rnn.PackedSequence(x, sizes)
        named = dict(zip(dict(layer.named_parameters()), weights))
        y, last = rushlight.func.functional_call(layer, named, (packed,))
        return (y.data, *(last if isinstance(last, tuple) else (last,)))

    assert gradcheck(f, (x, *weights), check_forward_ad=True)
    assert gradgradcheck(f, (x, *weights))


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("form", ["steps", "packed"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [*itertools.product(["LSTM", "GRU", "RNN"], [{}, {"bidirectional": True, "bias": False}])]
    + [("LSTM", {"proj_size": 2, "bidirectional": True})],
)
def test_products_beside_the_steps(
    kind: str, options: Any, form: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, whether another thread makes products for parts of the steps or not."""
    together = run(rushlight, kind, options, form, True, np.float64)
    before = rushlight.get_num_threads()
    rushlight.set_num_threads(threads)
    monkeypatch.setattr(steps, "_WORTH", 0)
    try:
        parts = run(rushlight, kind, options, form, True, np.float64)
        again = run(rushlight, kind, options, form, True, np.float64)
    finally:
        rushlight.set_num_threads(before)
    for a, b, c in zip(together, parts, again, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
        np.testing.assert_array_equal(b, c)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_graph_dies_with_its_outputs(kind: str) -> None:
    """No cycle holds the arrays of a step back until the garbage collector runs."""
    layer, x = getattr(rushlight.nn, kind)(3, 4), rushlight.ones(5, 2, 3)
    layer(x)[0].sum().backward()
    gc.collect()
    gc.disable()
    try:
        count = len(gc.get_objects())
        for _ in range(5):
            layer.zero_grad()
            layer(x)[0].sum().backward()
        assert len(gc.get_objects()) - count < 10
    finally:
        gc.enable()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_types(kind: str, half: str) -> None:
    def run(lib: Any) -> Any:
        lib.manual_seed(2)
        layer = getattr(lib.nn, kind)(3, 4).to(getattr(lib, half))
        x = lib.linspace(-1, 1, 30).reshape(5, 2, 3).to(getattr(lib, half)).requires_grad_()
        y, _ = layer(x)
        y.sum().backward()
        return y.float().detach().numpy(), x.grad.float().numpy()

    for mine, other in zip(run(rushlight), run(torch)):
        np.testing.assert_allclose(mine, other, atol=0.03)


@story
def test_initial_weights(lib: Any) -> Any:
    lib.manual_seed(0)
    layers = [
        lib.nn.LSTM(2, 3, 2, bidirectional=True, proj_size=1),
        lib.nn.GRU(2, 3, bias=False),
        lib.nn.RNN(2, 3, dropout=0.1, num_layers=2, batch_first=True),
        lib.nn.RNN(2, 3, 2, "relu"),
        lib.nn.LSTMCell(2, 3),
        lib.nn.GRUCell(2, 3, bias=False),
        lib.nn.RNNCell(2, 3, nonlinearity="relu"),
    ]
    states = [
        [(name, value.double().round(decimals=6)) for name, value in layer.state_dict().items()]
        for layer in layers
    ]
    shapes = [[w.shape for w in weights] for weights in layers[0].all_weights]
    return layers, states, shapes, layers[0]._flat_weights_names, layers[3].mode


@story
def test_dropout_between_layers(lib: Any) -> Any:
    lib.manual_seed(0)
    layer = lib.nn.GRU(2, 3, num_layers=3, dropout=0.5)
    x = lib.ones(4, 2, 2)
    packed = lib.nn.utils.rnn.pack_padded_sequence(x, [4, 2])
    rounded = [layer(x)[0].detach().double().round(decimals=5), layer(packed)[0].data.detach()]
    layer.eval()
    return rounded[0], rounded[1].double().round(decimals=5), (layer(x)[0] == layer(x)[0]).all()


@story
def test_without_a_batch(lib: Any) -> Any:
    ends = []
    for kind in ("LSTM", "GRU", "RNN"):
        lib.manual_seed(0)
        for first in (False, True):
            layer = getattr(lib.nn, kind)(2, 3, batch_first=first)
            y, last = layer(lib.ones(4, 2))
            again, _ = layer(lib.ones(1, 2), last)
            shapes = [h.shape for h in last] if kind == "LSTM" else last.shape
            ends.append((y.detach().double().round(decimals=5), shapes, again.shape))
    return ends


@story
def test_cells(lib: Any) -> Any:
    ends = []
    for kind in ("LSTMCell", "GRUCell", "RNNCell"):
        lib.manual_seed(0)
        cell = getattr(lib.nn, kind)(2, 3)
        x = lib.linspace(-1, 1, 8).reshape(4, 2).requires_grad_()
        h = cell(x[0])
        h = cell(x[1], h)
        batch = cell(x, None)
        batch = cell(x, batch)
        total = sum(t.sum() for t in ((*h, *batch) if kind == "LSTMCell" else (h, batch)))
        total.backward()
        shape = h[0].shape if kind == "LSTMCell" else h.shape
        grads = [p.grad.double().round(decimals=4) for p in cell.parameters()]
        ends.append((shape, total.item().__round__(4), x.grad.double().round(decimals=4), grads))
    return ends


def test_a_layer_is_its_cell_step_by_step() -> None:
    rushlight.manual_seed(0)
    for kind in ("LSTM", "GRU", "RNN"):
        layer = getattr(rushlight.nn, kind)(3, 4)
        cell = getattr(rushlight.nn, f"{kind}Cell")(3, 4)
        for name, weight in cell.named_parameters():
            weight.data = getattr(layer, f"{name}_l0").data
        x = rushlight.randn(6, 2, 3)
        y, _ = layer(x)
        state = None
        for t in range(6):
            state = cell(x[t], state)
            h = state[0] if kind == "LSTM" else state
            rushlight.testing.assert_close(y[t], h)


def test_transforms() -> None:
    """Per-example gradients, and tangents."""
    rushlight.manual_seed(0)
    layer = rushlight.nn.LSTM(2, 3)
    weights = {name: w.detach() for name, w in layer.named_parameters()}
    x = rushlight.randn(4, 5, 2)  # examples, steps, inputs

    def loss(weights: Any, x: Any) -> Any:
        return rushlight.func.functional_call(layer, weights, (x,))[0].square().sum()

    grads = rushlight.func.vmap(rushlight.func.grad(loss), (None, 0))(weights, x)
    for i in range(4):
        layer.zero_grad()
        layer(x[i])[0].square().sum().backward()
        for name, w in layer.named_parameters():
            rushlight.testing.assert_close(grads[name][i], w.grad)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x[0], rushlight.ones_like(x[0]))
        tangent = forward_ad.unpack_dual(layer(dual)[0]).tangent
    _, expected = rushlight.func.jvp(lambda x: layer(x)[0], (x[0],), (rushlight.ones_like(x[0]),))
    rushlight.testing.assert_close(tangent, expected)


MISTAKES = """
    nn.LSTM(2, 3)(torch.ones(4, 5, 3))
    nn.LSTM(2, 3)(torch.ones(4))
    nn.GRU(2, 3)(torch.ones(1, 1, 1, 2))
    nn.LSTM(2, 3)(x, (torch.ones(1, 4, 3), torch.ones(1, 5, 3)))
    nn.LSTM(2, 3)(x, (torch.ones(1, 5, 3), torch.ones(1, 4, 3)))
    nn.LSTM(2, 3)(x, (torch.ones(5, 3), torch.ones(5, 3)))
    nn.LSTM(2, 3)(x[:, 0], (torch.ones(1, 5, 3), torch.ones(1, 5, 3)))
    nn.LSTM(2, 3)(x, torch.ones(1, 5, 3))
    nn.LSTM(2, 3)(x.double())
    nn.GRU(2, 3)(x.long())
    nn.GRU(2, 3)(x, torch.ones(1, 4, 3))
    nn.GRU(2, 3)(x, torch.ones(5, 3))
    nn.GRU(2, 3)(x[:, 0], torch.ones(1, 1, 3))
    nn.GRU(2, 3)(x, (torch.ones(1, 5, 3),))
    nn.LSTM(2, 3, dropout=0.5)
    nn.LSTM(2, 3, dropout=2)
    nn.LSTM(2, 3, dropout=True)
    nn.LSTM(2, 0)
    nn.LSTM(0, 3)
    nn.LSTM(2, 3, 0)
    nn.LSTM(2, 3.0)
    nn.LSTM()
    nn.LSTM(2, 3, proj_size=3)
    nn.LSTM(2, 3, proj_size=-1)
    nn.GRU(2, 3, proj_size=1)
    nn.RNN(2, 3, nonlinearity="x")
    nn.RNNBase("x", 2, 3)
    nn.LSTM(2, 3)(torch.ones(0, 5, 2))
    nn.LSTM(2, 3)(torch.ones(4, 0, 2))[0].shape
    nn.LSTMCell(2, 3)(torch.ones(1, 1, 2))
    nn.LSTMCell(2, 3)(torch.ones(4, 3))
    nn.LSTMCell(2, 3)(torch.ones(4, 2), (torch.ones(3, 3), torch.ones(4, 3)))
    nn.LSTMCell(2, 3)(torch.ones(4, 2), (torch.ones(4, 2), torch.ones(4, 3)))
    nn.LSTMCell(2, 3)(torch.ones(4, 2), (torch.ones(3), torch.ones(4, 3)))
    nn.GRUCell(2, 3)(torch.ones(4, 3))
    nn.GRUCell(2, 3)(torch.ones(4, 2), torch.ones(3, 3))
    nn.GRUCell(2, 3)(torch.ones(1, 4, 2))
    nn.GRUCell(2, 3)(torch.ones(4, 2), torch.ones(1, 3, 3))
    nn.RNNCell(2, 3)(torch.ones(1, 4, 2))
    nn.RNNCell(2, 3, nonlinearity="x")(torch.ones(1, 2))
    torch.lstm()
    torch.gru(x)
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), [2, 3])
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), [3, 0])
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), [3])
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), [])
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), torch.tensor([3.0, 1.0]))
    rnn.pack_padded_sequence(torch.ones(3, 0, 2), [])
    rnn.pack_padded_sequence(torch.ones(3), [1, 1, 1])
    rnn.pack_padded_sequence(torch.ones(3, 2, 2), [[1], [2]])
    rnn.pad_packed_sequence(rnn.pack_sequence([torch.ones(3)]), total_length=2)
    rnn.pad_packed_sequence(torch.ones(2))
    rnn.pad_sequence([])
    rnn.pad_sequence([torch.ones(2)], padding_side="x")
    rnn.pad_sequence(3)
    rnn.pad_sequence([1])
    rnn.pack_sequence([torch.ones(1), torch.ones(3)])
    rnn.PackedSequence(torch.ones(3))
"""


@pytest.mark.parametrize("expression", [line.strip() for line in MISTAKES.strip().splitlines()])
def test_mistakes(expression: str) -> None:
    def tell(lib: Any) -> str:
        names = {"torch": lib, "nn": lib.nn, "rnn": lib.nn.utils.rnn, "x": lib.ones(4, 5, 2)}
        text = attempt(lambda: eval(expression, names))
        return text.split("\n")[0].replace("rushlight.", "torch.")

    assert_same_story(tell)


@story
def test_packing(lib: Any) -> Any:
    rnn, x = lib.nn.utils.rnn, lib.arange(12.0).reshape(3, 2, 2)
    packed = rnn.pack_padded_sequence(x, [3, 1])
    apart = [lib.ones(1), lib.ones(3), lib.ones(2)]
    unsorted = rnn.pack_sequence(apart, enforce_sorted=False)
    return [
        packed,
        rnn.pad_packed_sequence(packed),
        rnn.pad_packed_sequence(packed, True, 9.0, 5),
        rnn.pack_padded_sequence(x, [1, 3], enforce_sorted=False),
        rnn.pack_padded_sequence(x.transpose(0, 1), lib.tensor([3, 1]), batch_first=True),
        unsorted,
        rnn.unpack_sequence(unsorted),
        rnn.pad_packed_sequence(unsorted, batch_first=True),
        rnn.pad_sequence([lib.ones(2), lib.ones(3) * 2], padding_value=-1, padding_side="left"),
        rnn.pad_sequence([lib.ones(2, 2), lib.ones(3, 2) * 2], True),
        rnn.pad_sequence(lib.ones(2, 3)),
        rnn.unpad_sequence(lib.arange(6.0).reshape(3, 2), lib.tensor([1, 3])),
        rnn.invert_permutation(lib.tensor([2, 0, 1])),
        rnn.invert_permutation(None),
        rnn.PackedSequence(lib.ones(3), lib.tensor([2, 1]), lib.tensor([1, 0])),
        rnn.PackedSequence((lib.ones(3), lib.tensor([2, 1]))),
        [packed.to(lib.float64), packed.half().data.dtype, packed.cpu() is packed],
        [packed.to(lib.float32) is packed, packed.is_cuda, packed.is_pinned(), packed._fields],
    ]


@story
def test_gradients_of_packing(lib: Any) -> Any:
    rnn, x = lib.nn.utils.rnn, lib.arange(12.0).reshape(3, 2, 2).requires_grad_()
    packed = rnn.pack_padded_sequence(x, [1, 3], enforce_sorted=False)
    padded, _ = rnn.pad_packed_sequence(packed)
    (padded * padded).sum().backward()
    return x.grad
