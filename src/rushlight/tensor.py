"""The Tensor: an ndarray, a version counter, and the edge that ties it to a graph.

This module knows no mathematics and no engine. Operators are installed as methods by
`rushlight.api.install`, so that a Tensor is first of all four attributes that fit on a card:

``_array``
    the values: a strided NumPy view of some buffer. Views share the buffer, as in PyTorch.
``_counter``
    a one-element list ``[n]``, shared by all views of a buffer, and counted up by every in-place
    operation. The graph compares it with the number it saw when it saved a value.
``_edge``
    where a cotangent of this tensor goes: ``None`` (nowhere: no gradient is required), `LEAF`
    (into ``.grad``), a `Node` or a `Slot` of one (a tensor that an operator made), a `View` (ask
    it: its base may have changed since), or a leaf that this tensor stands for (one that was saved
    and packed by hooks, and comes back as another). See docs/design/0001-core.md for the figures.
``_grad``
    the accumulated cotangent of a leaf.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from rushlight import dtypes
from rushlight.device import device
from rushlight.kernels.strides import address, buffer_of, tidy_strides
from rushlight.size import Size

__all__ = ["LEAF", "Leaf", "Size", "Tensor", "View", "bare", "values_of", "wrap"]


class Leaf:
    """The edge of every leaf that requires grad: its cotangent ends in the tensor's ``.grad``."""

    def __repr__(self) -> str:
        return "LEAF"


LEAF = Leaf()
NOT_A_LEAF = "you can only change requires_grad flags of leaf variables."
DETACH_IT = (
    "If you want to use a computed variable in a subgraph that doesn't require differentiation use "
    "var_no_grad = var.detach()."
)
new = object.__new__


class View:
    """What a view knows of its base, kept in the view's ``_edge``.

    A view's history can change behind its back: an in-place write to the base, or to another view,
    rewrites the history of the whole buffer (Note [In-place on views], docs/design/0004-views.md).
    So a view remembers the version at which its own edge was right, and `refresh` (installed by
    `rushlight.ops.history`, which knows nodes) rebuilds it when the counter has moved on.
    """

    __slots__ = ("base", "edge", "origin", "version")
    refresh: ClassVar[Callable[[View, Tensor], Any]]

    def __init__(self, base: Tensor, edge: Any, version: int, origin: str) -> None:
        self.base = base
        self.edge = edge  # as _edge of a tensor that is no view; right at `version`
        self.version = version
        self.origin = origin  # "", "no_grad", "multi" or "inference": where in-place is refused


if TYPE_CHECKING:
    from numpy.typing import NDArray

    class _Open(type):
        """Tells the type checker that operators install methods on Tensor (rushlight.api)."""

        def __getattr__(cls, name: str) -> Any: ...

        def __setattr__(cls, name: str, value: Any) -> None: ...

else:
    _Open = type


