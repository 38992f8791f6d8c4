"""Function transforms: `vmap`, `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd`, `hessian`, composable.

>>> import rushlight as torch
>>> from rushlight.func import grad, vmap
>>> vmap(grad(lambda x: x.sin()))(torch.zeros(3))
tensor([1., 1., 1.])
"""

from __future__ import annotations

from typing import Any, NoReturn

from rushlight.func.batch_norm_replacement import replace_all_batch_norm_modules_
from rushlight.func.debugging import debug_unwrap
from rushlight.func.forward import jvp, linearize
from rushlight.func.grads import grad, grad_and_value, vjp
from rushlight.func.jacobians import hessian, jacfwd, jacrev
from rushlight.func.modules import functional_call, stack_module_state
from rushlight.func.rearrange import rearrange
from rushlight.func.vmap import vmap

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "rearrange",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]


def functionalize(func: Any, *, remove: str = "mutations") -> NoReturn:
    """Refuse: programs are not rewritten here, and transforms take in-place operations as they are.

    Raises NotImplementedError.
    """
    raise NotImplementedError(
        "functionalize rewrites a traced program, and Rushlight traces none. In-place operations "
        "and views work under all of its transforms, so that nothing needs to be rewritten."
    )
