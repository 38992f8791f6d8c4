"""`torch.ops.aten`: operators under PyTorch's names, overload by overload.

>>> import rushlight as torch
>>> torch.ops.aten.mm.default
<OpOverload(op='aten.mm', overload='default')>
>>> torch.ops.aten.mm.default(torch.eye(2), torch.ones(2, 2))
tensor([[1., 1.],
        [1., 1.]])

They exist for code that asks which operator runs: policies of selective checkpoints, and dispatch
modes. Each is made when it is first named and then stays the same object, so that ``is``, ``==``
and ``in`` work. Called, they run the public function of the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import rushlight
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor

__all__ = ["OpOverload", "OpOverloadPacket", "aten", "overload_of"]

# What is public under another name, or only an operator's.
_PUBLIC = {
    "_softmax": lambda x, dim, half_to_float=False: rushlight.softmax(x, dim),
    "_log_softmax": lambda x, dim, half_to_float=False: rushlight.log_softmax(x, dim),
    "_to_copy": lambda x, *, dtype=None, **options: x.to(dtype, copy=True),
    "_unsafe_view": lambda x, size: x.view(size),
    "index": lambda x, indices: x[tuple([slice(None) if i is None else i for i in indices])],
    "slice": lambda x, dim=0, start=None, end=None, step=1: x[
        (slice(None),) * (dim % x.dim()) + (slice(start, end, step),)
    ],
    "t": lambda x: x.t(),
    "threshold_backward": None,
    "native_layer_norm": None,
    "native_group_norm": None,
    "native_batch_norm": None,
    "convolution": None,
    "nll_loss_forward": None,
    "_scaled_dot_product_flash_attention": None,
    "_scaled_dot_product_efficient_attention": None,
    "_scaled_dot_product_flash_attention_for_cpu": None,
    "max_pool2d_with_indices": None,
    "_native_batch_norm_legit": None,
    "upsample_nearest2d": None,
}
_ARITHMETIC = "add sub mul div remainder fmod floor_divide bitwise_and bitwise_or bitwise_xor"
_COMPARISONS = "eq ne lt le gt ge"
# Overloads besides "default" and "out" that can be named, the one for tensors first.
_OVERLOADS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ARITHMETIC.split(), ("Tensor", "Scalar")),
    **dict.fromkeys(_COMPARISONS.split(), ("Tensor", "Scalar")),
    "pow": ("Tensor_Tensor", "Tensor_Scalar", "Scalar"),
    "rsub": ("Tensor", "Scalar"),
    **dict.fromkeys(("sum", "nansum", "prod"), ("dim_IntList", "dim_int")),
    **dict.fromkeys(("mean", "all", "any", "max", "min"), ("dim", "other")),
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), ("correction", "dim")),
    **dict.fromkeys(("select", "transpose", "unbind"), ("int",)),
    **dict.fromkeys(("slice", "index", "split", "lerp"), ("Tensor", "Scalar")),
    **dict.fromkeys(("masked_fill", "fill"), ("Scalar", "Tensor")),
    "where": ("self", "ScalarOther"),
    "scatter": ("src", "value"),
    "scatter_reduce": ("two",),
    "bernoulli": ("p",),
    "clamp": ("Tensor",),
    "norm": ("Scalar", "ScalarOpt_dim"),
    "cumsum": (),
}
_ALWAYS_FIRST = set(
    (
        _ARITHMETIC + " select transpose unbind slice index split where scatter_reduce var std "
        "var_mean std_mean"
    ).split()
)


class OpOverload:
    """One overload of an operator."""

    def __init__(self, packet: OpOverloadPacket, overload: str) -> None:
        self.overloadpacket = packet
        self._overloadname = overload
        self.namespace = "aten"
        self.__name__ = f"{packet.__name__}.{overload}"

    def name(self) -> str:
        """Return ``aten::mm``, with the overload where it has a name of its own."""
        base = f"aten::{self.overloadpacket.__name__}"
        return base if self._overloadname == "default" else f"{base}.{self._overloadname}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from rushlight.utils._python_dispatch import run_current

        found, result = run_current(self, args, kwargs)
        return result if found else self.overloadpacket(*args, **kwargs)

    def __str__(self) -> str:
        return f"aten.{self.__name__}"

    def __repr__(self) -> str:
        name = self.overloadpacket.__name__
        return f"<OpOverload(op='aten.{name}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """All overloads of an operator, as attributes."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self._qualified_op_name = f"aten::{name}"

    def overloads(self) -> list[str]:
        """Return the names of the overloads."""
        return [*_OVERLOADS.get(self.__name__.rstrip("_"), ()), "default", "out"]

    def __getattr__(self, overload: str) -> OpOverload:
        if overload.startswith("__") or overload not in self.overloads():
            raise AttributeError(
                f"The underlying op of 'aten.{self.__name__}' has no overload name '{overload}'"
            )
        return self._overload(overload)

    def _overload(self, overload: str) -> OpOverload:
        made = vars(self)[overload] = OpOverload(self, overload)
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = _function(self.__name__)
        if function is None:
            raise NotImplementedError(
                f"aten::{self.__name__} has no function here: rushlight runs it as part of another"
            )
        return function(*args, **kwargs)

    def __str__(self) -> str:
        return f"aten.{self.__name__}"

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='aten.{self.__name__}')>"


