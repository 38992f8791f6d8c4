"""The forms that results of values and indices come in, and what `out=` makes of them."""

from __future__ import annotations

from tests.both import assert_alike, expressions

PAIR = "(torch.empty(0), torch.empty(0, dtype=torch.int64))"
X = "torch.tensor([[3., 1., 2.], [6., 5., 4.]])"


@expressions(f"""
    torch.sort({X})
    {X}.sort(0, descending=True)
    {X}.topk(2)
    {X}.kthvalue(2)
    {X}.median(1)
    {X}.nanmedian(1)
    {X}.mode()
    torch.sort(torch.tensor(5.))
    torch.sort(x)
    x.median()
    type({X}.sort()).__name__
    type({X}.sort()).__mro__[-2:]
    {X}.sort().values
    {X}.sort().indices
    {X}.sort()[0] + 1
    {X}.sort() + (1,)
    len({X}.sort())
    {X}.sort().n_fields
    {X}.sort().foo
    setattr({X}.sort(), 'values', 1)
    setattr({X}.sort(), 'x', 1)
    type({X}.sort())((1, 2))
    type({X}.sort())([1, 2, 3])
    type({X}.sort())(5)
    torch.return_types.median([1, 2])
    {X}.sort().__reduce__()[1]
    copy.copy({X}.sort())
    copy.deepcopy({X}.sort())
    pickle.loads(pickle.dumps({X}.topk(2)))
""")
def test_named_results(expression: str) -> None:
    assert_alike(expression)


@expressions(f"""
    torch.sort({X}, out={PAIR})
    torch.sort({X}, out=list({PAIR}))
    torch.sort({X}, stable=True, out={PAIR})
    torch.topk({X}, 2, out={PAIR})
    torch.kthvalue({X}, 2, out={PAIR})
    torch.median({X}, 0, out={PAIR})
    torch.nanmedian({X}, 0, out={PAIR})
    torch.mode({X}, out={PAIR})
    [torch.sort({X}, out=p)[i] is p[i] for p in [{PAIR}] for i in (0, 1)]
    [torch.sort({X}, out=p)[0]._version for p in [{PAIR}]]
    torch.sort(x, out={PAIR})
    torch.sort({X}, out={PAIR}[:1])
    torch.sort({X}, out=5)
    torch.sort({X}, out=(torch.empty(0), 5))
    torch.sort({X}, stable=True, out=(torch.empty(0), 5))
    torch.topk({X}, 1, out=(torch.empty(0), 5))
    torch.median({X}, 1, out=(torch.empty(0), 5))
    torch.mode({X}, 1, out=(torch.empty(0), 5))
    torch.topk({X}, 1, out=5)
    torch.sort({X}, out=(torch.empty(0), torch.empty(0)))
    torch.sort({X}, out=(torch.empty(0).half(), torch.empty(0)))
    torch.sort({X}, out=(torch.empty(0).int(), torch.empty(0)))
    torch.sort({X}, out=(torch.empty(0).bool(), torch.empty(0)))
    torch.topk({X}, 2, out=(torch.empty(0).to(torch.complex64), torch.empty(0)))
""")
def test_out(expression: str) -> None:
    assert_alike(expression)


@expressions("""
    torch.unique(x)
    torch.unique(x, dim=0)
    torch.unique(x, return_inverse=True)
    x.unique_consecutive(return_counts=True)
    torch.unique(x).sum().backward()
    torch.unique(x, dim=0).sum().backward()
    torch.unique_consecutive(x).sum().backward()
    torch.bincount(torch.tensor([0, 2, 2]), r)
    torch.bincount(torch.tensor([0, 2, 2]), r).sum().backward()
    torch.histc(x, 4)
    torch.searchsorted(r, r)
    torch.isin(x, x)
    torch.quantile(r, 0.5, interpolation='lower').item()
""")
def test_what_has_no_derivative(expression: str) -> None:
    assert_alike(expression)


@expressions("""
    torch.max(torch.ones(2, 3), 0, out=(torch.zeros(2), torch.zeros(2)))
    torch.max(torch.ones(2, 3), 0, out=(torch.zeros(2).half(), torch.zeros(2)))
    torch.max(torch.ones(2, 3), 0, out=(torch.zeros(2),))
    torch.max(torch.ones(2, 3), 0, out=(torch.zeros(2), 3))
    torch.min(torch.ones(2, 3), 0, out=(torch.empty(0), torch.empty(0, dtype=torch.int64)))
    torch.max(x, 0, out=(torch.zeros((), requires_grad=True), torch.tensor(0)))
    torch.aminmax(torch.ones(2, 3), dim=0, out=(torch.zeros(2), torch.zeros(2).long()))
    torch.aminmax(torch.ones(2, 3), dim=0, out=(torch.zeros(2),))
    torch.aminmax(torch.ones(2, 3), dim=0, out=(torch.zeros(2), 3))
    torch.aminmax(x, dim=0, out=(torch.zeros(()), torch.zeros((), requires_grad=True)))
""")
def test_largest_and_smallest_into_pairs(expression: str) -> None:
    assert_alike(expression)


BF = "torch.tensor([2., float('nan'), -1., float('inf'), 2., float('nan'), 0.]).bfloat16()"
MANY = "torch.cat([torch.arange(3000.) % 251, torch.full((3,), float('nan'))]).bfloat16()"


@expressions(f"""
    {BF}.sort()
    {BF}.sort(descending=True, stable=True)
    {BF}.topk(3)
    {BF}.topk(3, largest=False)
    {BF}.median(0)
    {BF}.nanmedian(0)
    {BF}.kthvalue(6)
    {BF}.argsort(stable=True)
    {BF}.unique(return_inverse=True)
    torch.searchsorted({BF}.sort()[0], {BF})
    torch.searchsorted({BF}.sort()[0].reshape(1, 7), {BF}.reshape(1, 7), right=True)
    {MANY}.sort(stable=True)[1][-9:]
    {MANY}.topk(6)[0]
    {MANY}.kthvalue(3002)
    {MANY}.nanmedian(0)
    torch.ones((), dtype=torch.complex64).kthvalue(1)
    torch.histc(torch.zeros(3, dtype=torch.uint8), 4)
    torch.histc(torch.zeros(3, dtype=torch.uint8), 4, min=2, max=1)
    torch.histc(torch.zeros(3, dtype=torch.int32), 4, min=-1, max=1)
    torch.histc(torch.zeros(3, dtype=torch.bool), 0)
    torch.histc(torch.zeros(3, dtype=torch.complex64), 4)
    torch.bincount(torch.tensor([0, 1, 1]), torch.tensor([1 + 1j, 2, 3]))
    torch.unique_consecutive(torch.ones(2, 2, dtype=torch.complex64), dim=0)
    torch.unique(torch.ones(2, dtype=torch.complex64), dim=5)
    torch.argsort({X}, out=torch.empty(0, dtype=torch.int64))
    torch.argsort({X}, stable=True, out=torch.empty(0))
    torch.argsort({X}, stable=False, descending=True, out=torch.empty(0, dtype=torch.int64))
    torch.ones(3, dtype=torch.complex64) > torch.ones(4)
""")
def test_nan_of_bfloat16_and_dtypes_without_an_order(expression: str) -> None:
    assert_alike(expression)
