"""What pruning methods share, and several of them on one parameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from rushlight.api.likes import ones_like
from rushlight.layout import contiguous_format

__all__ = ["BasePruningMethod", "PruningContainer"]


class BasePruningMethod(ABC):
    """Base class: a subclass says its ``PRUNING_TYPE`` and how it finds a mask.

    ``"unstructured"`` masks see the entries that are left from earlier pruning, as a vector;
    ``"structured"`` ones the channels along ``self.dim`` that are; ``"global"`` ones everything.

    >>> import rushlight as torch
    >>> from rushlight.nn.utils import prune
    >>> class EveryOther(prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> layer = torch.nn.Linear(4, 1)
    >>> method = EveryOther.apply(layer, "bias")
    >>> layer.bias_mask
    tensor([0.])
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the pruned attribute: the hook before a call."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return a mask like `default_mask`, by the importance `t` of the entries."""

    def apply_mask(self, module: Any) -> Any:
        """Return the parameter times its mask."""
        mask = getattr(module, f"{self._tensor_name}_mask")
        orig = getattr(module, f"{self._tensor_name}_orig")
        return mask.to(dtype=orig.dtype) * orig

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter by this method, made from the other arguments; return the method.

        AssertionError for `importance_scores` of another shape. After any error the module is as
        it was.
        """
        before = methods_of(module, name)
        if len(before) > 1:
            raise AssertionError(
                f"Avoid adding multiple pruning hooks to the same tensor {name} of module "
                f"{module}. Use a PruningContainer."
            )
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        orig = getattr(module, name)
        scores = orig if importance_scores is None else importance_scores
        if scores.shape != orig.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, "
                f"got {scores.shape} vs {orig.shape}"
            )
        if not before:
            mask = method.compute_mask(scores, default_mask=ones_like(orig))
            module.register_parameter(f"{name}_orig", orig)
            del module._parameters[name]
        else:
            mask = remaining(method, scores, getattr(module, f"{name}_mask"))
            ((key, earlier),) = before.items()
            if not isinstance(earlier, PruningContainer):
                earlier = PruningContainer(earlier)
            earlier.add_pruning_method(method)
            method = earlier
            del module._forward_pre_hooks[key]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """Return a tensor times the mask that this method finds for it."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError(
                "importance_scores should have the same shape as tensor t, got "
                f"{scores.shape} vs {t.shape}"
            )
        before = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=before)

    def remove(self, module: Any) -> None:
        """Make the pruned values the parameter's own. The hook is left to `prune.remove`."""
        name = self._tensor_name
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        orig = module._parameters.pop(f"{name}_orig")
        orig.data = pruned.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, orig)


def methods_of(module: Any, name: str) -> dict[int, BasePruningMethod]:
    """The hooks that prune a parameter, by their ids."""
    return {
        key: hook
        for key, hook in module._forward_pre_hooks.items()
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
    }


def remaining(method: BasePruningMethod, t: Any, mask: Any) -> Any:
    """A mask in which `method` has pruned what an earlier `mask` left."""
    kind = method.PRUNING_TYPE
    where: Any
    if kind == "unstructured":
        where = mask == 1
    elif kind == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError(
                'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` '
                "defined."
            )
        n = t.dim()
        dim = method.dim + n if method.dim < 0 else method.dim
        if dim < 0:
            raise IndexError(f"Index is out of bounds for tensor with dimensions {n}")
        if dim >= n:
            raise IndexError("list assignment index out of range")
        others = [d for d in range(n) if d != dim]
        where = along(dim, mask.sum(dim=others) != 0)
    elif kind == "global":
        where = ...
    else:
        raise ValueError(f"Unrecognized PRUNING_TYPE {kind}")
    new = mask.detach().to(dtype=t.dtype, copy=True, memory_format=contiguous_format)
    new[where] = method.compute_mask(t[where], default_mask=mask[where]).to(dtype=new.dtype)
    return new


def along(dim: int, index: Any) -> tuple[Any, ...]:
    """The index that takes `index` along one dimension, and all of those before and after."""
    return (*[slice(None)] * dim, index)


class PruningContainer(BasePruningMethod):
    """Several methods, each of which prunes what the earlier ones left."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add a method of the same parameter; TypeError or ValueError for anything else."""
        if method is not None:
            if not isinstance(method, BasePruningMethod):
                raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
            if self._tensor_name != method._tensor_name:
                raise ValueError(
                    "Can only add pruning methods acting on the parameter named "
                    f"'{self._tensor_name}' to PruningContainer {self}. Found "
                    f"'{method._tensor_name}'"
                )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the mask after the last method; `default_mask` is that of those before."""
        return remaining(self._pruning_methods[-1], t, default_mask)
