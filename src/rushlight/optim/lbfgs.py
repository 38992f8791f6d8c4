"""L-BFGS (Nocedal and Wright, 2006, algorithm 7.5; the two loops are algorithm 7.4).

Vectors and numbers are NumPy's: a step of five iterations over 21 numbers takes 0.85 ms, of which
0.4 are the closure's, and 1.3 with operators on tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.kernels.blocks import Array
from rushlight.kernels.flipped import resolved
from rushlight.kernels.two_loops import two_loops
from rushlight.optim.grouped import at_least, number
from rushlight.optim.line_search import Trial, strong_wolfe
from rushlight.optim.optimizer import Optimizer, Params
from rushlight.tensor import Tensor, wrap

__all__ = ["LBFGS"]

Closure = Callable[[], Any]
Vector = Any  # an ndarray, or a Tensor of halves
CURVED = 1e-10  # the curvature y's below which a pair would spoil the approximation


class LBFGS(Optimizer):
    """Quasi-Newton steps from the last `history_size` changes of the gradient; needs a closure.

    One `step` runs at most `max_iter` iterations and about `max_eval` (by default
    ``max_iter * 5 // 4``) evaluations of the closure, and ends early where the largest element of
    the gradient is at most `tolerance_grad`, or the step or the loss changes by less than
    `tolerance_change`. Steps have the length `lr`, or with `line_search_fn` of ``"strong_wolfe"``
    are searched for (`rushlight.optim.line_search`). All parameters are in one group.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    >>> optimizer = torch.optim.LBFGS([p], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((p - 3) ** 4).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(641., grad_fn=<SumBackward0>)
    >>> bool(closure() < 1e-4)
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        at_least(0.0, lr=lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    def step(self, closure: Closure) -> Any:  # type: ignore[override]
        """Run iterations; `closure` clears the gradients, computes the loss and its gradients.

        Returns the first loss.
        """
        with no_grad():
            return self._step(enable_grad()(closure))

    def _step(self, closure: Closure) -> Any:
        group = self.param_groups[0]
        lr, search = number(group["lr"]), group["line_search_fn"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        gradient = self._gradient()
        if abs(gradient).max() <= group["tolerance_grad"]:
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(state, gradient, group["history_size"])
            state["prev_flat_grad"] = _kept(gradient)
            before = state["prev_loss"] = loss
            t = lr
            if state["n_iter"] == 1:
                t = min(1.0, 1.0 / abs(gradient).sum()) * lr
            state["d"], state["t"] = _kept(d), _kept(t)
            slope = gradient.dot(d)
            if slope > -group["tolerance_change"]:
                break
            new = 0
            last = iteration == group["max_iter"]
            if search is not None:
                if search != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                origin = [resolved(p._array).copy() for p in self._params]
                start = Trial(0, loss, gradient, slope)
                end, new = strong_wolfe(
                    partial(self._trial, closure, origin, d),
                    start,
                    t,
                    abs(d).max(),
                    group["max_eval"] - evaluations,
                )
                t, loss, gradient, _ = end
                state["t"] = _kept(t)
                self._move(d, t)
            else:
                self._move(d, t)
                if not last:
                    loss, new = float(closure()), 1
                    gradient = self._gradient()
            evaluations += new
            state["func_evals"] += new
            if (
                last
                or evaluations >= group["max_eval"]
                or abs(gradient).max() <= group["tolerance_grad"]
                or abs(d * t).max() <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first_loss

    @staticmethod
    def _direction(state: dict[str, Any], gradient: Vector, history_size: int) -> Vector:
        """Return minus the approximated inverse Hessian times the gradient."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y = gradient - _taken(state["prev_flat_grad"])
        s = _taken(state["d"]) * _taken(state["t"])
        curvature = y.dot(s)
        if curvature > CURVED:
            if len(changes) == history_size:
                for old in (changes, steps, ro):
                    del old[0]
            changes.append(_kept(y))
            steps.append(_kept(s))
            ro.append(_kept(1.0 / curvature))
            state["H_diag"] = _kept(curvature / y.dot(y))
        ys, ss, rs = ([t._array for t in kept] for kept in (changes, steps, ro))
        vector, diagonal = _kept(gradient)._array, state["H_diag"]
        diagonal = diagonal._array if isinstance(diagonal, Tensor) else diagonal
        r, shares = two_loops(vector, ys, ss, rs, diagonal)
        al = state.setdefault("al", [None] * history_size)
        al[: len(shares)] = [wrap(np.asarray(share)) for share in shares]
        return _taken(wrap(r))

    # -- all parameters as one vector ----------------------------------------------------------
    def _gradient(self) -> Vector:
        grads = [p.grad for p in self._params]
        parts = [
            np.zeros(p._array.size, p._array.dtype) if g is None else resolved(g._array).reshape(-1)
            for p, g in zip(self._params, grads)
        ]
        reals = [x.view(x.real.dtype) if x.dtype.kind == "c" else x for x in parts]
        return _taken(wrap(np.concatenate(reals)))

    def _move(self, d: Vector, t: Any) -> None:
        """Add ``t * d`` to the parameters."""
        offset = 0
        for p in self._params:
            x = p._array
            size = x.size * (2 if x.dtype.kind == "c" else 1)
            part = d[offset : offset + size]
            offset += size
            if isinstance(part, Tensor):
                p.add_(part.view_as(p), alpha=t)
                continue
            if type(p._counter) is not list:
                check_update(p)
            change = (part * t).astype(x.real.dtype, copy=False).view(x.dtype)
            _write(p, resolved(x) + change.reshape(x.shape))

    def _trial(self, closure: Closure, origin: list[Array], d: Vector, t: Any) -> Trial:
        """Evaluate the step `t` and go back to where the parameters were."""
        self._move(d, t)
        loss = float(closure())
        gradient = self._gradient()
        for p, x in zip(self._params, origin):
            _write(p, x)
        return Trial(t, loss, gradient, gradient.dot(d))


def _write(p: Tensor, x: Array) -> None:
    """Let a parameter have the values `x`, and count that as PyTorch counts it."""
    p._array[...] = x
    p._counter[0] += 1


def _taken(x: Any) -> Any:
    """What the state keeps, to calculate with: halves stay Tensors, which round as PyTorch's do."""
    return x._array[()] if isinstance(x, Tensor) and x.itemsize > 2 else x


def _kept(x: Any) -> Any:
    """As the state keeps it: a Tensor, if it comes from the parameters."""
    return wrap(np.asarray(x)) if isinstance(x, (np.ndarray, np.generic)) else x
