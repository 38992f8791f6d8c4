"""Modules of activations and losses: how they print, what they hold, and that they compute."""

from __future__ import annotations

from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, expressions, judge


@pytest.mark.filterwarnings("ignore")
@expressions(
    """
    torch.nn.ReLU(), torch.nn.ReLU(True), torch.nn.ReLU6(True), torch.nn.SELU(True)
    torch.nn.Hardsigmoid(True), torch.nn.Hardswish(True), torch.nn.Mish(True), torch.nn.SiLU(True)
    torch.nn.CELU(2.0, True), torch.nn.ELU(2.0), torch.nn.LeakyReLU(0.2, True)
    torch.nn.RReLU(), torch.nn.RReLU(0.1, 0.2, True)
    torch.nn.Hardtanh(), torch.nn.Hardtanh(-2, 2, True), torch.nn.Hardtanh(max_value=2.0)
    torch.nn.Hardtanh(1.0, 0.0)
    torch.nn.GELU(), torch.nn.GELU("tanh"), torch.nn.GLU(), torch.nn.GLU(0)
    torch.nn.Sigmoid(), torch.nn.Tanh(), torch.nn.LogSigmoid(), torch.nn.Softsign()
    torch.nn.Tanhshrink(), torch.nn.Hardshrink(0.3), torch.nn.Softshrink(), torch.nn.Softplus(2, 3)
    torch.nn.Threshold(1, 2, True), torch.nn.PReLU(4), torch.nn.PReLU(3, 0.1).weight
    torch.nn.PReLU(dtype=torch.float64).weight, torch.nn.PReLU(2).state_dict()
    torch.nn.Softmax(1), torch.nn.Softmin(), torch.nn.LogSoftmax(-1), torch.nn.Softmax2d()
    torch.nn.Softmax2d()(x)
    torch.nn.Softmax2d()(torch.ones(1, 2, 1, 1))
    torch.nn.MSELoss(), torch.nn.L1Loss(), torch.nn.SmoothL1Loss(), torch.nn.HuberLoss()
    torch.nn.KLDivLoss(), torch.nn.PoissonNLLLoss(), torch.nn.GaussianNLLLoss()
    torch.nn.BCELoss(), torch.nn.BCEWithLogitsLoss(), torch.nn.NLLLoss(), torch.nn.NLLLoss2d()
    torch.nn.CrossEntropyLoss(torch.ones(3)), torch.nn.HingeEmbeddingLoss()
    torch.nn.MarginRankingLoss(), torch.nn.CosineEmbeddingLoss(), torch.nn.SoftMarginLoss()
    torch.nn.TripletMarginLoss(), torch.nn.TripletMarginWithDistanceLoss()
    torch.nn.MultiMarginLoss(), torch.nn.MultiLabelMarginLoss(), torch.nn.MultiLabelSoftMarginLoss()
    torch.nn.CosineSimilarity(), torch.nn.PairwiseDistance()
    torch.nn.MultiMarginLoss(p=3)
    torch.nn.MultiMarginLoss(weight=torch.ones(2, 2))
    torch.nn.TripletMarginLoss(margin=0)
    torch.nn.TripletMarginWithDistanceLoss(margin=-1)
    torch.nn.MSELoss(size_average=False).reduction, torch.nn.MSELoss(reduce=False).reduction
    torch.nn.MSELoss(reduction="average")(x, x)
    torch.nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)).state_dict()
    torch.nn.CrossEntropyLoss(torch.ones(2)).state_dict()
    """
)
def test_how_they_print(expression: str) -> None:
    assert_alike(expression)


CALLS = """
nn.ReLU()(x)
nn.ReLU6()(x * 9)
nn.SELU()(x)
nn.Hardsigmoid()(x)
nn.Hardswish()(x)
nn.Mish()(x)
nn.SiLU()(x)
nn.CELU(1.5)(x)
nn.ELU(0.5)(x)
nn.LeakyReLU(0.2)(x)
nn.RReLU().eval()(x)
nn.Hardtanh(-0.5, 0.5)(x)
nn.GELU("tanh")(x)
nn.GLU(0)(x)
nn.Sigmoid()(x)
nn.Tanh()(x)
nn.LogSigmoid()(x)
nn.Softsign()(x)
nn.Tanhshrink()(x)
nn.Hardshrink(0.3)(x)
nn.Softshrink(0.3)(x)
nn.Softplus(2, 3)(x)
nn.Threshold(0.1, 2)(x)
nn.PReLU(3, dtype=torch.float64)(x)
nn.Softmax(1)(x)
nn.Softmin(1)(x)
nn.LogSoftmax(1)(x)
nn.MSELoss()(x, y)
nn.L1Loss(reduction="sum")(x, y)
nn.SmoothL1Loss(beta=0.3)(x, y)
nn.HuberLoss(delta=0.3)(x, y)
nn.KLDivLoss(reduction="batchmean")(x, p)
nn.KLDivLoss(log_target=True)(x, y)
nn.PoissonNLLLoss(full=True)(x, p)
nn.GaussianNLLLoss(full=True)(x, y, p)
nn.BCELoss(w)(p, p)
nn.BCEWithLogitsLoss(w, pos_weight=w)(x, p)
nn.NLLLoss(w, ignore_index=1)(x, t)
nn.CrossEntropyLoss(w, label_smoothing=0.1)(x, t)
nn.CrossEntropyLoss(reduction="none")(x, t)
nn.HingeEmbeddingLoss(0.5)(x, s)
nn.MarginRankingLoss(0.5)(x, y, s)
nn.CosineEmbeddingLoss(0.1)(x, y, s[:, 0])
nn.SoftMarginLoss()(x, s)
nn.TripletMarginLoss(2.0, swap=True)(x, y, p)
nn.TripletMarginWithDistanceLoss(margin=2.0)(x, y, p)
nn.MultiMarginLoss(2, 0.5, w)(x, t)
nn.MultiLabelMarginLoss()(x, u)
nn.MultiLabelSoftMarginLoss(w)(x, p)
nn.CosineSimilarity()(x, y)
nn.PairwiseDistance(1.0, keepdim=True)(x, y)
"""


def told(lib: Any, expression: str) -> Any:
    """A module's result and the gradient of its sum."""
    lib.manual_seed(0)
    names = {
        "torch": lib,
        "nn": lib.nn,
        "x": lib.randn(4, 3, dtype=lib.float64).requires_grad_(),
        "y": lib.randn(4, 3, dtype=lib.float64),
        "p": lib.rand(4, 3, dtype=lib.float64).requires_grad_(),
        "w": lib.tensor([0.5, 1.0, 2.0], dtype=lib.float64),
        "t": lib.tensor([0, 1, 2, 1]),
        "u": lib.tensor([[0, 1, -1], [2, -1, 0], [1, 2, 0], [-1, 0, 1]]),
        "s": lib.tensor([[1.0], [-1.0], [1.0], [-1.0]], dtype=lib.float64).expand(4, 3),
    }
    result = eval(expression, names)
    result.sum().backward()
    grads = [names[n].grad for n in "xp"]
    return [result.tolist(), *[g if g is None else g.tolist() for g in grads]]


@pytest.mark.filterwarnings("ignore")
@expressions(CALLS)
def test_what_they_compute(expression: str) -> None:
    ours, theirs = told(rushlight, expression), told(judge, expression)
    for a, b in zip(ours, theirs):
        assert (a is None) == (b is None)
        if a is not None:
            flat = lambda v: v if isinstance(v, float) else [pytest.approx(r) for r in v]
            assert a == (pytest.approx(b) if isinstance(b, float) else flat(b))
