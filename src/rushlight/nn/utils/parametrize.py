"""Parametrizations: tensors of a module that are computed from others whenever they are read.

The module gets a class of its own, a subclass of its first one, on which the tensor is a property;
what it is computed from, ``original`` or ``original0``, ``original1``, ..., are the parameters.

>>> import rushlight as torch
>>> from rushlight import nn
>>> from rushlight.nn.utils import parametrize
>>> class Symmetric(nn.Module):
...     def forward(self, x):
...         return x.triu() + x.triu(1).mT
>>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
>>> bool((layer.weight == layer.weight.mT).all()), [name for name, _ in layer.named_parameters()]
(True, ['bias', 'parametrizations.weight.original'])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from rushlight.autograd.modes import no_grad
from rushlight.nn.modules.container import ModuleDict, ModuleList
from rushlight.nn.modules.module import Module
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """Values computed inside of `cached`, by module and name; and how many contexts are open."""

    def __init__(self) -> None:
        self.open = 0
        self.values: dict[tuple[int, str], Any] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Context manager: compute each parametrized tensor once, when it is first read."""
    _cache.open += 1
    try:
        yield
    finally:
        _cache.open -= 1
        if not _cache.open:
            _cache.values.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied.

    It holds the tensor they start from. With ``right_inverse`` each of them takes a value of the
    parametrized tensor back; the first may do so to a sequence of tensors. ValueError where that,
    or the result, is not what it should be, before anything is changed.
    """

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        start = self._start(original)
        self.is_tensor = isinstance(start, Tensor)
        parts = [start] if self.is_tensor else list(start)
        self.ntensors = len(parts)
        if not unsafe:
            self._check(original, parts)
        if self.is_tensor:
            original.data = start
            _register(self, "original", original)
            return
        for i, part in enumerate(parts):
            if isinstance(original, Parameter):
                part = Parameter(part, original.requires_grad)
            _register(self, f"original{i}", part)

    def _start(self, original: Tensor) -> Any:
        """What the parametrizations compute `original` from."""
        found: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        found = module.right_inverse(found)
                    except NotImplementedError:  # it stands for: there is none
                        continue
        kind = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got"
        if isinstance(found, Tensor):
            if found.dtype != original.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: "
                    f"{found.dtype}"
                )
        elif not isinstance(found, Sequence):
            raise ValueError(f"{kind} {type(found).__name__}")
        else:
            for i, part in enumerate(found):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        f"{kind} element {i} of the sequence with type {type(part).__name__}."
                    )
        return found

    def _check(self, original: Tensor, parts: list[Tensor]) -> None:
        made = self._apply_to(parts)
        if not isinstance(made, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {type(made).__name__}.")
        for what, before, after in (
            ("dtype", original.dtype, made.dtype),
            ("shape", original.shape, made.shape),
        ):
            if before != after:
                raise ValueError(
                    f"Registering a parametrization may not change the {what} of the tensor, "
                    f"unless `unsafe` flag is enabled.\nunparametrized {what}: {before}\n"
                    f"parametrized {what}: {after}"
                )

    def _originals(self) -> list[Any]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def _apply_to(self, parts: list[Tensor]) -> Any:
        first, *rest = self
        value = first(*parts)
        for module in rest:
            value = module(value)
        return value

    def forward(self) -> Any:
        """Compute the parametrized tensor."""
        return self._apply_to(self._originals())

    def right_inverse(self, value: Tensor) -> None:
        """Make `value` the parametrized tensor, by what its parametrizations take it back to.

        RuntimeError where one has no ``right_inverse``, ValueError where they return other types,
        numbers or dtypes of tensors than there are.
        """
        found: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                found = module.right_inverse(found)
            if self.is_tensor:
                if not isinstance(found, Tensor):
                    raise ValueError(
                        f"`right_inverse` should return a tensor. Got {type(found).__name__}"
                    )
                if found.dtype != self.original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {found.dtype} while "
                        f"`original` has dtype {self.original.dtype}"
                    )
                self.original.data = found
                return
            self._check_parts(found)
            for original, part in zip(self._originals(), found):
                original.data = part

    def _check_parts(self, found: Any) -> None:
        if not isinstance(found, Sequence):
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors. Got {type(found).__name__}."
            )
        if len(found) != self.ntensors:
            raise ValueError(
                "'right_inverse' must return a sequence of tensors of length "
                f"{self.ntensors}. Got a sequence of length {len(found)}."
            )
        for i, (original, part) in enumerate(zip(self._originals(), found)):
            if not isinstance(part, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. "
                    f"Got element {i} of type {type(part).__name__}."
                )
            if part.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {part.dtype} while "
                    f"`original{i}` has dtype {original.dtype}"
                )


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# -- the class of a parametrized module ------------------------------------------------------------


def _copy(self: Module, memo: dict[int, Any]) -> Module:
    """Deep copies keep the class, whose properties serve the copy as well."""
    made = self.__new__(type(self))
    memo[id(self)] = made
    made.__dict__ = deepcopy(self.__dict__, memo)
    return made


def _refuse_pickling(self: Module) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _give_class(module: Module) -> None:
    """Make the module an instance of a fresh subclass of its class."""
    cls = type(module)
    members: dict[str, Any] = {"__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _copy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _give_property(module: Module, name: str) -> None:
    """Let reading the tensor compute it, and writing it go back to what it is computed from."""

    def read(self: Module) -> Any:
        parametrization = self.parametrizations[name]
        if not _cache.open:
            return parametrization()
        key = id(self), name
        if key not in _cache.values:
            _cache.values[key] = parametrization()
        return _cache.values[key]

    def write(self: Module, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def type_before_parametrizations(module: Module) -> type:
    """Return the class that a module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Return whether a module has a parametrized tensor, or this one."""
    found = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return tensor_name in found if tensor_name is not None else len(found) > 0


# -- registering -----------------------------------------------------------------------------------


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer of a module by `parametrization`; return the module.

    Where it is parametrized already, this one is applied after the others. A ``right_inverse`` of
    the parametrization finds what to start from. Unless `unsafe`, ValueError for one that changes
    shape or dtype; ValueError for a name that is neither parameter nor buffer.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        known = module.parametrizations[tensor_name]
        if not unsafe:
            _check_next(module, tensor_name, parametrization)
        known.append(parametrization)
        known.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    found = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _give_class(module)
        module.parametrizations = ModuleDict()
    _give_property(module, tensor_name)
    module.parametrizations[tensor_name] = found
    return module


def _check_next(module: Module, name: str, parametrization: Module) -> None:
    """Refuse a further parametrization that changes what the ones before have made."""
    before = getattr(module, name)
    after = parametrization(before)
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what in ("dtype", "shape"):
        if getattr(before, what) != getattr(after, what):
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless "
                f"the `unsafe` flag is enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"parametrization(module.{name}).{what}: {getattr(after, what)}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:  # it stands for: there is none
        return
    if not isinstance(back, Tensor):
        raise ValueError(
            f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}"
        )
    for what in ("dtype", "shape"):
        if getattr(before, what) != getattr(back, what):
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} "
                f"as module.{name}, unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: "
                f"{getattr(before, what)}\nreturned {what}: {getattr(back, what)}"
            )


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a parametrized tensor a plain parameter or buffer again; return the module.

    It keeps its present value, or with `leave_parametrized` False that of the original. ValueError
    for a tensor that isn't parametrized, or is computed from several and should go back to them.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    found = module.parametrizations[tensor_name]
    if found.is_tensor:
        original = found.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name)
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not len(module.parametrizations):
        before = type(module).__bases__[0]
        delattr(module, "parametrizations")
        module.__class__ = before
    return module


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize a module as another one is, on the same parameters; return it."""
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, source._originals()[0])
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        ends = ("",) if source.is_tensor else tuple(str(i) for i in range(source.ntensors))
        for end in ends:
            setattr(target, f"original{end}", getattr(source, f"original{end}"))
    return to_module
