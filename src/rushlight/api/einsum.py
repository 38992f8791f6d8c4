"""Sums of products along named dimensions: einsum and tensordot.

An equation is read once for each form of its operands (`_read` is cached) into a `Spec`, labels
for every dimension. Of one operand, einsum is a view or a sum of one; several are contracted by
one Operator (rushlight.ops.einsum).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

from rushlight import dtypes
from rushlight.api.matrix import refuse_bool
from rushlight.ops.einsum import Labels, Spec, contract, multiply
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["einsum", "tensordot"]

METHODS = ()

_LETTERS = ascii_uppercase + ascii_lowercase  # the order of an output that isn't spelled out
_ELLIPSIS = len(_LETTERS)  # labels of dimensions under an ellipsis start here


# -- reading an equation -------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _read(equation: str, ndims: tuple[int, ...]) -> Spec:
    """Return the labels of every operand's dimensions and of the result's, or raise."""
    left, arrow, right = equation.partition("->")
    terms = _terms(left, len(ndims))
    # How many dimensions each ellipsis stands for; they broadcast, aligned at their ends.
    covered = [_covered(term, n, i) for i, (term, n) in enumerate(zip(terms, ndims))]
    widest = max(covered)
    inputs = tuple(_spelled(term, n, widest) for term, n in zip(terms, covered))
    letters = [label for labels in inputs for label in labels if label < _ELLIPSIS]
    if not arrow:
        ones = sorted(label for label in set(letters) if letters.count(label) == 1)
        return inputs, (*range(_ELLIPSIS, _ELLIPSIS + widest), *ones)
    term = _term(right, len(left) + 2, "output")
    for i, label in enumerate(term):
        if label is not None and label in term[:i]:
            raise RuntimeError(
                f"einsum(): output subscript {_LETTERS[label]} appears more than once in the output"
            )
        if label is not None and label not in letters:
            raise RuntimeError(
                f"einsum(): output subscript {_LETTERS[label]} does not appear in the equation "
                "for any input operand"
            )
    return inputs, _spelled(term, widest if None in term else 0, widest)


Term = list[int | None]  # labels, and None for an ellipsis


def _terms(left: str, operands: int) -> list[Term]:
    pieces = left.split(",")
    terms = []
    start = 0
    for i, piece in enumerate(pieces):
        if i == operands:
            raise RuntimeError(
                "einsum(): fewer operands were provided than specified in the equation"
            )
        terms.append(_term(piece, start, f"operand {i}"))
        start += len(piece) + 1
    if len(pieces) < operands:
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    return terms


def _term(text: str, start: int, where: str) -> Term:
    term: Term = []
    i = 0
    while i < len(text):
        character = text[i]
        if character == ".":
            if None in term:
                raise RuntimeError(
                    f"einsum(): found '.' for {where} for which an ellipsis was already found"
                )
            if text[i : i + 3] != "...":
                tail = " (...)" if where == "output" else ""
                raise RuntimeError(
                    f"einsum(): found '.' for {where} that is not part of any ellipsis{tail}"
                )
            term.append(None)
            i += 2
        elif character != " ":
            if character not in ascii_letters:
                raise RuntimeError(
                    f"einsum(): invalid subscript given at index {start + i} in the equation "
                    "string, subscripts must be in [a-zA-Z]"
                )
            term.append(_LETTERS.index(character))
        i += 1
    return term


def _covered(term: Term, ndim: int, operand: int) -> int:
    count = len(term) - (None in term)
    if None not in term and count != ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({count}) does not match the "
            f"number of dimensions ({ndim}) for operand {operand} and no ellipsis was given"
        )
    if count > ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({count}) is more than the "
            f"number of dimensions ({ndim}) for operand {operand}"
        )
    return ndim - count


def _spelled(term: Term, covered: int, widest: int) -> Labels:
    end = _ELLIPSIS + widest
    labels: list[int] = []
    for label in term:
        labels.extend(range(end - covered, end) if label is None else (label,))
    return tuple(labels)


def _check_sizes(inputs: Sequence[Labels], operands: Sequence[Tensor]) -> None:
    """Raise PyTorch's error where dimensions of one label neither agree nor broadcast."""
    seen: dict[int, int] = {}
    for i, (labels, x) in enumerate(zip(inputs, operands)):
        mine: dict[int, int] = {}
        for label, n in zip(labels, x.shape):
            if mine.setdefault(label, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {_LETTERS[label]} is repeated for operand {i} but the "
                    f"sizes don't match, {n} != {mine[label]}"
                )
            before = seen.get(label, 1)
            if n != before and n != 1 and before != 1:
                raise RuntimeError(_clash(label, i, n, before))
            seen[label] = n if before == 1 else before