def _function(name: str) -> Callable[..., Any] | None:
    """The public function or method of a name."""
    if name in _PUBLIC:
        return _PUBLIC[name]
    rooms: tuple[Any, ...] = (rushlight, Tensor, rushlight.nn.functional)
    for room in rooms:
        found = getattr(room, name, None)
        if callable(found):
            return found  # type: ignore[no-any-return]
    for room, prefix in ((rushlight.linalg, "linalg_"), (rushlight.special, "special_")):
        if name.startswith(prefix):
            return getattr(room, name.removeprefix(prefix), None)
    return None


class _Namespace:
    """``torch.ops.aten``."""

    name = "aten"

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__") or (name not in _PUBLIC and _function(name) is None):
            raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")
        return self._packet(name)

    def _packet(self, name: str) -> OpOverloadPacket:
        known = vars(self).get(name)
        if known is None:
            known = vars(self)[name] = OpOverloadPacket(name)
        return known

    def __repr__(self) -> str:
        return "<module 'torch.ops.aten' from 'torch.ops'>"


aten = _Namespace()


# -- which overload a call is --------------------------------------------------------------------

# Nodes are named after PyTorch's inner operators; these after what they are a part of.
_INNER = {
    "softmax": "_softmax",
    "log_softmax": "_log_softmax",
    "to": "_to_copy",
    "to_copy": "_to_copy",
    "sum_to": "sum",
    "nll_loss": "nll_loss_forward",
}


def name_of(op: Operator, args: tuple[Any, ...]) -> str:
    """PyTorch's name of a call: the Operator's own, or the one that its nodes say."""
    name = op.name
    if name == "linear":  # which is a product there, with the weight's transpose
        return "mm" if args[2] is None else "addmm"
    if name not in _INNER and _function(name) is None:
        inner = re.sub(r"Backward\d*$", "", op.node_name)
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", inner).lower()
    return _INNER.get(name, name)


def overload_of(name: str, args: tuple[Any, ...]) -> OpOverload:
    """The overload of an operator that PyTorch would choose for these arguments."""
    packet = aten._packet(name)
    plain = name.rstrip("_")
    second = args[1] if len(args) > 1 else None
    overload = "default"
    named = _OVERLOADS.get(plain, ())
    if plain in _COMPARISONS.split() or plain in ("rsub", "lerp", "masked_fill", "fill"):
        last = args[-1] if plain in ("lerp", "masked_fill") else second
        overload = "Tensor" if isinstance(last, Tensor) else "Scalar"
    elif plain == "pow":
        first = args[0] if args else None
        kinds = ["Tensor" if isinstance(a, Tensor) else "Scalar" for a in (first, second)]
        overload = "Scalar" if kinds[0] == "Scalar" else "_".join(kinds)
    elif plain == "clamp":
        overload = "Tensor" if any(isinstance(a, Tensor) for a in args[1:]) else "default"
    elif plain in ("max", "min") and isinstance(second, Tensor):
        overload = "other"
    elif plain == "scatter":
        overload = "src" if isinstance(args[-1], Tensor) else "value"
    elif named and (plain in _ALWAYS_FIRST or second is not None):
        overload = named[0]
    return vars(packet).get(overload) or packet._overload(overload)
