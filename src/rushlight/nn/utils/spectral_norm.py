"""Spectral norm in its old form, by a hook before every call (Miyato et al., ICLR 2018)."""

from __future__ import annotations

from typing import Any

from rushlight.api.graph import detach
from rushlight.autograd.modes import no_grad
from rushlight.nn import functional as F
from rushlight.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from rushlight.nn.parameter import Parameter, is_lazy

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


class SpectralNorm:
    """The hook that divides a weight by an estimate of its largest singular value.

    The buffers ``_u`` and ``_v`` estimate the singular vectors, by power iterations.
    """

    _version = 1  # 0 saved the weight itself, and no ``_v``

    def __init__(
        self,
        name: str = "weight",
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Any) -> Any:
        """Return the weight as a matrix, whose rows are what `dim` counts."""
        if self.dim != 0:
            weight = weight.permute(self.dim, *(d for d in range(weight.dim()) if d != self.dim))
        return weight.reshape(weight.size(0), -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """Return the weight over its spectral norm."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.t().mv(u), dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix.mv(v), dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # that a later call doesn't write into this graph
        return weight / u.dot(matrix.mv(v))

    def remove(self, module: Any) -> None:
        """Make the weight a parameter again. The hooks are left to `remove_spectral_norm`."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for part in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + part)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the weight: the hook before a call."""
        setattr(module, self.name, self.compute_weight(module, module.training))

    @staticmethod
    def apply(
        module: Any, name: str, n_power_iterations: int, dim: int, eps: float
    ) -> SpectralNorm:
        """Put a hook on a parameter, which is from now on called ``_orig``."""
        if _hook_of(module._forward_pre_hooks, name) is not None:
            raise RuntimeError(
                f"Cannot register two spectral_norm hooks on the same parameter {name}"
            )
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make "
                "sure to run the dummy forward before applying spectral normalization"
            )
        u, v = (
            F.normalize(detach(weight).new_empty(size).normal_(0, 1), dim=0, eps=eps)
            for size in hook.reshape_weight_to_matrix(detach(weight)).size()
        )
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # no parameter, but something for those who look
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(_OnSaving(hook))
        module._register_load_state_dict_pre_hook(_OnLoading(hook))
        return hook


class _OnSaving:
    """Notes the version among the metadata of a state dict."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = self.fn._version


class _OnLoading:
    """Finds ``_v`` for a state dict of version 0, which has the normalised weight instead."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        *_: Any,
    ) -> None:
        key = prefix + self.fn.name
        version = local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version")
        if version is not None and version >= 1:
            return
        parts = [f"{key}_orig", f"{key}_u", f"{key}_v"]
        if version is None and key not in state_dict and all(part in state_dict for part in parts):
            return  # of today, only without metadata
        missing = [part for part in (f"{key}_orig", key, f"{key}_u") if part not in state_dict]
        if missing:
            if strict:
                missing_keys.extend(missing)
            return
        with no_grad():
            orig, u = state_dict[f"{key}_orig"], state_dict[f"{key}_u"]
            sigma = (orig / state_dict.pop(key)).mean()
            matrix = self.fn.reshape_weight_to_matrix(orig)
            v = matrix.pinverse().mv(u)  # so that matrix @ v is along u; then its length
            state_dict[f"{key}_v"] = v * (sigma / u.dot(matrix.mv(v)))


def _hook_of(hooks: Any, name: str) -> int | None:
    """The id of the hook of a parameter in a register of hooks, if there is one."""
    for key, hook in hooks.items():
        spectral = getattr(hook, "fn", hook)
        if isinstance(spectral, SpectralNorm) and spectral.name == name:
            return key  # type: ignore[no-any-return]
    return None


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """Divide a weight by its largest singular value, before every call; return the module.

    The old form of `rushlight.nn.utils.parametrizations.spectral_norm`. The parameter is called
    ``weight_orig`` then. `dim` is that of the outputs: 0, or 1 for transposed convolutions.

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(4, 2))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if dim is None:
        dim = int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Make the normalised weight the parameter; return the module. ValueError if it is."""
    key = _hook_of(module._forward_pre_hooks, name)
    if key is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    module._forward_pre_hooks.pop(key).remove(module)
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        key = _hook_of(hooks, name)
        if key is not None:
            del hooks[key]
    return module
