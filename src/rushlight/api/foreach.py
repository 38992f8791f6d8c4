"""One function for each of many tensors: what PyTorch's optimizers are written with.

``_foreach_add(tensors, others)`` is a tuple of ``t + o``, ``_foreach_add_`` adds in place. PyTorch
does the work of a list in few launches on a GPU. Here it is a loop over the functions of single
tensors, with their types, derivatives and errors; lists are looked at before anything changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import rushlight as lib
from rushlight.api.arguments import invalid_combination
from rushlight.ops.inplace import check_operands
from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor

Tensors = Sequence[Tensor]
Function = Callable[..., Any]
LISTS = (list, tuple)
NUMBERS = (bool, int, float, complex)

UNARY = """
abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg
reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc
"""


# -- lists -----------------------------------------------------------------------------------------


def _check_list(function: str, tensors: Any, name: str = "self", position: int = 1) -> Tensors:
    """Refuse what is no list of tensors, and an empty one."""
    if not isinstance(tensors, LISTS):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be tuple of Tensors, not "
            f"{type_name(tensors)}"
        )
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument {position - 1}, but got {type_name(t)}"
            )
    if not tensors:
        raise RuntimeError("Tensor list must have at least one tensor.")
    return tensors


def _check_same_number(tensors: Tensors, others: Sequence[Any]) -> None:
    if len(tensors) != len(others):
        raise RuntimeError(
            "Tensor lists must have the same number of tensors, got "
            f"{len(tensors)} and {len(others)}"
        )


def _scalars(tensors: Tensors, scalars: Sequence[Any]) -> Sequence[Any]:
    if len(tensors) != len(scalars):
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    return scalars


def _operands(tensors: Tensors, value: Any, tensor: bool) -> Sequence[Any] | None:
    """One operand for each tensor, of a list or of what is for all; None for nonsense.

    `tensor` says that a tensor of no dimensions is for all.
    """
    if isinstance(value, LISTS):
        if value and isinstance(value[0], Tensor):
            _check_same_number(tensors, value)
            return value
        if all(isinstance(v, NUMBERS) for v in value):
            return _scalars(tensors, value)
        return None
    if isinstance(value, Tensor) and tensor:
        if value.dim():
            raise RuntimeError(
                f"scalar tensor expected to be 0 dim but it has {value.dim()} dimensions and "
                f"{value.numel()} elements."
            )
        return [value] * len(tensors)
    if isinstance(value, Tensor) and not value.dim() and not value.requires_grad:
        value = value.item()  # which passes for a number
    return [value] * len(tensors) if isinstance(value, NUMBERS) else None


def _in_place(function: Function, tensors: Tensors, *operands: Sequence[Any]) -> Tensors:
    """Call ``function(t, *o)``, which writes to `t`, after a look at all of them."""
    for t, *others in zip(tensors, *operands):
        check_operands(t, [o for o in others if o is not t])
    for t, *others in zip(tensors, *operands):
        function(t, *others)
    return tensors


def _named(function: Function, name: str, doc: str) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "rushlight"
    function.__doc__ = doc
    return function


# -- one operand -----------------------------------------------------------------------------------


def _unary(name: str) -> tuple[Function, Function]:
    single: Function = getattr(lib, name)
    single_: Function = getattr(Tensor, name + "_")

    def foreach(self: Tensors) -> tuple[Tensor, ...]:
        return tuple([single(t) for t in _check_list(f"_foreach_{name}", self)])

    def foreach_(self: Tensors) -> Tensors:
        return _in_place(single_, _check_list(f"_foreach_{name}_", self))

    doc = f"Return `{name}` of each tensor."
    return (
        _named(foreach, f"_foreach_{name}", doc),
        _named(foreach_, f"_foreach_{name}_", f"In-place form of `_foreach_{name}`."),
    )


# -- two operands ----------------------------------------------------------------------------------


class _Binary:
    """What a function of two lists takes as its second one.

    `names` are the second parameter's, by what is given for it; `tensor` says that it may be one
    tensor of no dimensions, `alpha` that it may be scaled where it is made of tensors.
    """

    def __init__(self, name: str, names: str, *, tensor: bool = False, alpha: bool = False) -> None:
        self.name = name
        self.names = names.split()
        self.tensor = tensor
        self.alpha = alpha

    def overloads(self) -> list[str]:
        """The forms of a call, as errors list them."""
        scalar, scalars, other = (self.names * 3)[:3]
        scale = ", *, Number alpha = 1" if self.alpha else ""
        forms = [
            f"tuple of Tensors self, Number {scalar}",
            f"tuple of Tensors self, tuple of Scalars {scalars}",
            f"tuple of Tensors self, tuple of Tensors {other}{scale}",
        ]
        if self.tensor:
            forms.insert(2, f"tuple of Tensors self, Tensor {other}{scale}")
        return forms

    def read(self, function: str, args: Any, named: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Return the tensors, an operand for each, and alpha or None; TypeError for nonsense."""
        given = dict(named)
        values = [*args]
        tensors = values.pop(0) if values else given.pop("self", None)
        if values:
            value = values.pop(0)
        else:
            value = next((given.pop(n) for n in self.names if n in given), None)
        alpha = given.pop("alpha", None) if self.alpha else None
        each = value if isinstance(value, LISTS) else (value,)
        plain = not any(isinstance(v, Tensor) for v in each)
        if values or given or not isinstance(tensors, LISTS) or (alpha is not None and plain):
            invalid_combination(function, args, named, *self.overloads())
        _check_list(function, tensors)
        operands = _operands(tensors, value, self.tensor)
        if operands is None:
            invalid_combination(function, args, named, *self.overloads())
        return tensors, operands, alpha


