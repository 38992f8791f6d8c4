"""The second edition: programs that also use what the first leaves out.

Hooks that replace, checkpoints, Functions of several kinds, writes through indices and masks,
`out=`, gradients of gradients, forward mode, the transforms of `torch.func`. The author looks at
histories in half of the programs only, so that views are met that nobody has looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.random_programs.author import MODES, Author, dense, repeats

__all__ = ["PRELUDE", "WiderAuthor"]

PRELUDE = '''
import copy
checkpoint = torch.utils.checkpoint.checkpoint
graph = torch.autograd.graph

class Kept(torch.autograd.Function):
    """exp(x / 10), by a rule that saves its output; forward mode too."""
    @staticmethod
    def forward(x):
        return (x * 0.1).exp()
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * 0.1
    @staticmethod
    def jvp(ctx, t):
        (y,) = ctx.saved_tensors
        return t * y * 0.1

class Both(torch.autograd.Function):
    """The sum and the difference of two tensors, and one that has no derivative."""
    @staticmethod
    def forward(ctx, x, y):
        same = x > y
        ctx.mark_non_differentiable(same)
        return x + y, x - y, same
    @staticmethod
    def backward(ctx, g, h, _):
        return (g + h if ctx.needs_input_grad[0] else None), (g - h)

class Lazy(torch.autograd.Function):
    """Twice each of two tensors; gradients that never come stay None."""
    @staticmethod
    def forward(ctx, x, y):
        ctx.set_materialize_grads(False)
        return x * 2, y * 2
    @staticmethod
    def backward(ctx, g, h):
        return None if g is None else g * 2, None if h is None else h * 2

class Same(torch.autograd.Function):
    """Returns its input."""
    @staticmethod
    def forward(ctx, x):
        return x
    @staticmethod
    def backward(ctx, g):
        return g * 3

class Once(torch.autograd.Function):
    """A rule whose own derivative is not to be taken."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.cos()

