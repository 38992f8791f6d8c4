"""What may be done to a tensor: templates of expressions, chosen for its shape and dtype."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from tests.random_programs.machine import values

__all__ = ["NUMBERS", "Forms"]

NUMBERS = ("2", "-1", "0.5", "1.5", "-0.25", "3")
MARGIN = {"float64": 1e-3, "complex128": 1e-3}  # of other dtypes: 2e-2


class Forms:
    """Writes expressions; what depends on values stays clear of where rounding would decide."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def choose(self, *forms: str) -> str:
        return self.rng.choice(forms)

    def rarely(self, chance: float) -> bool:
        return self.rng.random() < chance

    def number(self) -> str:
        return self.choose(*NUMBERS)

    def dim(self, x: Any) -> int:
        """A dimension, which once in a while there is not."""
        n = x.ndim
        return self.rng.randint(-n, n - 1) if n and not self.rarely(0.03) else n + 1

    def inferring(self) -> bool:
        """Whether the program is in inference mode."""
        raise NotImplementedError

    # -- values ------------------------------------------------------------------------------------

    def margin(self, x: Any) -> float:
        return MARGIN.get(str(x.dtype).partition(".")[2], 2e-2)

    def tame(self, *tensors: Any) -> bool:
        """Whether values are small enough to be multiplied."""
        return all(np.all(np.abs(numbers(x)) < 20) for x in tensors)

    def threshold(self, x: Any) -> str | None:
        """A number that no value of `x` is close to."""
        for number in ("0", "0.3", "-0.4", "1.1", "-1.7", "5"):
            if np.all(np.abs(numbers(x) - float(number)) > self.margin(x)):
                return number
        return None

    def apart(self, x: Any) -> bool:
        """Whether any two values of `x` differ clearly."""
        return bool(np.all(np.diff(np.sort(numbers(x), None)) > self.margin(x)))

    def distinct(self, a: Any, b: Any) -> bool:
        """Whether no two values that meet nearly tie."""
        try:
            gap = np.abs(numbers(a) - numbers(b))
        except ValueError:
            return True  # they don't meet
        return bool(np.all(gap > max(self.margin(a), self.margin(b))))

    # -- views -------------------------------------------------------------------------------------

    def view(self, x: Any) -> str:
        """The end of an expression that makes a view, or an error."""
        n, d = x.ndim, self.dim(x)
        size = x.shape[d] if -n <= d < n else 2
        i = self.rng.randint(-size, max(size - 1, 0)) if not self.rarely(0.03) else size
        k = self.rng.randint(0, size)
        order = self.rng.sample(range(n), n)
        forms = [
            f"[{i}]" if n else "[0]",
            f"[{k}:]",
            f"[..., {k}:]",
            f"[::{self.rng.randint(1, 3)}]",
            "[None]",
            "[..., None]",
            "[...]",
            f"[:, {i}]",
            f".select({d}, {i})",
            f".narrow({d}, {size - k}, {k})",
            f".transpose({d}, {self.dim(x)})",
            f".permute({order})",
            ".reshape(-1)",
            ".view(-1)",
            f".unsqueeze({d})",
            ".squeeze()",
            f".squeeze({d})",
            ".T",
            ".t()",
            ".mT",
            ".diagonal()",
            f".diagonal(1, {d}, 0)",
            f".unfold({d}, {min(2, size)}, {self.rng.randint(1, 2)})",
            ".detach()",
            ".view_as(t1)",
            f".flatten({self.dim(x)})",
            f".movedim({d}, 0)",
            f".swapaxes({d}, -1)",
            ".ravel()",
            f".unflatten({d}, (-1, 1))",
            ".contiguous()",
            ".positive()",
        ]
        if x.numel() and 1 not in x.shape:
            exact = str(x.dtype) in ("torch.int64", "torch.bool")  # so are its bits, then
            forms += [f".view({x.dtype})", ".view(torch.int32)" if exact else ".double()"]
        if x.numel() < 40 and n < 5:
            forms += [
                f".expand(2, *{[-1] * n})",
                ".expand_as(t1)",
                f".broadcast_to({(2, *x.shape)})",
            ]
        if x.dtype.is_complex and x.numel():
            forms += [".real", ".imag"] * 4
        elif x.dtype.is_floating_point:
            forms += [".real"]
        return self.choose(*forms)

    def wrapped(self, name: str, x: Any) -> str | None:
        """A call that makes a view, where there is one for this dtype."""
        if x.dtype.is_complex and not x.is_conj() and x.numel():
            return f"torch.view_as_real({name})"
        fits = x.numel() and x.shape[-1:] == (2,) and 1 not in x.shape
        if x.dtype.is_floating_point and fits:
            return f"torch.view_as_complex({name})"
        return None

    def several(self, x: Any) -> str:
        """The end of an expression that makes several views and picks one."""
        d = self.dim(x)
        size = x.shape[d] if -x.ndim <= d < x.ndim else 2
        form = self.choose(
            f"split(2, {d})",
            f"split(({size - 1}, 1), {d})",
            f"chunk(2, {d})",
            f"unbind({d})",
            f"tensor_split(2, {d})",
            "hsplit(1)",
        )
        return f".{form}[{self.choose('0', '-1')}]"

    # -- indices -----------------------------------------------------------------------------------

    def index(self, name: str, x: Any) -> str:
        """The inside of brackets: basic, or with index tensors, lists and masks."""
        n = x.ndim
        if self.rarely(0.25) and not x.dtype.is_complex:
            t = self.threshold(x)
            if t is not None:
                return f"{name} > {t}"
        if not n:
            return self.choose("...", "None", "True", "()", "0")
        parts: list[str] = []
        for size in x.shape[: self.rng.randint(1, n)]:
            last = max(size - 1, 0)
            i, j = sorted((self.rng.randint(0, size), self.rng.randint(0, size)))
            parts.append(
                self.choose(
                    str(self.rng.randint(-size, last)),
                    ":",
                    f"{i}:{j}",
                    f"{-i}::2" if i else "::2",
                    "None",
                    f"[{last}, 0]" if size > 1 else "[0]",
                    f"torch.tensor([{self.rng.randint(0, last)}])",
                    f"{[self.rarely(0.5) for _ in range(size)]}",
                )
            )
        if self.rarely(0.2):
            parts.insert(self.rng.randint(0, len(parts)), "...")
        return ", ".join(parts)

    # -- arithmetic --------------------------------------------------------------------------------

    def unary(self, name: str, x: Any) -> str:
        """A function of one tensor."""
        if x.dtype.is_complex:
            forms = ["({} * 0.1).sin()" if self.tame(x) else "{} * 0.1", "-{}", "{}.clone()"]
            forms += ["{}.conj() * 0.5", "{}.real * 2", "{} * 1j", "{}.imag.tanh()"]
            forms.append("torch.view_as_real({}.resolve_conj())")
            form = self.choose(*forms)
            if not x.numel() and "view_as_real" in form:
                form = "{}.clone()"  # PyTorch fails backwards where nothing has odd strides
            return form.format(name)
        if str(x.dtype) == "torch.bool":
            return self.choose("~{}", "{}.float()", "{}.clone()", "{} * 2", "{}.sum()").format(name)
        forms = ["{}.sin()", "{}.tanh()", "-{}", "{}.clone()", "{}.sigmoid()", "{} * 0.5"]
        forms += ["{}.contiguous()", "{}.float()", "{}.double()", "{}.atan()", "{}.cos()", "+{}"]
        if self.tame(x):
            forms += ["{} * {}", "({} * {} + 1).sqrt()", "{}.square()", "({} * 0.1).exp()"]
            forms += ["{} ** 2", "1 / ({} * {} + 1)", "({} * {} + 1).log()", "{}.cumsum(0)"]
        if (t := self.threshold(x)) is not None:
            forms += [f"{{}}.clamp({t})", f"{{}} > {t}", f"({{}} - {t}).abs()"]
            forms += [f"({{}} - {t}).relu()", f"torch.where({{}} > {t}, {{}}, 0.5)"]
            forms += [f"{{}}.masked_fill({{}} > {t}, 2)"]
        return self.choose(*forms).replace("{}", name)

    def binary(self, a: str, b: str, x: Any, y: Any) -> str:
        """A function of two tensors."""
        alike = x.stride() == y.stride() and 0 not in x.stride()
        if not alike and max(x.ndim, y.ndim) > 1:  # see docs/deviations.md
            a, b = f"{a}{in_order(x)}", f"{b}{in_order(y)}"
        forms = [f"{a} + {b}", f"{a} - {b}", f"torch.add({a}, {b}, alpha=2)"]
        if self.tame(x, y):
            forms += [f"{a} * {b}", f"{a} / ({b} * {b} + 2)", f"torch.addcmul({a}, {a}, {b})"]
            forms.append(f"{a} * {b} + {a}")
            if x.dtype == y.dtype and x.is_floating_point():
                forms.append(f"torch.lerp({a}, {b}, 0.3)")
            if x.ndim == 2 and y.ndim == 2:
                forms += [f"{a} @ {b}.mT", f"torch.mm({a}, {b}.t())"]
            elif x.ndim == 1 and y.ndim == 1:
                forms += [f"({a} * {b}).sum()", f"{a}[:, None] * {b}"]
        if x.dtype == y.dtype and not x.dtype.is_complex and self.distinct(x, y):
            forms += [f"torch.maximum({a}, {b})", f"torch.where({a} > {b}, {a}, {b})", f"{a} < {b}"]
        return self.choose(*forms)

    def reduction(self, name: str, x: Any) -> str:
        """A function that makes a tensor smaller."""
        d = self.dim(x)
        keep = self.choose("", ", keepdim=True")
        forms = [f"sum({d}{keep})", "sum()", f"sum(({d},){keep})"]
        if x.dtype.is_floating_point or x.dtype.is_complex:
            forms += [f"mean({d}{keep})", "mean()"]
        if x.dtype.is_floating_point and x.numel() and x.ndim and self.tame(x):
            forms += ["logsumexp(0)", "softmax(-1)", "prod()", "var(0)", f"cumsum({d})"]
            if self.apart(x):
                forms += ["max()", "amin()", f"max({d}{keep})[0]", f"sort({d})[0]", f"amax({d})"]
                forms += [f"argmax({d})", "topk(1)[0]"]
        return f"{name}.{self.choose(*forms)}"

    def weights(self, x: Any) -> str:
        """A cotangent for `x`."""
        shape = tuple(x.shape)
        count = math.prod(shape)
        text = f"(torch.arange({count}) % 5 - 1.5).reshape({shape})"
        return text if str(x.dtype) == "torch.float32" else f"{text}.to({x.dtype})"


def in_order(x: Any) -> str:
    """A call that lets a tensor lie in C order, dimensions of size 1 too, whatever they are."""
    step, plain = 1, True
    for n, stride in zip(reversed(x.shape), reversed(x.stride())):
        plain = plain and stride == step
        step *= max(n, 1)
    odd = x.is_contiguous() and not plain
    return ".clone(memory_format=torch.contiguous_format)" if odd else ".contiguous()"


def numbers(x: Any) -> Any:
    """The values of a tensor in the widest dtype."""
    plain = values(x)
    return plain.astype(np.complex128 if plain.dtype.kind == "c" else np.float64)