class Tensor(metaclass=_Open):
    """A multi-dimensional array that can remember how it was computed.

    >>> import rushlight as torch
    >>> x = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([4., 6.])
    """

    __module__ = "rushlight"

    _array: NDArray[Any]
    _counter: list[int]
    _edge: Any = None
    _grad: Tensor | None = None
    _leaf_hooks: Any = None  # what happens when a cotangent arrives at a leaf, beside accumulation
    _interpreter: Any = None  # set by transforms' subclasses (vmap, grad, jvp, tracing)
    __array_priority__ = 1000  # ndarray * tensor is a tensor: NumPy's operators step back
    __hash__ = object.__hash__

    if TYPE_CHECKING:  # what rushlight.api installs

        def __getattr__(self, name: str) -> Any: ...

        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __floordiv__: Any
        __mod__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __neg__: Any
        __abs__: Any
        __invert__: Any
        __and__: Any
        __or__: Any
        __xor__: Any
        __eq__: Any
        __ne__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __getitem__: Any
        __setitem__: Any
        __iter__: Any
        __float__: Any
        __int__: Any
        __bool__: Any
        __index__: Any
        __array__: Any

    # -- metadata ------------------------------------------------------------------------------
    @property
    def shape(self) -> Size:
        """The sizes, as `Size`."""
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        """The data type."""
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self) -> device:
        """Where the values live: always ``device(type='cpu')``."""
        return device("cpu")

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._array.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._array.nbytes

    def size(self, dim: int | None = None) -> Any:
        """Return the sizes, or the size of one dimension."""
        if dim is None:
            return self.shape
        return self.shape[self._dim(dim)]

    def stride(self, dim: int | None = None) -> Any:
        """Return the strides, in elements."""
        array = self._array
        item = array.dtype.itemsize or 1
        if array.size == 0 or 1 in array.shape:  # NumPy's strides there are free; PyTorch's not
            strides = tidy_strides(array)
        else:
            strides = tuple(s // item for s in array.strides)
        return strides if dim is None else strides[self._dim(dim)]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        """Return the number of elements."""
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        """Return the bytes per element."""
        return self._array.dtype.itemsize

    def storage_offset(self) -> int:
        """Return the distance, in elements, from the start of the buffer to the first element."""
        array = self._array
        owner = buffer_of(array)
        return (address(array) - address(owner)) // (array.dtype.itemsize or 1)

    def data_ptr(self) -> int:
        """Return the address of the first element."""
        return address(self._array) if self._array.size else 0

    def _dim(self, dim: int) -> int:
        """Wrap a negative dimension, or raise PyTorch's IndexError."""
        n = max(self.ndim, 1)
        if not -n <= dim < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], "
                f"but got {dim})"
            )
        return dim % n

    # -- autograd state --------------------------------------------------------------------------
    def _now(self) -> Any:
        """The edge, of a view as its base is now."""
        edge = self._edge
        return edge.refresh(self) if type(edge) is View else edge

    @property
    def is_leaf(self) -> bool:
        """True for a tensor that no recorded operator made."""
        edge = self._now()
        return edge is None or edge is LEAF or isinstance(edge, Tensor) or edge.owner is None

    @property
    def grad_fn(self) -> Any:
        """The `Node` that made this tensor, or None."""
        edge = self._now()
        return None if self.is_leaf else edge.owner.remember(edge.index, self._array)

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` this tensor is."""
        edge = self._now()
        return 0 if edge is None or edge is LEAF or isinstance(edge, Tensor) else int(edge.index)

    @property
    def requires_grad(self) -> bool:
        """Whether operators record this tensor."""
        edge = self._edge
        if type(edge) is View:  # one made under no_grad has no edge and still requires grad
            return edge.edge is not None or edge.base._edge is not None
        return edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if not self.is_leaf:
            raise RuntimeError(NOT_A_LEAF if value else f"{NOT_A_LEAF} {DETACH_IT}")
        if value and self._array.dtype.kind not in "fcV":
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients"
            )
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        self.requires_grad = None  # type: ignore[assignment]  # whose error PyTorch has here too

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for this leaf's gradient to be accumulated in ``.grad``, and return the leaf.

        Raises RuntimeError for non-leaves and for dtypes that have no derivative.
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, "
                f"not {type(requires_grad).__name__}"
            )
        edge = self._edge  # that of a view that may not be written isn't looked at again
        current = edge.edge if type(edge) is View and edge.origin else self._now()
        if current is not None and current is not LEAF and getattr(current, "owner", 0) is not None:
            if not requires_grad:
                raise RuntimeError(f"{NOT_A_LEAF} {DETACH_IT}")
            return self
        if requires_grad and self._array.dtype.kind not in "fcV":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if requires_grad and type(self._counter) is not list:
            self._counter.check_requires_grad()  # type: ignore[attr-defined]
        wanted = LEAF if requires_grad else None
        if type(edge) is View:
            edge.edge = wanted
        else:
            self._edge = wanted
        return self

    @property
    def grad(self) -> Tensor | None:
        """The accumulated cotangent of a leaf, or None; of a view that was spoiled, too."""
        edge = self._edge.edge if type(self._edge) is View else self._edge
        if self._grad is None and getattr(edge, "owner", None) and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
                ".grad attribute won't be populated during autograd.backward(). If you indeed want "
                "the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the "
                "non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you "
                "access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
                "more information.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        self._grad = None if value is None else self._check_grad(value)

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def _check_grad(self, grad: Any) -> Tensor:
        if not isinstance(grad, Tensor):
            raise TypeError(
                "assigned grad expected to be a Tensor or None but got grad of type "
                f"{type(grad).__name__}"
            )
        if grad is self:
            raise RuntimeError("can't assign Variable as its own grad")
        wanted = self.grad_dtype if self._leaf_hooks and self.is_leaf else self.dtype
        if wanted is not None and grad.dtype is not wanted:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{grad.dtype.cpp_name}' to a tensor "
                f"with grad_dtype '{wanted.scalar_name}'. The gradient must match the tensor's "
                "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
                "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
                "caution. Diverging the dtypes of a tensor and its gradient may break downstream "
                "systems that assume they match."
            )
        if grad.shape != self.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(grad.shape)}' to a tensor of size "
                f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the "
                "same size"
            )
        if 0 in grad._array.strides:
            self._expect_expanded_grad()
        return grad

    @property
    def _base(self) -> Tensor | None:
        """The tensor that this one is a view of, or None. Inference tensors don't know it."""
        edge = self._edge
        return edge.base if type(edge) is View and type(self._counter) is list else None

    @property
    def _version(self) -> int:
        """How often the buffer was written in place."""
        if type(self._counter) is not list:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._counter[0]

    # -- what operators and NumPy ask for -----------------------------------------------------
    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]  # type: ignore[no-any-return]


def wrap(array: NDArray[Any]) -> Tensor:
    """Make a plain Tensor of an ndarray that it may share memory with."""
    out = new(Tensor)
    out._array = array
    out._counter = [0]
    return out


def values_of(t: Tensor) -> Any:
    """The values of a tensor for a check that looks at them, of all examples where it has some."""
    while "_value" in t.__dict__:
        t = t._value
    return t._array


def bare(t: Tensor) -> Tensor:
    """Return another Tensor of the same class, memory and versions, without a history."""
    out = new(type(t))
    out.__dict__.update(t.__dict__)
    out._edge = None
    out._grad = None
    return out


def type_string(array: NDArray[Any]) -> str:
    """``torch.FloatTensor``: the old name of a tensor type, or ``CPUBoolType`` for younger ones."""
    n = dtypes.from_numpy(array.dtype).scalar_name
    return f"CPU{n}Type" if n.startswith(("Bool", "BFloat16", "Complex")) else f"torch.{n}Tensor"
