"""Tuples with names, as operators with several results return them: `torch.return_types`."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

__all__ = ["Named", "aminmax", "aminmax_out", "cummax", "cummax_out", "cummin", "cummin_out"]
__all__ += ["declare", "max", "max_out", "min", "min_out"]
__all__ += ["kthvalue", "kthvalue_out", "median", "median_out", "mode", "mode_out", "nanmedian"]
__all__ += ["frexp", "frexp_out", "nanmedian_out", "sort", "sort_out", "topk", "topk_out"]


class Named(tuple[Any, ...]):
    """A tuple whose items have names; classes made by `declare` say which.

    >>> from rushlight import return_types
    >>> return_types.max((3.0, 1))
    torch.return_types.max(
    values=3.0,
    indices=1)
    """

    __slots__ = ()
    fields: tuple[str, ...] = ()
    n_fields = n_sequence_fields = n_unnamed_fields = 0

    def __new__(cls, sequence: Iterable[Any], dict: Any = None) -> Named:
        try:
            self = tuple.__new__(cls, sequence)
        except TypeError:
            raise TypeError("constructor requires a sequence") from None
        if len(self) != len(cls.fields):
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {len(cls.fields)}-sequence "
                f"({len(self)}-sequence given)"
            )
        return self

    def __repr__(self) -> str:
        items = ",\n".join([f"{name}={item!r}" for name, item in zip(self.fields, self)])
        return f"torch.return_types.{type(self).__name__}(\n{items})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self), {})

    def __getattr__(self, name: str) -> Any:
        kind = type(self).__name__
        raise AttributeError(f"'torch.return_types.{kind}' object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.fields:
            raise AttributeError("readonly attribute")
        self.__getattr__(name)


def declare(name: str, *fields: str) -> type[Named]:
    """Make the type called `name`, whose items are called `fields`."""
    body: dict[str, Any] = {
        "__slots__": (),
        "__module__": __name__,
        "__doc__": f"What `{name.removesuffix('_out')}` returns: {', '.join(fields)}.",
        "fields": fields,
        "n_fields": len(fields),
        "n_sequence_fields": len(fields),
    }
    for i, field in enumerate(fields):
        body[field] = property(itemgetter(i))
    return type(name, (Named,), body)


max = declare("max", "values", "indices")
max_out = declare("max_out", "values", "indices")
min = declare("min", "values", "indices")
min_out = declare("min_out", "values", "indices")
aminmax = declare("aminmax", "min", "max")
aminmax_out = declare("aminmax_out", "min", "max")
cummax = declare("cummax", "values", "indices")
cummax_out = declare("cummax_out", "values", "indices")
cummin = declare("cummin", "values", "indices")
cummin_out = declare("cummin_out", "values", "indices")
sort = declare("sort", "values", "indices")
sort_out = declare("sort_out", "values", "indices")
topk = declare("topk", "values", "indices")
topk_out = declare("topk_out", "values", "indices")
kthvalue = declare("kthvalue", "values", "indices")
kthvalue_out = declare("kthvalue_out", "values", "indices")
median = declare("median", "values", "indices")
median_out = declare("median_out", "values", "indices")
nanmedian = declare("nanmedian", "values", "indices")
nanmedian_out = declare("nanmedian_out", "values", "indices")
mode = declare("mode", "values", "indices")
mode_out = declare("mode_out", "values", "indices")
frexp = declare("frexp", "mantissa", "exponent")
frexp_out = declare("frexp_out", "mantissa", "exponent")


# -- of matrices: each with the tuple that is returned where ``out=`` was given --------------------


def _declare_both(name: str, *fields: str) -> None:
    """Declare a type and what stands for it where its tensors were given."""
    for full in (name, f"{name}_out"):
        globals()[full] = declare(full, *fields)
        __all__.append(full)


_declare_both("geqrf", "a", "tau")
_declare_both("histogram", "hist", "bin_edges")
_declare_both("histogramdd", "hist", "bin_edges")
_declare_both("linalg_cholesky_ex", "L", "info")
_declare_both("linalg_eig", "eigenvalues", "eigenvectors")
_declare_both("linalg_eigh", "eigenvalues", "eigenvectors")
_declare_both("linalg_inv_ex", "inverse", "info")
_declare_both("linalg_ldl_factor", "LD", "pivots")
_declare_both("linalg_ldl_factor_ex", "LD", "pivots", "info")
_declare_both("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
_declare_both("linalg_lu", "P", "L", "U")
_declare_both("linalg_lu_factor", "LU", "pivots")
_declare_both("linalg_lu_factor_ex", "LU", "pivots", "info")
_declare_both("linalg_qr", "Q", "R")
_declare_both("linalg_slogdet", "sign", "logabsdet")
_declare_both("linalg_solve_ex", "result", "info")
_declare_both("linalg_svd", "U", "S", "Vh")
_declare_both("_lu_with_info", "LU", "pivots", "info")
_declare_both("lu_unpack", "P", "L", "U")
_declare_both("qr", "Q", "R")
_declare_both("slogdet", "sign", "logabsdet")
_declare_both("svd", "U", "S", "V")
_declare_both("triangular_solve", "solution", "cloned_coefficient")