class Inner(torch.autograd.Function):
    """x * x, whose gradient a backward pass of its own computes."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            z = x.detach().requires_grad_()
            (z * z).backward(g.detach())
        return z.grad

def tangent(f, x, v):
    """The tangent of f(x) along v, by duals."""
    with torch.autograd.forward_ad.dual_level():
        return torch.autograd.forward_ad.unpack_dual(
            f(torch.autograd.forward_ad.make_dual(x, v))
        ).tangent
'''

BLOCKS = [
    *MODES,
    "torch.no_grad()",
    "torch.enable_grad()",
    "graph.saved_tensors_hooks(lambda x: x.detach().clone(), lambda x: x)",
    "graph.save_on_cpu()",
    "torch.autograd.set_multithreading_enabled(False)",
    "torch.autograd.detect_anomaly(check_nan=False)",
    "graph.disable_saved_tensors_hooks('none here')",
]


class WiderAuthor(Author):
    """Writes one program of the second edition."""

    blocks = BLOCKS

    def __init__(self, seed: int, machine: Any, other: Any) -> None:
        super().__init__(seed, machine, other)
        self.peeks = self.rarely(0.5)
        self.handles = 0

    def is_spoiled(self, name: str, t: Any) -> bool:
        if self.peeks:
            return super().is_spoiled(name, t)
        return bool(t.is_inference()) and not self.inferring()

    def step(self) -> str:
        """One statement; before one that registers something, views hear of their history.

        (PyTorch crashes at a hook for a view whose base got a history that nobody looked at.)
        """
        try:
            text = super().step()
        except RuntimeError:  # the author looked at the values of a view that nobody may use
            return "pass"
        if self.peeks or not re.search(r"register_|retain_grad|inputs=", text):
            return text
        names = [n for n in self.machine.tensors() if re.search(rf"\b{n}\b", text)]
        return "; ".join([f"{n}.is_leaf" for n in names] + [text])

    def kinds(self) -> list[tuple[Callable[[], str], int]]:
        return [
            *super().kinds(),
            (self.more_hooks, 2),
            (self.gradients, 2),
            (self.recompute, 1),
            (self.functions, 2),
            (self.scatter, 4),
            (self.pick_out, 3),
            (self.into, 1),
            (self.several_views, 2),
            (self.twice, 2),
            (self.many, 2),
            (self.transform, 4),
            (self.layers, 3),
            (self.copies, 1),
        ]

    # -- bodies ------------------------------------------------------------------------------------

    def body(self, x: Any, depth: int = 2) -> str:
        """An expression of ``x``, a tensor like the one given, that rounding can't turn around."""
        text = "x"
        for _ in range(self.rng.randint(1, depth)):
            forms = ["{}.sin()", "{}.tanh()", "{} * 0.5", "{} + 1", "-{}", "{}.clone().mul_(2)"]
            forms += [
                "({} * 0.1).exp()",
                "{}.sigmoid()",
                "{}.detach() * {}",
                "({} * {} + 1).sqrt()",
            ]
            forms += ["torch.cat([{}.reshape(-1), {}.reshape(-1)])", "{}.sum()", "{}[...]"]
            forms += ["{}.clone().copy_({} * 3)", "{}.reshape(-1)", "{}[None].squeeze(0)"]
            if text == "x" and x.ndim:
                forms += ["{}[0:1]", "{}.sum(0)", "{}.transpose(0, -1)", "{}.unbind(0)[-1]"]
                forms += ["{}.cumsum(0)", "torch.stack([{}, {}], -1)", "{}.flip(0)", "{}.mean(-1)"]
                forms += ["{}.expand(2, *{}.shape)", "{}.softmax(0)"]
            text = f"({self.choose(*forms).replace('{}', text)})"
        return text

    def plain(self, *, dims: int = 0) -> str | None:
        """A variable of small floating-point values with at least so many dimensions."""
        tensors = self.machine.tensors()
        names = [
            n
            for n, t in tensors.items()
            if t.is_floating_point()
            and t.ndim >= dims
            and 0 < t.numel() <= 24
            and not self.is_spoiled(n, t)
            and self.tame(t)
        ]
        return self.rng.choice(names) if names else None

    # -- hooks and gradients -----------------------------------------------------------------------

    def more_hooks(self) -> str:
        if self.inferring():
            return self.look()
        name, other = self.pick(floats=True), self.pick(floats=True)
        if self.handles and self.rarely(0.3):
            return f"h{self.rng.randint(1, self.handles)}.remove()"
        self.handles += 1
        hook = self.choose(
            f"{name}.register_hook(lambda g: g.clone().mul_(2))",
            f"{name}.register_hook(lambda g: seen.append(g.detach().sum()) or -g)",
            f"{name}.register_hook(lambda g: g[None])",
            f"{name}.register_hook(lambda g: {other}.detach().clone())",
            f"{name}.grad_fn.register_hook("
            "lambda ins, outs: tuple(None if g is None else g * 2 for g in ins))",
            f"{name}.grad_fn.register_prehook("
            "lambda outs: tuple(None if g is None else -g for g in outs))",
            f"graph.register_multi_grad_hook([{name}, {other}], "
            "lambda gs: seen.append(torch.tensor(float(sum(g is not None for g in gs)))))",
            f"graph.register_multi_grad_hook([{name}, {other}], "
            "lambda g: seen.append(g.detach().sum()), mode='any')",
            f"{name}.register_post_accumulate_grad_hook(lambda p: setattr(p, 'grad', None))",
            f"{name}.register_post_accumulate_grad_hook(lambda p: p.grad.mul_(0.5))",
        )
        return f"h{self.handles} = {hook}"

    def gradients(self) -> str:
        name, other = self.pick(floats=True), self.pick(floats=True)
        return self.choose(
            f"{name}.grad.zero_()",
            f"{name}.grad.mul_(2)",
            f"{name}.grad = torch.ones_like({name})",
            f"{name}.grad = {other}.detach()",
            f"{name}.grad = {other}",
            f"{name}.grad.detach_()",
            f"{name}.retain_grad()",
            f"{name}.retain_grad()",
        )

    def twice(self) -> str:
        """Gradients of gradients."""
        if self.inferring():
            return self.look()
        y, x, new = self.pick(floats=True), self.pick(floats=True), self.new()
        if not self.tame(self.machine.names[y]):
            return self.slope()
        flags = self.choose("", ", allow_unused=True", ", materialize_grads=True")
        first = f"grad(({y} * {y}).sum(), [{x}], create_graph=True{flags})[0]"
        keep = self.choose("", ", retain_graph=True")
        return self.choose(
            f"{new} = {first}.contiguous().clone(); {new}.sum().backward({keep[2:]})",
            f"{new} = grad(({first} ** 2).sum(), [{x}]{keep}{flags})[0].contiguous().clone()",
            f"{new} = grad({first}.sin().sum(), [{y}]{keep}, allow_unused=True)[0].contiguous()",
        )

    def many(self) -> str:
        """Several outputs and inputs, edges, batches of cotangents."""
        if self.inferring():
            return self.look()
        y, z, x, w = (self.pick(floats=True) for _ in range(4))
        ys, zs = (self.weights(self.machine.names[n]) for n in (y, z))
        keep = self.choose("", ", retain_graph=True", ", retain_graph=True, create_graph=True")
        unused = self.choose("", ", allow_unused=True", ", materialize_grads=True")
        new, which = self.new(), self.choose("0", "1", "-1")
        batch = f"torch.stack([{ys}, {ys} * 2])"
        return self.choose(
            f"{new} = grad([{y}, {z}], [{x}, {w}], [{ys}, {zs}]{keep}{unused})[{which}].clone()",
            f"{new} = grad({y} * 2, {x}, {batch}, is_grads_batched=True{keep}{unused})[0].clone()",
            f"torch.autograd.backward([{y}, {z}], [{ys}, {zs}]{keep})",
            f"torch.autograd.backward([{y}, {z}], [{ys}, None]{keep}, inputs=[{x}, {w}])",
            f"{new} = grad([{y}], [graph.get_gradient_edge({x})], [{ys}]{keep}{unused})[0].clone()",
            f"graph.get_gradient_edge({y}).node",
        ).replace("].clone()", "].contiguous().clone()")

    # -- calls -------------------------------------------------------------------------------------

    def recompute(self) -> str:
        a = self.plain()
        if a is None or self.inferring():
            return self.look()
        body = self.body(self.machine.names[a])
        if self.rarely(0.3):
            body = body.replace("x", self.pick(floats=True), 1)
        reentrant = self.choose("True", "False", "False")
        call = f"checkpoint(lambda x: {body}, {a}, use_reentrant={reentrant})"
        return f"{self.new()} = {call}"

    def functions(self) -> str:
        a = self.plain()
        if a is None or self.inferring() or repeats(self.machine.names[a]):
            return self.look()
        x, b = self.settled(a), self.settled(self.pick(like=a, floats=True))
        form = self.choose(
            f"Kept.apply({x})",
            f"Both.apply({x}, {b})[{self.choose('0', '1', '2')}]",
            f"Lazy.apply({x}, {b})[{self.choose('0', '1')}]",
            f"Same.apply({a})",
            f"Once.apply({x})",
            f"Inner.apply({x})",
        )
        return f"{self.new()} = {form}"

    def transform(self) -> str:
        a = self.plain(dims=self.rng.randint(0, 1))
        if a is None or self.inferring():
            return self.look()
        t = self.machine.names[a]
        body, new = self.body(t), self.new()
        of = f"{self.settled(a)}.clone()"  # torch.func doesn't see when its inputs are written
        if self.rarely(0.25):
            body += f" * {self.pick(floats=True)}.sum()"
        row = self.body(t[0]) if t.ndim else body
        forms = [
            f"torch.func.grad(lambda x: ({body}).sum())({of})",
            f"torch.func.vjp(lambda x: {body}, {of})[0]",
            # (PyTorch's tangents may have nodes for zeros, and of softmax no derivative.)
            f"torch.func.jvp(lambda x: {body}, ({of}.detach(),), (torch.ones_like({of}),))[1]",
            f"tangent(lambda x: {body}, {of}.detach(), torch.ones_like({of}))",
            f"torch.func.jacrev(lambda x: {body})({of})",
            f"torch.func.jacfwd(lambda x: {body})({of}.detach())",
            f"torch.autograd.functional.jacobian(lambda x: {body}, {of})",
            f"torch.autograd.functional.vjp(lambda x: ({body}).sum(), {of})[1]",
            f"torch.func.hessian(lambda x: ({body}).sin().sum())({of}.detach())",
        ]
        if t.ndim:
            forms += [
                f"torch.func.vmap(lambda x: {row})({of})",
                f"torch.func.vmap(torch.func.grad(lambda x: ({row}).sum()))({of})",
                f"torch.func.vmap(lambda x: {row}, in_dims=-1, out_dims=-1)({of})"
                if t.ndim == 1
                else f"torch.func.vmap(lambda x: {row}, chunk_size=1)({of})",
            ]
        return f"{new} = {self.choose(*forms)}.contiguous().clone()"

    def copies(self) -> str:
        a = self.pick()
        return f"{self.new()} = copy.deepcopy({a})"

    # -- indices -----------------------------------------------------------------------------------

    def places(self, x: Any, d: int, *, distinct: bool = False) -> str:
        """An index tensor for a dimension."""
        size = max(x.shape[d], 1)
        found = [self.rng.randrange(size) for _ in range(self.rng.randint(1, 3))]
        return f"torch.tensor({list(dict.fromkeys(found)) if distinct else found})"

    def scatter(self) -> str:
        """Writes through indices and masks."""
        target, name = self.target()
        x = self.value(target)
        if x is None or not x.ndim or not x.numel() or repeats(x) or not self.tame(x):
            return self.assign()
        d = self.rng.randrange(x.ndim)
        i, j = self.places(x, d), self.places(x, d, distinct=True)
        number, other = self.number(), self.source(target, name)
        new = f"torch.full_like({target}, {number})"
        if other not in self.machine.names or self.machine.names[other].dtype != x.dtype:
            other = new
        zeros = f"torch.zeros_like({target}, dtype=torch.int64)"
        forms = [
            f"{target}.index_add_({d}, {i}, {new}.index_select({d}, {i}))",
            f"{target}.index_add_({d}, {i}, {other}.index_select({d}, {i}), alpha=2)",
            f"{target}.index_copy_({d}, {j}, {other}.index_select({d}, {j}))",
            f"{target}.index_fill_({d}, {j}, {number})",
            f"{target}.index_put_(({self.places(x, 0)},), {other}.sum(), accumulate=True)",
            f"{target}.index_put_(({self.places(x, 0, distinct=True)},), {other}.sum())",
            f"{target}.scatter_({d}, {zeros}, {number})",
            f"{target}.scatter_add_({d}, {zeros}, {other}.contiguous())",
            f"{target}.tril_()" if x.ndim > 1 else f"{target}.zero_()",
            f"{target}.triu_()" if x.ndim > 1 else f"{target}.neg_()",
            f"{target}.fill_({other}.sum())",
            f"{target}.masked_fill_({target} == {target}, {other}.sum())",
        ]
        if x.is_floating_point() and (t := self.threshold(x)) is not None:
            forms += [
                f"{target}.masked_scatter_({target} > {t}, {new})",
                f"{target}.masked_fill_({target} > {t}, {other}.sum())",
                f"{target}[{target} > {t}] = {other}.sum()",
                f"{target}[{target} > {t}] *= 2",
                f"{target}.clamp_min_({t})",
            ]
        if dense(x) and x.is_floating_point():
            forms += [f"{target}.cumsum_({d})", f"{target}.exp_().tanh_()", f"{target}.pow_(2)"]
        form = self.choose(*forms)
        whole = self.value(target)
        if other != new and self.entangled(target, other):
            form = form.replace(other, new)
        if whole is not None and not dense(whole):  # of tensors with gaps PyTorch asks no overlap
            form = form.replace(f"{other}.", f"{new}.")
        return form

    def pick_out(self) -> str:
        """Reads through indices, and rearrangements."""
        name = self.settled(self.pick(floats=True))
        x = self.value(name)
        if x is None or not x.ndim or not x.numel():
            return self.read()
        d = self.rng.randrange(x.ndim)
        i = self.places(x, d)
        zeros = f"torch.zeros_like({name}, dtype=torch.int64)"
        forms = [
            f"{name}.index_select({d}, {i})",
            f"{name}.clone().gather({d}, {zeros})",  # whose input is not saved here
            f"{name}.clone().take({i})",
            f"{name}.index_fill({d}, {i}, 2)",
            f"{name}.index_add({d}, {i}, {name}.index_select({d}, {i}))",
            f"{name}.scatter({d}, {zeros}, 0.5)",
            f"{name}.flip({d})",
            f"{name}.roll(1, {d})",
            f"{name}.repeat(2, *{[1] * (x.ndim - 1)})" if x.ndim > 1 else f"{name}.repeat(2)",
            f"{name}.repeat_interleave(2, {d})",
            f"{name}.diff(dim={d})",
            f"{name}.select({d}, 0).clone()",
            f"torch.meshgrid({name}, {name}, indexing='ij')[0]" if x.ndim == 1 else f"{name}.T",
            f"torch.outer({name}, {name})" if x.ndim == 1 else f"{name}.tril()",
            f"torch.take_along_dim({name}.clone(), {zeros}, {d})",
        ]
        if (t := self.threshold(x)) is not None and not x.dtype.is_complex:
            forms += [
                f"{name}.clone().masked_select({name} > {t})",
                f"torch.where({name} > {t}, {name}, 0)",
            ]
            forms += [f"{name}.masked_scatter({name} > {t}, {name})"]
        return f"{self.new()} = {self.choose(*forms)}"

    def into(self) -> str:
        """Results that go into a tensor that is there."""
        out = self.pick(floats=True)
        a, b = self.pick(like=out, floats=True), self.pick(like=out, floats=True)
        if any(self.tied(n, out) for n in (a, b)) or repeats(self.machine.names[out]):
            return self.compute()  # see docs/deviations.md
        if self.machine.names[out].shape != self.machine.names[a].shape:
            return self.compute()
        if self.machine.names[b].shape != self.machine.names[a].shape:
            b = a
        return self.choose(
            f"torch.add({a}, {b}, out={out})",
            f"torch.sin({a}, out={out})",
            f"torch.sub({a}, {b}, alpha=2, out={out})",
            f"torch.cumsum({a}, 0, out={out})",
        )

    def tied(self, a: str, b: str) -> bool:
        """Whether two variables share memory."""
        x, y = self.machine.names[a], self.machine.names[b]
        return bool(x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr())

    def several_views(self) -> str:
        """Several views at once, written."""
        name = self.pick()
        x = self.machine.names[name]
        if repeats(x):
            return self.split()
        d = self.dim(x)
        parts = self.choose(f"unbind({d})", f"split(1, {d})", f"chunk(2, {d})", f"split(2, {d})")
        seen = self.choose("", "", ".detach()")
        number = self.number()
        return self.choose(
            f"for v in {name}{seen}.{parts}: v.add_({number})",
            f"for v in {name}{seen}.{parts}: v[...] = {number}",
            f"{self.new()}, *_ = {name}{seen}.{parts}",
            f"*_, {self.new()} = {name}{seen}.{parts}",
            f"{name}{seen}.{parts}[-1].zero_()",
            f"torch._foreach_add_({name}{seen}.{parts}, 1)" if x.is_floating_point() else "pass",
        )

    # -- more operators ----------------------------------------------------------------------------

    def layers(self) -> str:
        """Activations, losses, norms, products."""
        a = self.plain(dims=1)
        if a is None:
            return self.compute()
        x = self.settled(a)
        t = self.machine.names[a]
        b = self.settled(self.pick(like=a, floats=True))
        d = self.rng.randrange(t.ndim)
        f = "torch.nn.functional"
        forms = [
            f"{f}.gelu({x})",
            f"{f}.softplus({x})",
            f"{f}.silu({x})",
            f"{f}.elu({x} + 5)",
            f"{f}.pad({x}, (1, 2), value=0.5)",
            f"{f}.mse_loss({x}, {b})",
            f"{f}.log_softmax({x}, {d})",
            f"{f}.layer_norm({x}, {list(t.shape[-1:])})",
            f"{f}.normalize({x} + 3, dim={d})",
            f"{x}.cumprod({d})",
            f"({x} + 3).norm()",
            f"({x} + 3).norm(dim={d})",
            f"({x} * {x} + 1).log1p().var({d}, correction=0)",
            f"{x}.prod({d}, keepdim=True)",
            f"({x} * 0.1).expm1()",
            f"{x}.var({d}, correction=0)",
            f"torch.logaddexp({x}, {b})",
            f"torch.einsum('...i,...i->...', {x}, {x}).clone()",
            f"torch.hypot({x}, {b} + 5)",
            f"torch.atan2({x}, {b} * {b} + 1)",
            f"{x}.erf()",
            f"({x} * {x} + 1).rsqrt()",
            f"{x}.to(torch.float64)",
            f"{x}.type_as({b})",
            f"{f}.dropout({x}, 0.5, training=False)",
            f"torch.addcdiv({x}, {x}, {x} * {x} + 1)",
        ]
        if t.ndim == 2:
            forms += [
                f"torch.addmm({x} @ {x}.mT, {x}, {x}.mT)",
                f"{f}.linear({x}, {x})",
                f"torch.cdist({x}, {x} + 5)",
                f"({x} @ {x}.mT).trace()",
            ]
        return f"{self.new()} = {self.choose(*forms)}"
