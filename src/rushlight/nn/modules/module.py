"""Module: parameters, buffers and submodules under names, and the call that runs hooks.

What a module does with them stands in four files beside this one: the walks over the tree of
modules (tree.py), hooks around calls (calls.py), state dicts (state.py), dtypes (convert.py).
"""

from __future__ import annotations

from collections import OrderedDict
from types import FunctionType
from typing import Any, TypeVar

from rushlight.nn.modules.calls import (
    CALL_REGISTERS,
    GLOBAL_HOOKS,
    Calls,
    register_module_backward_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from rushlight.nn.modules.convert import Conversion
from rushlight.nn.modules.registration import (
    BUFFER_HOOKS,
    MODULE_HOOKS,
    PARAMETER_HOOKS,
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    seen,
)
from rushlight.nn.modules.state import STATE_REGISTERS, StateDict
from rushlight.nn.modules.state import _IncompatibleKeys as _IncompatibleKeys
from rushlight.nn.modules.tree import Tree
from rushlight.parameter import Buffer, Parameter
from rushlight.tensor import Tensor

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

M = TypeVar("M", bound="Module")


class Module(Tree, Calls, StateDict, Conversion):
    """Base class of models: assign parameters and submodules, and write ``forward``.

    >>> import rushlight as torch
    >>> class Double(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = torch.nn.Parameter(torch.tensor(2.0))
    ...     def forward(self, x):
    ...         return self.weight * x
    >>> Double()(torch.tensor(3.0))
    tensor(6., grad_fn=<MulBackward0>)
    """

    training: bool
    dump_patches: bool = False
    call_super_init: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument "
                f"'{next(iter(kwargs))}'"
                if kwargs
                else f"{type(self).__name__}.__init__() takes 1 positional argument but "
                f"{len(args) + 1} were given"
            )
        d = self.__dict__  # past __setattr__, which looks for parameters
        d["training"] = True
        d["_parameters"] = {}
        d["_buffers"] = {}
        d["_non_persistent_buffers_set"] = set()
        d["_modules"] = {}
        d["_hooked"] = False  # no hook of any kind: the call goes straight to forward
        d["_is_full_backward_hook"] = None
        for register in _REGISTERS:
            d[register] = OrderedDict()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input: Any) -> Any:
        """Compute the output: every subclass writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooked or GLOBAL_HOOKS:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    # -- names ---------------------------------------------------------------------------------
    def __setattr__(self, name: str, value: Any) -> None:
        d = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in d:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif name in d.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            d["_parameters"][name] = None
        elif isinstance(value, Module):
            if "_modules" not in d:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_parameters", "_buffers")
            d["_modules"][name] = seen(MODULE_HOOKS, self, name, value)
        elif name in d.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            d["_modules"][name] = None
        elif isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        elif name in d.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            d["_buffers"][name] = seen(BUFFER_HOOKS, self, name, value)
        else:
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        d = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            found = d.get(kind)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _weight_and_bias(self) -> tuple[Any, Any]:
        """These parameters, or the plain tensors that took their places, in the shortest way."""
        parameters = self._parameters
        try:
            return parameters["weight"], parameters["bias"]
        except KeyError:
            return self.weight, self.bias

    def __delattr__(self, name: str) -> None:
        for register in (self._parameters, self._buffers, self._modules):
            if name in register:
                del register[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]
        return sorted(name for name in names if not name[:1].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for register in _REGISTERS:  # of which older state may lack some
            self.__dict__.setdefault(register, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)

    def _forget(self, name: str, *registers: str) -> None:
        """Take `name` out of the attributes and registers that it is about to leave."""
        self.__dict__.pop(name, None)
        for register in registers:
            self.__dict__[register].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _check_name(self, name: str, what: str, register: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {_type_name(name)}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[register]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter (or None, to reserve the name)."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name(name, "parameter", "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_name(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        if param is not None:
            param = seen(PARAMETER_HOOKS, self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is no parameter (running statistics)."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = seen(BUFFER_HOOKS, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule (or None, to reserve the name)."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        if isinstance(name, str) and "." in name and not hasattr(self, name):
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        self._check_name(name, "module", "_modules")
        self._modules[name] = seen(MODULE_HOOKS, self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a submodule: another name of `add_module`."""
        self.add_module(name, module)

    # -- modes ---------------------------------------------------------------------------------
    def train(self: M, mode: bool = True) -> M:
        """Set training mode here and below (dropout, batch norm); return self."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """Set evaluation mode here and below; return self."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Set ``requires_grad`` of all parameters; return self."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget (or zero) the gradients of all parameters."""
        for p in self.parameters():
            if p.grad is not None:
                if set_to_none:
                    p.grad = None
                else:
                    p.grad.detach_()
                    p.grad.zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Refused until there is a compiler; ``backend="eager"``, which compiles nothing, works."""
        from rushlight.compiler import compile

        forward = self.forward
        if compile(forward, *args, **kwargs) is not forward:
            raise NotImplementedError("Module.compile: Rushlight has no compiler yet")

    def extra_repr(self) -> str:
        """What stands between the parentheses of ``repr`` for a module without children."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        below = [f"({name}): " + indent(repr(module)) for name, module in self._modules.items()]
        lines = extra + below
        name = self._get_name()
        if not lines:
            return f"{name}()"
        if len(extra) == 1 and not below:
            return f"{name}({extra[0]})"
        return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


_REGISTERS = (*CALL_REGISTERS, *STATE_REGISTERS)

# Python's errors about arguments name methods by where they stand.
for _part in (Tree, Calls, StateDict, Conversion):
    for _method in vars(_part).values():
        if isinstance(_method, FunctionType):
            _method.__qualname__ = f"Module.{_method.__name__}"


def _type_name(value: Any) -> str:
    """The name of a value's type, or of a class or function itself, as PyTorch's errors have it."""
    if isinstance(value, Tensor):
        return value.type()  # type: ignore[no-any-return]
    named = value if hasattr(value, "__qualname__") else type(value)
    module = named.__module__
    return named.__qualname__ if module in ("builtins", None) else f"{module}.{named.__qualname__}"


def _addindent(s_: str, numSpaces: int) -> str:
    """As `indent`, by so many spaces: what a module's own ``__repr__`` is written with."""
    return s_.replace("\n", "\n" + " " * numSpaces)


def indent(text: str) -> str:
    """Indent all lines but the first, by two spaces."""
    return "\n  ".join(text.split("\n"))