def _binary(form: _Binary) -> tuple[Function, Function]:
    name = form.name
    single: Function = getattr(lib, name)
    if name in _BY_TENSOR:
        bound = _BY_TENSOR[name]
        single_: Function = lambda t, o: t.clamp_(**{bound: o})
    else:
        single_ = getattr(Tensor, name + "_")

    def one(t: Tensor, o: Any) -> Any:
        return single(t, _like(o, t) if name in _BY_TENSOR and isinstance(o, NUMBERS) else o)

    def foreach(*args: Any, **named: Any) -> tuple[Tensor, ...]:
        tensors, operands, alpha = form.read(f"_foreach_{name}", args, named)
        if alpha is not None:
            return tuple([single(t, o, alpha=alpha) for t, o in zip(tensors, operands)])
        return tuple([one(t, o) for t, o in zip(tensors, operands)])

    def foreach_(*args: Any, **named: Any) -> Tensors:
        tensors, operands, alpha = form.read(f"_foreach_{name}_", args, named)
        if alpha is not None:
            return _in_place(lambda t, o: single_(t, o, alpha=alpha), tensors, operands)
        return _in_place(single_, tensors, operands)

    doc = f"Return `{name}` of each tensor and of a number, a list of numbers or of tensors."
    return (
        _named(foreach, f"_foreach_{name}", doc),
        _named(foreach_, f"_foreach_{name}_", f"In-place form of `_foreach_{name}`."),
    )


# Functions of tensors that PyTorch lets meet numbers here, and what clamp calls the bound.
_BY_TENSOR = {"maximum": "min", "minimum": "max"}


def _like(number: Any, t: Tensor) -> Tensor:
    """A number as a tensor, which leaves the dtype of `t` as a number would."""
    return lib.tensor(number, dtype=lib.result_type(t, number))


# -- three operands --------------------------------------------------------------------------------


def _check_three(function: str, tensors: Any, first: Any, second: Any) -> None:
    _check_list(function, tensors)
    for i, others in enumerate((first, second)):
        _check_list(function, others, f"tensor{i + 1}", i + 2)
        _check_same_number(tensors, others)


