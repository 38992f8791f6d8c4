"""Arrays that are read through a sign: the conjugate or the negative of what their memory holds.

PyTorch's ``x.conj()`` is a view of x with a bit that says how to read it, and so is the negative
that ``x.conj().imag`` is. Here the bit is the array's class. NumPy's own views (indexing, reshape,
transposes) keep the class and so the bit; `resolved` computes a plain array, and `flip` turns bits
over. Note [Bits], docs/design/0009-bits.md.

Operators resolve their operands before a kernel sees them. Should a kernel meet such an array all
the same, ufuncs and NumPy's functions take the values that it stands for, in and out. What looks
at memory itself (``np.asarray``, ``plain[...] = flipped``, a pointer) reads it without the sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FLIPPED", "Conjugate", "Flipped", "Negative", "NegativeConjugate"]
__all__ += ["all_resolved", "bits_of", "flip", "like", "memory", "resolved", "without_negative"]

Array: TypeAlias = "NDArray[Any]"
Dtype = np.dtype[Any]
ndarray = np.ndarray

# The fast paths ask whether ``x.dtype is F4``. Flipped arrays have dtypes that equal those, and
# are others: so the fast paths pass them by without having to look at them.
_PLAIN: dict[str, Dtype] = {char: np.dtype(char) for char in "fdlqFD"}
_MARKED = {char: np.dtype(char, metadata={"flipped": True}) for char in _PLAIN}


class Flipped(ndarray[Any, Any]):
    """An array whose elements are those of its memory, turned over in one way or in two."""

    conjugates: ClassVar[bool] = False
    negates: ClassVar[bool] = False

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Run a ufunc on the values that its operands stand for."""
        given = [resolved(x) for x in inputs]
        run = getattr(ufunc, method)
        if method == "at":  # writes over its first operand
            run(*given, **options)
            inputs[0][...] = given[0]
            return None
        outs = options.get("out")
        if outs is None:
            return run(*given, **options)
        written = tuple([resolved(out) for out in outs])
        run(*given, **{**options, "out": written})
        for out, values in zip(outs, written):
            if type(out) in FLIPPED:
                out[...] = values
        return outs[0] if len(outs) == 1 else outs

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Run a function of NumPy on the values that its arguments stand for."""
        target = args[0] if function in _WRITERS else options.get("out")
        args = all_resolved(args)
        options = all_resolved(options)
        result = function(*args, **options)
        if type(target) in FLIPPED:
            target[...] = args[0] if function in _WRITERS else options["out"]
            return None if function in _WRITERS else target
        return result

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return found if isinstance(found, ndarray) else _turned(found, type(self))

    def __setitem__(self, index: Any, values: Any) -> None:
        values = np.asarray(resolved(values))
        memory(self)[index] = _turned(_cast(values, _plain_dtype(self.dtype)), type(self))

    def __iter__(self) -> Any:
        return iter([self[i] for i in range(len(self))])

    def __reduce_ex__(self, protocol: Any) -> Any:
        return resolved(self).__reduce_ex__(protocol)

    def fill(self, value: Any) -> None:
        """Let every element be `value`."""
        self[...] = value

    @property  # type: ignore[misc]
    def real(self) -> Any:
        """The view of the real parts."""
        return _as(memory(self).real, False, self.negates)

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """The view of the imaginary parts."""
        return _as(memory(self).imag, False, self.negates != self.conjugates)

    def conjugate(self) -> Any:
        """The view of the conjugates, or the array itself where it is real."""
        return flip(self, conj=True) if self.dtype.kind == "c" else self

    conj = conjugate


class Conjugate(Flipped):
    """Stands for the conjugate of what its memory holds."""

    conjugates = True


class Negative(Flipped):
    """Stands for the negative of what its memory holds."""

    negates = True


class NegativeConjugate(Flipped):
    """Stands for the negative of the conjugate of what its memory holds."""

    conjugates = negates = True


FLIPPED = frozenset((Conjugate, Negative, NegativeConjugate))
_BY_BITS: dict[tuple[bool, bool], Any] = {
    (False, False): ndarray,
    (True, False): Conjugate,
    (False, True): Negative,
    (True, True): NegativeConjugate,
}
_BITS = {kind: bits for bits, kind in _BY_BITS.items()}
# Functions that write over their first argument.
_WRITERS = frozenset((np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask))


def flip(x: Array, conj: bool = False, neg: bool = False) -> Array:
    """View `x` as its conjugate, its negative, or both. Twice is once too often: `x` again."""
    kind = type(x)
    if kind in FLIPPED:
        conj, neg = conj != kind.conjugates, neg != kind.negates
    elif kind is not ndarray:  # a NumPy scalar
        x = np.asarray(x)
    return _as(memory(x), conj, neg)


def bits_of(kind: type[Any]) -> tuple[bool, bool]:
    """Whether arrays of a class are conjugates of their memory, and whether negatives."""
    return _BITS.get(kind, (False, False))


def without_negative(x: Any) -> Any:
    """As `resolved`, but for conjugates, which stay: what a backward pass hands on."""
    return x if type(x) is Conjugate else resolved(x)


def like(x: Array, kind: type[Any]) -> Array:
    """View the plain array `x` through the bits of the class `kind`."""
    return _as(x, kind.conjugates, kind.negates) if kind in FLIPPED else x


def memory(x: Array) -> Array:
    """View what the memory of `x` holds."""
    return x.view(_plain_dtype(x.dtype), ndarray) if type(x) in FLIPPED else x


def resolved(x: Any) -> Any:
    """The values that an array stands for, computed where it has a bit; anything else as it is."""
    return np.asarray(_turned(memory(x), type(x))) if type(x) in FLIPPED else x


def _as(x: Array, conj: bool, neg: bool) -> Array:
    kind = _BY_BITS[conj, neg]
    if kind is ndarray:
        return x
    return x.view(_MARKED.get(x.dtype.char, x.dtype), kind)


def _plain_dtype(dtype: Dtype) -> Dtype:
    return _PLAIN.get(dtype.char, dtype)


def _turned(x: Any, kind: Any) -> Any:
    """The values that plain `x` stands for when read through the bits of `kind`; and back."""
    if kind.conjugates:
        x = np.conjugate(x)
    if not kind.negates:
        return x
    if x.dtype.kind == "b":
        raise NotImplementedError("\"neg_cpu\" not implemented for 'Bool'")
    return np.negative(x)


def _cast(values: Array, dtype: Dtype) -> Array:
    """Cast without NumPy's warning of imaginary parts that are lost."""
    if values.dtype.kind == "c" and dtype.kind not in "cb":
        values = values.real
    return values.astype(dtype, copy=False)


def all_resolved(x: Any) -> Any:
    """As `resolved`, of what lists, tuples and dictionaries hold."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind([all_resolved(item) for item in x])
    if kind is dict:
        return {key: all_resolved(value) for key, value in x.items()}
    return resolved(x)


def _on_values(name: str) -> Callable[..., Any]:
    """Make a method that runs on the values: NumPy's own would read the memory without the sign."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return getattr(resolved(self), name)(*args, **options)

    method.__name__ = method.__qualname__ = name
    return method


_NAMES = (
    "__bool__ __complex__ __contains__ __copy__ __deepcopy__ __dlpack__ __float__ __index__ "
    "__int__ __repr__ __str__ argmax argmin argpartition argsort astype choose compress copy dot "
    "dump dumps flatten item nonzero repeat searchsorted take tobytes tofile tolist trace"
)
for _name in _NAMES.split():
    setattr(Flipped, _name, _on_values(_name))