def _clash(label: int, operand: int, n: int, before: int) -> str:
    if label < _ELLIPSIS:
        return (
            f"einsum(): subscript {_LETTERS[label]} has size {n} for operand {operand} which does "
            f"not broadcast with previously seen size {before}"
        )
    return (
        f"einsum(): dimension {label - _ELLIPSIS} covered by ellipsis in operand {operand}has size "
        f"{n} which does not broadcast with previously seen ellipsis with size {before} for the "
        "respective dimension"
    )


# -- contracting ---------------------------------------------------------------------------------


def einsum(*args: Any) -> Tensor:
    """Sum products of elements along dimensions named by the letters of an equation.

    ``einsum(equation, *operands)``, or ``einsum(operand, labels, ..., output_labels)`` with lists
    of ints below 52. ``...`` covers dimensions without names, which broadcast. A letter that the
    output lacks is summed over; without ``->`` the output has all letters that come once.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.einsum("ij,kj->ik", x, x)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> torch.einsum("ii", x)
    tensor(5.)
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    if isinstance(args[0], Tensor):
        equation, operands = _from_sublists(args)
    else:
        equation, *rest = args
        operands = rest[0] if len(rest) == 1 and isinstance(rest[0], (list, tuple)) else rest
    if not isinstance(equation, str):
        raise TypeError(
            f"einsum(): argument 'equation' (position 1) must be str, not {type_name(equation)}"
        )
    for i, x in enumerate(operands):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got {type_name(x)}")
    inputs, output = _read(equation, tuple([x.ndim for x in operands]))
    _check_sizes(inputs, operands)
    pairs = [_diagonals(x, labels) for x, labels in zip(operands, inputs)]
    if len(pairs) == 1:
        return _permuted(*pairs[0], output)
    return contracted(tuple([labels for _, labels in pairs]), output, [x for x, _ in pairs])


def _from_sublists(args: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Spell the equation of operands that come with lists of ints."""
    operands = args[: len(args) // 2 * 2 : 2]
    equation = ",".join(_letters(labels) for labels in args[1::2])
    return equation + (f"->{_letters(args[-1])}" if len(args) % 2 else ""), operands


def _letters(labels: Any) -> str:
    letters = ""
    for label in labels:
        if label is Ellipsis:
            letters += "..."
        elif 0 <= label < len(_LETTERS):
            letters += _LETTERS[label]
        else:
            raise ValueError(
                "einsum(): subscript in subscript list is not within the valid range [0, 52)"
            )
    return letters


def _diagonals(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """Take the diagonal of dimensions with the same label, so that none comes twice."""
    i = 0
    while i < len(labels):
        j = labels.index(labels[i])
        if i == j:
            i += 1
        else:  # the diagonal is the last dimension of what is returned
            x = x.diagonal(0, j, i)
            labels = (*labels[:j], *labels[j + 1 : i], *labels[i + 1 :], labels[i])
            i = 0
    return x, labels


def _permuted(x: Tensor, labels: Labels, output: Labels) -> Tensor:
    """The result of a single operand, which shares its memory where nothing is summed."""
    summed = [label for label in labels if label not in output]
    x = x.permute([labels.index(label) for label in (*output, *summed)])
    return x.sum(tuple(range(len(output), x.ndim))) if summed else x


def contracted(inputs: tuple[Labels, ...], output: Labels, operands: Sequence[Tensor]) -> Tensor:
    """Contract several operands, none of which has a label twice."""
    if all(label in output for labels in inputs for label in labels):
        dtype = operands[0].dtype
        for x in operands:
            dtype = dtypes.promote_types(dtype, x.dtype)
        operands = [x if x.dtype is dtype else x.to(dtype) for x in operands]
        return multiply((inputs, output), *operands)  # type: ignore[no-any-return]
    first = operands[0]
    for x in operands:
        if x.dtype is not first.dtype:
            raise RuntimeError(
                f"expected scalar type {first.dtype.scalar_name} but found {x.dtype.scalar_name}"
            )
    if first.dtype is dtypes.bool_:
        raise NotImplementedError("\"bmm\" not implemented for 'Bool'")
    return contract((inputs, output), *operands)  # type: ignore[no-any-return]


# -- tensordot -----------------------------------------------------------------------------------


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Sum products over pairs of dimensions: of `a`'s last with `b`'s first, or as listed.

    `dims` is their number, or two lists of dimensions. Raises RuntimeError where sizes differ.

    >>> import rushlight as torch
    >>> torch.tensordot(torch.ones(2, 3, 4), torch.ones(3, 4, 5), 2).shape
    torch.Size([2, 5])
    """
    require_tensor(a, "tensordot", "self", 1)
    require_tensor(b, "tensordot", "other", 2)
    first, second = _tensordot_dims(a, b, dims)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype is not b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    for i, j in zip(first, second):
        m, n = a.shape[a._dim(i)], b.shape[b._dim(j)]
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {i} and "
                f"second has size {n} in dim {j}"
            )
        if m == 1 != n:
            b = b.sum(j, keepdim=True, dtype=b.dtype)
        elif n == 1 != m:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
    first, second = _wrapped(a, first), _wrapped(b, second)
    left = tuple(range(a.ndim))
    right = [a.ndim + j for j in range(b.ndim)]
    for i, j in zip(first, second):
        right[j] = i
    output = tuple([i for i in left if i not in first] + [j for j in right if j >= a.ndim])
    if output:
        refuse_bool("addmm_impl_cpu_", a, b)
    else:
        refuse_bool("dot", a)
    result = contract(((left, tuple(right)), output), a, b)
    if out is None:
        return result  # type: ignore[no-any-return]
    if isinstance(out, Tensor) and out.dtype is not a.dtype:
        raise RuntimeError(
            f"tensordot: Expected the output tensor to have dtype {a.dtype.scalar_name}, but got "
            f"an output tensor with dtype {out.dtype.scalar_name}"
        )
    return into(out, result, "tensordot")


def _tensordot_dims(a: Tensor, b: Tensor, dims: Any) -> tuple[Sequence[int], Sequence[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist() if dims.numel() > 1 else int(dims)
    if isinstance(dims, (tuple, list)):
        first, second = dims
        for name, position, given in (("dims_self", 3, first), ("dims_other", 4, second)):
            if not isinstance(given, (tuple, list)):
                raise TypeError(
                    f"tensordot(): argument '{name}' (position {position}) must be tuple of ints, "
                    f"not {type_name(given)}"
                )
        return first, second
    if not isinstance(dims, int):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] "
            f"containing two lists, but got dims={dims}"
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return range(-dims, 0), range(dims)


def _wrapped(x: Tensor, dims: Sequence[int]) -> tuple[int, ...]:
    found: list[int] = []
    for dim in dims:
        wrapped = x._dim(dim)
        if wrapped in found:
            raise RuntimeError(f"dim {wrapped} appears multiple times in the list of dims")
        found.append(wrapped)
    return tuple(found)
