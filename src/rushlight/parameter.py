"""Parameter and Buffer: the Tensors that a Module registers by itself when they are assigned."""

from __future__ import annotations

from typing import Any

from rushlight.tensor import LEAF, Tensor, new

__all__ = ["Buffer", "Parameter"]


class _ParameterKind(type(Tensor)):  # type: ignore[misc]
    """Instances of Tensor's subclasses can be parameters, too, and stay of their class."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return cls is Parameter and isinstance(instance, Tensor) and "_is_param" in vars(instance)


class Parameter(Tensor, metaclass=_ParameterKind):
    """A leaf that a `Module` finds among its attributes; it requires grad by default.

    >>> import rushlight as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __module__ = "rushlight.nn.parameter"  # where users know it, and errors show it

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """Share the memory of `data`; RuntimeError for integers that should require grad.

        An instance of a class of one's own stays of that class, and is a Parameter for `isinstance`
        besides.
        """
        kind = type(data)
        if kind is not Tensor and kind is not Parameter and _is_of_own_class(data):
            return _of_own_class(data, requires_grad)  # type: ignore[no-any-return]
        made = _share(cls, data)
        if requires_grad:
            if made._array.dtype.kind not in "fcV":
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            if type(made._counter) is not list:
                made._counter.check_requires_grad()
            made._edge = LEAF
        return made  # type: ignore[no-any-return]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return "Parameter containing:\n" + Tensor.__repr__(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        from rushlight.autograd.inference import fresh_counter  # which knows tensors

        made = new(type(self))
        made._array = self._array.copy(order="K")
        made._counter = fresh_counter()
        if self._edge is LEAF:
            made._edge = LEAF
        memo[id(self)] = made
        return made


class Buffer(Tensor):
    """A Tensor that a `Module` registers as a buffer when it is assigned.

    >>> import rushlight as torch
    >>> module = torch.nn.Module()
    >>> module.mean = torch.nn.Buffer(torch.zeros(2))
    >>> list(module.state_dict())
    ['mean']
    """

    __module__ = "rushlight.nn.parameter"
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        """Share the memory of `data`."""
        made = _share(cls, data)
        made.persistent = persistent
        return made  # type: ignore[no-any-return]


def _is_of_own_class(data: Any) -> bool:
    """Whether something is an instance of a program's subclass of Tensor, not of Parameter."""
    if not isinstance(data, Tensor) or type.__instancecheck__(Parameter, data):
        return False
    return data._interpreter is None and not isinstance(data, Buffer)


def _of_own_class(data: Tensor, requires_grad: bool) -> Any:
    """Make a leaf of the class of `data`, and mark it as a parameter."""
    made = data.detach().requires_grad_(requires_grad)
    if type(made) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that "
            "detach() returns an instance of the same type, but return type "
            f"{type(made).__name__} was found instead. To use the type as a Parameter, please "
            "correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    made.__dict__["_is_param"] = True
    return made


def _share(cls: type[Tensor], data: Any) -> Any:
    """Make a leaf of class `cls` on the memory and version counter of `data`."""
    if data is None:
        from rushlight.api.create import empty

        data = empty(0)
    source = data.detach()  # AttributeError for what is no tensor, as PyTorch raises
    made = new(cls)
    made._array = source._array
    made._counter = source._counter
    return made
