"""``torch.library``, which registers operators: there is no registry of them here.

Every name raises NotImplementedError when it is called. What a custom operator is for is done by
an `autograd.Function`, with a ``vmap`` staticmethod where it takes part in `torch.vmap`.

>>> import rushlight as torch
>>> torch.library.custom_op("mine::sin", mutates_args=())
Traceback (most recent call last):
...
NotImplementedError: torch.library.custom_op is not in Rushlight: there is no registry of \
operators; write an autograd.Function
"""

from __future__ import annotations

from rushlight.refusals import refused

_WHY = "there is no registry of operators; write an autograd.Function"

custom_op = refused("torch.library.custom_op", _WHY)
define = refused("torch.library.define", _WHY)
fallthrough_kernel = refused("torch.library.fallthrough_kernel", _WHY)
get_ctx = refused("torch.library.get_ctx", _WHY)
get_kernel = refused("torch.library.get_kernel", _WHY)
impl = refused("torch.library.impl", _WHY)
impl_abstract = refused("torch.library.impl_abstract", _WHY)
infer_schema = refused("torch.library.infer_schema", _WHY)
Library = refused("torch.library.Library", _WHY)
opcheck = refused("torch.library.opcheck", _WHY)
register_autocast = refused("torch.library.register_autocast", _WHY)
register_autograd = refused("torch.library.register_autograd", _WHY)
register_fake = refused("torch.library.register_fake", _WHY)
register_kernel = refused("torch.library.register_kernel", _WHY)
register_torch_dispatch = refused("torch.library.register_torch_dispatch", _WHY)
register_vmap = refused("torch.library.register_vmap", _WHY)
triton_op = refused("torch.library.triton_op", _WHY)
wrap_triton = refused("torch.library.wrap_triton", _WHY)

__all__ = ["Library", "custom_op", "define", "fallthrough_kernel", "get_ctx", "get_kernel", "impl"]
__all__ += ["impl_abstract", "infer_schema", "opcheck", "register_autocast", "register_autograd"]
__all__ += ["register_fake", "register_kernel", "register_torch_dispatch", "register_vmap"]
__all__ += ["triton_op", "wrap_triton"]
