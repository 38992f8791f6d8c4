"""``torch.sparse``: there are no sparse tensors here, and every name says so when it is called.

>>> import rushlight as torch
>>> torch.sparse_coo_tensor([[0, 1]], [1.0, 2.0])
Traceback (most recent call last):
...
NotImplementedError: torch.sparse_coo_tensor is not in Rushlight: there are no sparse tensors
"""

from __future__ import annotations

from rushlight.refusals import refused

_WHY = "there are no sparse tensors"

addmm = refused("torch.sparse.addmm", _WHY)
as_sparse_gradcheck = refused("torch.sparse.as_sparse_gradcheck", _WHY)
check_sparse_tensor_invariants = refused("torch.sparse.check_sparse_tensor_invariants", _WHY)
log_softmax = refused("torch.sparse.log_softmax", _WHY)
mm = refused("torch.sparse.mm", _WHY)
sampled_addmm = refused("torch.sparse.sampled_addmm", _WHY)
softmax = refused("torch.sparse.softmax", _WHY)
spdiags = refused("torch.sparse.spdiags", _WHY)
spsolve = refused("torch.sparse.spsolve", _WHY)
sum = refused("torch.sparse.sum", _WHY)
to_sparse_semi_structured = refused("torch.sparse.to_sparse_semi_structured", _WHY)

# in the package itself
sparse_bsc_tensor = refused("torch.sparse_bsc_tensor", _WHY)
sparse_bsr_tensor = refused("torch.sparse_bsr_tensor", _WHY)
sparse_compressed_tensor = refused("torch.sparse_compressed_tensor", _WHY)
sparse_coo_tensor = refused("torch.sparse_coo_tensor", _WHY)
sparse_csc_tensor = refused("torch.sparse_csc_tensor", _WHY)
sparse_csr_tensor = refused("torch.sparse_csr_tensor", _WHY)

__all__ = ["addmm", "as_sparse_gradcheck", "check_sparse_tensor_invariants", "log_softmax", "mm"]
__all__ += ["sampled_addmm", "softmax", "spdiags", "spsolve", "sum", "to_sparse_semi_structured"]