def _values(tensors: Tensors, value: Any) -> Sequence[Any]:
    """The factor of each tensor: of a number, of a list, or packed into a tensor."""
    if isinstance(value, Tensor):
        if value.dim() != 1:
            raise RuntimeError(
                f"Expected packed scalar Tensor to be of dimension 1. Got {value.dim()} instead."
            )
        if len(value) != len(tensors):
            raise RuntimeError(
                f"Expected length of scalars to match input of length {len(tensors)} but got "
                f"{len(value)} instead."
            )
        return value.tolist()  # type: ignore[no-any-return]
    return _scalars(tensors, value) if isinstance(value, LISTS) else [value] * len(tensors)


def _scaled(name: str) -> tuple[Function, Function]:
    single: Function = getattr(lib, name)
    single_: Function = getattr(Tensor, name + "_")

    def foreach(
        self: Tensors, tensor1: Tensors, tensor2: Tensors, value: Any = 1, *, scalars: Any = None
    ) -> tuple[Tensor, ...]:
        _check_three(f"_foreach_{name}", self, tensor1, tensor2)
        each = _values(self, value if scalars is None else scalars)
        return tuple([single(t, a, b, value=v) for t, a, b, v in zip(self, tensor1, tensor2, each)])

    def foreach_(
        self: Tensors, tensor1: Tensors, tensor2: Tensors, value: Any = 1, *, scalars: Any = None
    ) -> Tensors:
        _check_three(f"_foreach_{name}_", self, tensor1, tensor2)
        each = _values(self, value if scalars is None else scalars)
        write: Function = lambda t, a, b, v: single_(t, a, b, value=v)
        return _in_place(write, self, tensor1, tensor2, each)

    doc = f"Return `{name}` of each three tensors, with one factor, a list or a tensor of them."
    return (
        _named(foreach, f"_foreach_{name}", doc),
        _named(foreach_, f"_foreach_{name}_", f"In-place form of `_foreach_{name}`."),
    )


def _weights(function: str, tensors: Any, ends: Any, weight: Any, weights: Any) -> Sequence[Any]:
    _check_list(function, tensors)
    _check_same_number(tensors, _check_list(function, ends, "tensors1", 2))
    given = _operands(tensors, weight if weights is None else weights, False)
    if given is None:
        invalid_combination(
            function,
            (tensors, ends, weight),
            {},
            "tuple of Tensors self, tuple of Tensors tensors1, Number weight",
            "tuple of Tensors self, tuple of Tensors tensors1, tuple of Scalars weight",
            "tuple of Tensors self, tuple of Tensors tensors1, tuple of Tensors weights",
        )
    return given


def _foreach_lerp(
    self: Tensors, tensors1: Tensors, weight: Any = None, *, weights: Any = None
) -> tuple[Tensor, ...]:
    """Return `lerp` of each two tensors, by one weight, a list of numbers or of tensors."""
    each = _weights("_foreach_lerp", self, tensors1, weight, weights)
    return tuple([lib.lerp(t, end, w) for t, end, w in zip(self, tensors1, each)])


def _foreach_lerp_(
    self: Tensors, tensors1: Tensors, weight: Any = None, *, weights: Any = None
) -> Tensors:
    """In-place form of `_foreach_lerp`."""
    each = _weights("_foreach_lerp_", self, tensors1, weight, weights)
    return _in_place(lambda t, end, w: t.lerp_(end, w), self, tensors1, each)


# -- others ----------------------------------------------------------------------------------------


def _foreach_pow(self: Any, exponent: Any) -> tuple[Tensor, ...]:
    """Return each tensor to the power of a number, a list of numbers or of tensors.

    `self` may be one number, to the power of each tensor.
    """
    if isinstance(self, NUMBERS):
        return tuple([lib.pow(self, e) for e in _check_list("_foreach_pow", exponent, "self", 2)])
    return _POW[0](self, exponent)  # type: ignore[no-any-return]


