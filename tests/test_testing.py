"""`torch.testing.assert_close`: what passes, and every word of what doesn't."""

from __future__ import annotations

from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, attempt, expressions, judge, scope


@expressions(
    """
    torch.ones(2), torch.ones(2)
    torch.ones(2), torch.zeros(2)
    torch.tensor([1., 2.]), torch.tensor([1., 2.1])
    torch.ones(2), torch.ones(3)
    torch.ones(2), torch.ones(2, dtype=torch.float64)
    1, 1.5
    1, 2
    1.0, 1.0+1e-9
    torch.tensor(1.), torch.tensor(2.)
    torch.tensor([nan]), torch.tensor([nan])
    torch.tensor([nan]), torch.tensor([nan]), equal_nan=True
    [1, 2], [1, 3]
    [1, 2], [1]
    (1, 2), [1, 2]
    {'a': torch.ones(2)}, {'a': torch.zeros(2)}
    {'a': 1}, {'b': 1}
    {'a': 1}, {'a': 1, 'b': 1}
    torch.ones(2), [1., 1.]
    torch.ones(2), np.ones(2)
    np.ones(2), np.ones(2)
    np.ones(2), np.zeros(2)
    torch.ones(2), 1.0
    'a', 'a'
    'a', 'b'
    None, None
    torch.ones(2), None
    torch.ones(2), torch.ones(2)+1, rtol=1
    torch.ones(2), torch.ones(2)+1, rtol=0, atol=2
    torch.ones(2), torch.ones(2)+1, rtol=0, atol=0.5
    torch.tensor([1, 2]), torch.tensor([1, 3])
    torch.tensor([True]), torch.tensor([False])
    torch.tensor([1, 2]), torch.tensor([1, 3]), rtol=0, atol=0
    torch.ones(2, 3), torch.ones(2, 3).t().contiguous().t(), check_stride=True
    torch.ones(2), torch.ones(2, dtype=torch.float64), check_dtype=False
    torch.ones(2), torch.ones(2)+1, msg='no'
    torch.ones(2), torch.ones(2)+1, msg=lambda m: 'x: '+m
    torch.ones(2, 3, 2), torch.ones(2, 3, 2)*torch.arange(2)
    1j, 1.5j
    torch.tensor(1j), torch.tensor(2j)
    [torch.ones(2), torch.ones(1)], [torch.ones(2), torch.zeros(1)]
    {'a': [1, {'b': 2}]}, {'a': [1, {'b': 3}]}
    torch.ones(0), torch.ones(0)
    torch.tensor([1e-9]), torch.tensor([0.])
    torch.ones(2, requires_grad=True), torch.ones(2)
    True, False
    torch.tensor([float('inf'), 1.]), torch.tensor([float('inf'), 1.])
    torch.tensor([float('inf'), 1.]), torch.tensor([-float('inf'), 1.])
    torch.tensor([nan, 1.]), torch.tensor([1., 1.])
    1.0, nan
    nan, nan, equal_nan=True
    torch.ones(2).half(), torch.ones(2).half()*1.01
    torch.ones(2).bfloat16(), torch.ones(2).bfloat16()*1.05
    torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)+1e-6
    torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.complex64)+1
    torch.ones(2), torch.nn.Parameter(torch.ones(2))
    torch.ones(2), torch.nn.Parameter(torch.ones(2)), allow_subclasses=False
    torch.tensor([1], dtype=torch.uint8), torch.tensor([3], dtype=torch.uint8)
    torch.tensor(5), 5
    5, torch.tensor(5)
    torch.tensor([1, 2, 3]), torch.tensor([1, 5, 9])
    2, 0
    0, 2
    0.0, 0.0
    torch.tensor([0., 1.]), torch.tensor([1., 0.])
    np.float32(1), 1.0
    np.float64(1), np.float64(2)
    [], []
    torch.ones(3, 3), torch.ones(3, 3)+torch.eye(3)
    torch.ones(2), torch.ones(2, dtype=torch.int64)
    torch.ones(2), torch.ones(2, dtype=torch.int64), check_dtype=False
    'ab', ['a', 'b']
    torch.ones(1, dtype=torch.int32), torch.ones(1, dtype=torch.int32)*3, check_dtype=False
    1.0, 1
    torch.tensor([1., 2., 3.]), torch.tensor([1., 2., 4.]), rtol=0.1, atol=0.2
    torch.zeros(2), torch.tensor([0., 1.])
    10, 12, rtol=0.1, atol=0.5
    {1, 2}, {1, 2}
    """
)
def test_assert_close(expression: str) -> None:
    """The whole text counts, not only its first line."""

    call = f"torch.testing.assert_close({expression})"

    def told(lib: Any) -> str:
        return attempt(lambda: eval(call, scope(lib))).replace("rushlight.", "torch.")

    assert told(rushlight) == told(judge)


def test_tolerances_come_together() -> None:
    with pytest.raises(ValueError, match="got no rtol"):
        rushlight.testing.assert_close(1.0, 1.0, atol=1.0)


@expressions(
    """
    type(torch.ones(2))
    type(torch.ones(2).shape)
    type(torch.float32)
    type(torch.device('cpu'))
    type(torch.strided)
    type(torch.contiguous_format)
    type(torch.finfo())
    type(torch.iinfo(torch.int8))
    type(torch.nn.Parameter(torch.ones(1)))
    torch.Tensor
    torch.Size
    torch.dtype
    torch.typename(torch.Size([1]))
    torch.nn.functional.relu('a')
    torch.exp(torch.Size([1]))
    torch.exp(torch.float32)
    torch.exp(torch.device('cpu'))
    torch.ones(torch.ones(2))
    pickle.loads(pickle.dumps((torch.Tensor, torch.Size([2]), torch.float32, torch.strided)))
    """
)
def test_types_say_where_they_live(expression: str) -> None:
    assert_alike(expression)
