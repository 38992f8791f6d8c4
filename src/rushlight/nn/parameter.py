"""Parameter and Buffer, where `torch.nn.parameter` has them, and those whose size isn't known yet.

An uninitialised tensor keeps an empty array out of sight, so that what operators reach for raises
an error; its dtype can be looked at and changed. `materialize` gives it values and makes it a
Parameter (or Tensor) like any other.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from rushlight import dtypes
from rushlight.api.create import empty
from rushlight.parameter import Buffer, Parameter
from rushlight.tensor import Tensor, new

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]

_USED = (
    "Attempted to use an uninitialized parameter. This error happens when you are using a "
    "`LazyModule` or explicitly manipulating `torch.nn.parameter.{}` objects. When using "
    "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling "
    "torch functions"
)


class UninitializedTensorMixin:
    """A tensor without a size: what `UninitializedParameter` and `UninitializedBuffer` share."""

    cls_to_become: ClassVar[type[Tensor]]
    __dict__: dict[str, Any]
    _counter: Any
    _edge: Any

    @property
    def _array(self) -> NoReturn:
        raise ValueError(_USED.format(type(self).__name__))

    @_array.setter
    def _array(self, array: Any) -> None:
        self.__dict__["_array"] = array  # which is found there once the class has changed

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, whose values are not set.

        >>> import rushlight as torch
        >>> weight = torch.nn.UninitializedParameter(dtype=torch.float64)
        >>> weight.materialize((2, 3))
        >>> type(weight).__name__, weight.shape, weight.dtype
        ('Parameter', torch.Size([2, 3]), torch.float64)
        """
        made = empty(shape, device=device, dtype=self.dtype if dtype is None else dtype)
        self._array = made._array
        self.__class__ = self.cls_to_become  # type: ignore[assignment]

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Stands for methods that don't look at the array, or at the size first."""
        raise ValueError(_USED.format(type(self).__name__))

    __format__ = __getitem__ = __len__ = _refuse
    backward = numpy = register_hook = requires_grad_ = retain_grad = type = _refuse

    # -- what can be asked before ----------------------------------------------------------------
    @property
    def shape(self) -> NoReturn:
        """Not known: RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    def share_memory_(self) -> NoReturn:
        """There is no memory: RuntimeError."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            "initialize the parameters before calling `module.share_memory()`."
        )

    @property
    def data(self) -> Tensor:
        """An empty tensor of the dtype; one that is assigned is kept until `materialize`."""
        out = new(Tensor)
        out._array = self.__dict__["_array"]
        out._counter = [0]
        return out

    @data.setter
    def data(self, value: Tensor) -> None:
        self._array = value.__dict__["_array"]

    @property
    def dtype(self) -> dtypes.dtype:
        """The dtype that values will have."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """That of the empty tensor: 1."""
        return self.data.ndim

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.data.itemsize

    @property
    def nbytes(self) -> int:
        """That of the empty tensor: 0."""
        return self.data.nbytes

    def size(self, dim: int | None = None) -> Any:
        """That of the empty tensor: 0."""
        return self.data.size(dim)

    def is_floating_point(self) -> bool:
        """Whether the dtype is one of floats."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self.dtype.is_complex

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Copy from another one without a size; RuntimeError for sizes that differ."""
        self.data.copy_(src.data if is_lazy(src) else src, non_blocking)
        return self

    # -- conversions -----------------------------------------------------------------------------
    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Another one of this dtype."""
        return self._like(self.data.to(*args, **kwargs))

    def half(self) -> Any:
        """Another one for float16."""
        return self._like(self.data.half())

    def float(self) -> Any:
        """Another one for float32."""
        return self._like(self.data.float())

    def double(self) -> Any:
        """Another one for float64."""
        return self._like(self.data.double())

    def char(self) -> Any:
        """Another one for int8."""
        return self._like(self.data.char())

    def short(self) -> Any:
        """Another one for int16."""
        return self._like(self.data.short())

    def int(self) -> Any:
        """Another one for int32."""
        return self._like(self.data.int())

    def long(self) -> Any:
        """Another one for int64."""
        return self._like(self.data.long())

    def cpu(self) -> Any:
        """Itself."""
        return self

    def cuda(self, device: Any = None) -> NoReturn:
        """Raise the AssertionError of a PyTorch without CUDA."""
        self.data.cuda(device)
        raise AssertionError  # which the line above has raised

    def _like(self, converted: Tensor) -> Any:
        """What a conversion returns, whose dtype is that of `converted`."""
        return self if converted.dtype is self.dtype else converted

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self._edge is not None,)


def is_lazy(param: Any) -> bool:
    """Return whether `param` is an `UninitializedParameter` or `UninitializedBuffer`."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[metaclass,misc]
    """A Parameter whose size will be known later, by `materialize`.

    Only its dtype can be used before; anything else raises ValueError.

    >>> import rushlight as torch
    >>> torch.nn.UninitializedParameter()
    <UninitializedParameter>
    """

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
    ) -> UninitializedParameter:
        """Make one; RuntimeError for dtypes of integers that should require grad."""
        data = Parameter(empty(0, device=device, dtype=dtype), requires_grad)
        made = new(cls)
        made.__dict__.update(data.__dict__)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)
        return memo[id(self)]


class UninitializedBuffer(UninitializedTensorMixin, Buffer):  # type: ignore[misc]
    """A Buffer whose size will be known later, when it becomes a Tensor."""

    cls_to_become = Tensor

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        """Make one, which its module's state dicts have, or with ``persistent=False`` have not."""
        data = empty(0, device=device, dtype=dtype, requires_grad=requires_grad)
        made = new(cls)
        made.__dict__.update(data.__dict__)
        made.persistent = persistent
        return made

    def _like(self, converted: Tensor) -> Any:
        if converted.dtype is self.dtype:
            return self
        return type(self)(self.requires_grad, dtype=converted.dtype, persistent=self.persistent)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, None, self.dtype, self.persistent)
        return memo[id(self)]