_POW = _binary(_Binary("pow", "exponent"))
_foreach_pow_ = _POW[1]


def _number(function: str, name: str, value: Any) -> Any:
    if not isinstance(value, NUMBERS):
        raise TypeError(
            f"{function}(): argument '{name}' (position 2) must be Number, not {type_name(value)}"
        )
    return value


def _foreach_norm(self: Tensors, ord: Any = 2, dtype: Any = None) -> tuple[Tensor, ...]:
    """Return the norm of order `ord` of each tensor, as a tensor of no dimensions."""
    _check_list("_foreach_norm", self)
    _number("_foreach_norm", "ord", ord)
    return tuple([lib.linalg.vector_norm(t, ord, dtype=dtype) for t in self])


def _foreach_powsum(self: Tensors, ord: Any = 2, dtype: Any = None) -> tuple[Tensor, ...]:
    """Return the sum of the absolute values to the power of `ord` of each tensor."""
    _check_list("_foreach_powsum", self)
    _number("_foreach_powsum", "ord", ord)
    return tuple([t.abs().pow(ord).sum(dtype=dtype) for t in self])


def _foreach_max(self: Tensors) -> tuple[Tensor, ...]:
    """Return the largest element of each tensor; RuntimeError for one without elements."""
    for t in _check_list("_foreach_max", self):
        if not t.numel():
            raise RuntimeError(
                "_foreach_max cannot compute the maximum of an empty tensor; max over zero "
                "elements is undefined."
            )
    return tuple([t.max() for t in self])


def _foreach_mm(self: Tensors, mat2: Tensors) -> tuple[Tensor, ...]:
    """Return the products of each two matrices."""
    _check_list("_foreach_mm", self)
    _check_same_number(self, _check_list("_foreach_mm", mat2, "mat2", 2))
    return tuple([lib.mm(a, b) for a, b in zip(self, mat2)])


def _foreach_clone(self: Tensors, *, memory_format: Any = None) -> tuple[Tensor, ...]:
    """Return a copy of each tensor."""
    _check_list("_foreach_clone", self)
    return tuple([t.clone(memory_format=memory_format) for t in self])


def _foreach_copy_(self: Tensors, src: Tensors, non_blocking: bool = False) -> Tensors:
    """Write the values of each tensor of `src` over that of `self`."""
    _check_list("_foreach_copy_", self)
    _check_same_number(self, _check_list("_foreach_copy_", src, "src", 2) if src else src)
    return _in_place(lambda t, s: t.copy_(s), self, src)


def _foreach_zero_(self: Tensors) -> Tensors:
    """Write zero over every element of each tensor."""
    for t in _check_list("_foreach_zero_", self):
        check_operands(t, (), overlap=False)
    for t in self:
        t.zero_()
    return self


_PAIRS = (
    _Binary("add", "scalar scalars other", tensor=True, alpha=True),
    _Binary("sub", "scalar scalars other", alpha=True),
    _Binary("mul", "scalar scalars other", tensor=True),
    _Binary("div", "scalar scalars other", tensor=True),
    _Binary("clamp_max", "scalar scalars other"),
    _Binary("clamp_min", "scalar scalars other"),
    _Binary("maximum", "scalar scalars other"),
    _Binary("minimum", "scalar scalars other"),
)
_MADE = (
    *map(_unary, UNARY.split()),
    *map(_binary, _PAIRS),
    _scaled("addcdiv"),
    _scaled("addcmul"),
    (_foreach_clone, _foreach_copy_, _foreach_lerp, _foreach_lerp_, _foreach_max, _foreach_mm),
    (_foreach_norm, _foreach_pow, _foreach_pow_, _foreach_powsum, _foreach_zero_),
)
globals().update({f.__name__: f for several in _MADE for f in several})
__all__ = [f.__name__ for several in _MADE for f in several]
