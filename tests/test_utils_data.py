"""utils.data: datasets, samplers, collation, and loading in one process; judged by PyTorch."""

from __future__ import annotations

import collections
import importlib
from typing import Any

import numpy as np

import rushlight
from tests.both import assert_same_story, attempt, expressions, judge, story

judge.utils.data  # noqa: B018  (PyTorch imports it when it is first asked for)
Pair = collections.namedtuple("Pair", "left right")


class FrozenMap(collections.abc.Mapping):
    """A mapping that can't be changed."""

    def __init__(self, members: Any) -> None:
        self.members = dict(members)

    def __getitem__(self, key: Any) -> Any:
        return self.members[key]

    def __iter__(self) -> Any:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        return f"FrozenMap({self.members})"


def scope(lib: Any) -> dict[str, Any]:
    d = lib.utils.data

    class Squares(d.Dataset):
        def __len__(self) -> int:
            return 10

        def __getitem__(self, i: int) -> Any:
            if not 0 <= i < 10:
                raise IndexError(i)
            return i * i

    class Many(Squares):
        def __getitems__(self, indices: Any) -> Any:
            return [(i, "all at once") for i in indices]

    class Wrong(Squares):
        def __getitems__(self, indices: Any) -> Any:
            return [0]

    class Stream(d.IterableDataset):
        def __init__(self, n: int = 7) -> None:
            self.n = n

        def __iter__(self) -> Any:
            return iter(range(self.n))

    class Sized(Stream):
        def __len__(self) -> int:
            return 5

    class Sub(d.Subset):
        def __getitem__(self, i: int) -> Any:
            return 3

    return {
        **{name: getattr(d, name) for name in d.__all__ if hasattr(rushlight.utils.data, name)},
        "torch": lib,
        "np": np,
        "d": d,
        "Squares": Squares,
        "Many": Many,
        "Wrong": Wrong,
        "Stream": Stream,
        "Sized": Sized,
        "Sub": Sub,
        "Pair": Pair,
        "OrderedDict": collections.OrderedDict,
        "defaultdict": collections.defaultdict,
        "deque": collections.deque,
        "FrozenMap": FrozenMap,
        "g": lib.Generator().manual_seed(4),
        "t": lib.arange(6.0).reshape(3, 2),
    }


def check(expression: str) -> None:
    def tale(lib: Any) -> Any:
        names = scope(lib)
        end = attempt(lambda: eval(expression, names))
        return end.replace("rushlight.", "torch."), lib.rand(1)  # the stream is as far

    assert_same_story(tale)


@expressions(
    """
    d.Dataset()[0]
    TensorDataset(t, t + 1)[1]
    TensorDataset(t, t + 1)[-1]
    TensorDataset(t)[0:2]
    TensorDataset(t)[[0, 2]]
    len(TensorDataset(t, t))
    TensorDataset(t, t[:2])
    TensorDataset()
    TensorDataset(t)[3]
    TensorDataset(t).tensors
    list(TensorDataset(t))
    ConcatDataset([Squares(), [1, 2], 'ab'])[11]
    [ConcatDataset([[1, 2], 'ab'])[i] for i in range(-4, 4)]
    ConcatDataset([[1, 2], 'ab'])[4]
    ConcatDataset([[1, 2], 'ab'])[-5]
    len(ConcatDataset([Squares(), [1, 2]])), ConcatDataset([Squares(), [1, 2]]).cumulative_sizes
    ConcatDataset([])
    ConcatDataset([Stream()])
    ConcatDataset(iter([[1], [2]]))[1]
    (Squares() + Squares())[12], len(Squares() + Squares())
    list(Stream() + Stream(2))
    list(ChainDataset([Stream(2), Sized(3)]))
    len(ChainDataset([Sized(), Sized()]))
    len(ChainDataset([Sized(), Stream()]))
    list(ChainDataset([Stream(2), [1, 2]]))
    len(ChainDataset([Sized(), [1, 2]]))
    Stream()[0]
    d.IterableDataset()
    Subset(Squares(), [3, 1, 1])[0], len(Subset(Squares(), [3, 1, 1]))
    list(Subset(Squares(), [3, 1, 1]))
    Subset(t, [2, 0])[[0, 1]]
    Subset(Squares(), [3, 1])[2]
    Subset(Subset(Squares(), range(5, 10)), [0, 4])[1]
    Subset(Many(), [3, 1]).__getitems__([0, 1])
    Subset(Squares(), [3, 1]).__getitems__([0, 1])
    Sub(Squares(), [1])
    StackDataset([1, 2], 'ab')[1], len(StackDataset([1, 2], 'ab'))
    StackDataset(x=[1, 2], y='ab')[0]
    StackDataset(Squares(), Many()).__getitems__([2, 3])
    StackDataset(x=Squares(), y=Many()).__getitems__([2, 3])
    StackDataset(Squares(), Wrong()).__getitems__([2, 3])
    StackDataset([1], [1, 2])
    StackDataset(x=[1], y=[1, 2])
    StackDataset([1], y=[1])
    StackDataset()
    [list(s) for s in random_split(range(10), [7, 3])]
    [list(s) for s in random_split(range(10), [7, 3], generator=g)]
    [list(s) for s in random_split(range(10), [0.5, 0.3, 0.2])]
    [list(s) for s in random_split(range(11), (0.33, 0.33, 0.34))]
    [s.indices for s in random_split(range(5), [0.9, 0.1])]
    [len(s) for s in random_split(range(2), [0.5, 0.25, 0.25])]
    random_split(range(10), [7, 4])
    random_split(range(10), [0.5, 0.4])
    random_split(range(10), [1.5, -0.5])
    [list(s) for s in random_split(range(3), [3, 0])]
    """
)
def test_datasets(expression: str) -> None:
    check(expression)


@expressions(
    """
    list(SequentialSampler(range(4))), len(SequentialSampler(range(4)))
    list(RandomSampler(range(10)))
    list(RandomSampler(range(10), generator=g))
    list(RandomSampler(range(10), num_samples=4))
    list(RandomSampler(range(4), num_samples=10))
    list(RandomSampler(range(4), num_samples=8, generator=g))
    list(RandomSampler(range(10), replacement=True))
    list(RandomSampler(range(10), replacement=True, num_samples=70))
    list(RandomSampler(range(10), True, 64, g))
    [list(RandomSampler(range(5))) for _ in range(2)]
    (lambda s: [list(s), list(s)])(RandomSampler(range(5), generator=g))
    len(RandomSampler(range(10), num_samples=4)), RandomSampler(range(3)).num_samples
    RandomSampler(range(3), replacement=1)
    RandomSampler(range(3), num_samples=0)
    RandomSampler(range(3), num_samples=1.5)
    RandomSampler([])
    list(SubsetRandomSampler([5, 7, 9]))
    list(SubsetRandomSampler('abc', generator=g))
    len(SubsetRandomSampler([5, 7, 9]))
    list(SubsetRandomSampler([]))
    list(WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5, replacement=True))
    list(WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False))
    list(WeightedRandomSampler(t[:, 1], 3, generator=g))
    len(WeightedRandomSampler([1, 2], 5))
    WeightedRandomSampler([1, 2], 0)
    WeightedRandomSampler([1, 2], True)
    WeightedRandomSampler([1, 2], 1, replacement=1)
    WeightedRandomSampler([[1, 2]], 1)
    list(WeightedRandomSampler([1, 2], 3, replacement=False))
    list(BatchSampler(range(5), 2, False)), len(BatchSampler(range(5), 2, False))
    list(BatchSampler(range(5), 2, True)), len(BatchSampler(range(5), 2, True))
    list(BatchSampler(range(4), 2, True))
    list(BatchSampler((i for i in 'abc'), 2, False))
    BatchSampler(range(5), 0, False)
    BatchSampler(range(5), True, False)
    BatchSampler(range(5), 2.0, False)
    BatchSampler(range(5), 2, 1)
    list(d.Sampler())
    """
)
def test_samplers(expression: str) -> None:
    check(expression)


@expressions(
    """
    default_collate([1, 2, 3])
    default_collate([1.5, 2])
    default_collate([True, False])
    default_collate((1, 2))
    default_collate(['a', 'b'])
    default_collate([b'a', b'b'])
    default_collate([t, t])
    default_collate([torch.tensor(1), torch.tensor(2)])
    default_collate([t, t[:2]])
    default_collate([np.arange(2), np.arange(2)])
    default_collate([np.float32(1), np.float32(2)])
    default_collate([np.float64(1), np.float64(2)])
    default_collate([np.int8(1), np.int8(2)])
    default_collate([np.bool_(True), np.bool_(False)])
    default_collate([np.array(1.5), np.array(2.5)])
    default_collate([np.array('a'), np.array('b')])
    default_collate([np.array([None])])
    default_collate([np.str_('a'), np.str_('b')])
    default_collate([(1, 'a', t), (2, 'b', t)])
    default_collate([[1, 2], [3, 4]])
    default_collate([[1, 2], [3]])
    default_collate([{'a': 1, 'b': [2.0]}, {'a': 3, 'b': [4.0]}])
    default_collate([{'a': 1}, {'b': 3}])
    default_collate([OrderedDict(a=1), OrderedDict(a=2)])
    default_collate([defaultdict(list, a=1), defaultdict(list, a=2)])
    default_collate([FrozenMap({'a': 1}), FrozenMap({'a': 2})])
    default_collate([deque([1, 2]), deque([3, 4])])
    default_collate([range(2), range(2)])
    default_collate([Pair(1, 'a'), Pair(2, 'b')])
    default_collate([[[1]], [[2]]])
    default_collate([()])
    default_collate([None, None])
    default_collate([{1}, {2}])
    default_collate([])
    default_collate([1j, 2j])
    default_convert(np.arange(2))
    default_convert(np.float32(1.5))
    default_convert(np.array(['a']))
    default_convert(np.str_('a'))
    default_convert([1, np.arange(2), 'a', None])
    default_convert((1, np.arange(2)))
    default_convert({'a': np.arange(2)})
    default_convert(Pair(np.arange(2), 1))
    default_convert(FrozenMap({'a': np.arange(1)}))
    default_convert(OrderedDict(a=np.arange(1)))
    default_convert(deque([np.arange(1)]))
    default_convert(range(3))
    default_convert(t)
    default_convert(3)
    """
)
def test_collation(expression: str) -> None:
    check(expression)


@expressions(
    """
    list(DataLoader(Squares()))
    list(DataLoader(Squares(), 4))
    list(DataLoader(Squares(), 4, drop_last=True))
    list(DataLoader(Squares(), 3, shuffle=True))
    list(DataLoader(Squares(), 3, shuffle=True, generator=g))
    list(DataLoader(Squares(), batch_size=None))
    list(DataLoader(Squares(), batch_size=None, shuffle=True))
    list(DataLoader(Squares(), sampler=[3, 1, 2], batch_size=2))
    list(DataLoader(Squares(), sampler=RandomSampler(range(10), num_samples=3)))
    list(DataLoader(Squares(), batch_sampler=[[3, 1], [2]]))
    list(DataLoader(Squares(), batch_sampler=BatchSampler(RandomSampler(range(9)), 4, True)))
    list(DataLoader(Many(), 4))
    list(DataLoader(Squares(), 4, collate_fn=list))
    list(DataLoader(Squares(), batch_size=None, collate_fn=str))
    list(DataLoader(TensorDataset(t, t.sum(1)), 2, shuffle=True))
    list(DataLoader(Subset(TensorDataset(t), [2, 0]), 2))
    list(DataLoader(range(5), 2))
    list(DataLoader([{'a': np.arange(2)}, {'a': np.ones(2, int)}], 2))
    list(DataLoader(t, 2))
    list(DataLoader(Stream(), 3))
    list(DataLoader(Stream(), 3, drop_last=True))
    list(DataLoader(Stream(6), 3))
    list(DataLoader(Stream(0), 3))
    list(DataLoader(Stream(3), batch_size=None))
    list(DataLoader(Stream(), 3, shuffle=False))
    list(DataLoader(Sized(), 3)), len(DataLoader(Sized(), 3)), len(DataLoader(Sized(), None))
    (lambda l: (len(l), list(l)))(DataLoader(Sized(), None))
    (lambda l: (len(l), list(l)))(DataLoader(Sized(), 2))
    len(DataLoader(Sized(), 2, drop_last=True))
    len(DataLoader(Stream(), 3))
    len(DataLoader(Squares(), 3)), len(DataLoader(Squares(), 3, drop_last=True))
    len(DataLoader(Squares(), None)), len(iter(DataLoader(Squares(), 3)))
    len(DataLoader(Squares(), sampler=[1, 2, 3], batch_size=2))
    (lambda l: [list(l), list(l)])(DataLoader(Squares(), 3, shuffle=True))
    (lambda l: [list(l), list(l)])(DataLoader(Squares(), 3, shuffle=True, generator=g))
    (lambda l: list(zip(l, l)))(DataLoader(Squares(), 3, shuffle=True))
    (lambda i: (next(i), list(i), list(i)))(iter(DataLoader(Squares(), 3)))
    (lambda i: iter(i) is i)(iter(DataLoader(Squares(), 3)))
    (lambda l: (l.batch_size, l.drop_last, l.num_workers, l.prefetch_factor))(DataLoader([1], 2))
    (lambda l: (type(l.sampler).__name__, type(l.batch_sampler).__name__))(DataLoader([1], 2))
    (lambda l: (l.timeout, l.generator, l.pin_memory, l.collate_fn.__name__))(DataLoader([1]))
    list(DataLoader(Squares(), 4, pin_memory=True))
    list(DataLoader([]))
    DataLoader([], shuffle=True)
    list(DataLoader([1, 'a'], 2))
    list(DataLoader(Squares(), sampler=[99]))
    list(DataLoader(3))
    DataLoader(Squares(), num_workers=-1)
    DataLoader(Squares(), timeout=-1)
    iter(DataLoader(Squares(), timeout=1))
    DataLoader(Squares(), prefetch_factor=2)
    DataLoader(Squares(), num_workers=1, prefetch_factor=-2)
    DataLoader(Squares(), persistent_workers=True)
    DataLoader(Squares(), shuffle=True, sampler=[1])
    DataLoader(Squares(), batch_size=2, batch_sampler=[[1]])
    DataLoader(Squares(), shuffle=True, batch_sampler=[[1]])
    DataLoader(Squares(), sampler=[1], batch_sampler=[[1]])
    DataLoader(Squares(), drop_last=True, batch_sampler=[[1]])
    DataLoader(Squares(), batch_size=None, drop_last=True)
    DataLoader(Squares(), batch_size=0)
    DataLoader(Squares(), batch_size=1.5)
    DataLoader(Stream(), shuffle=True)
    DataLoader(Stream(), sampler=[1])
    DataLoader(Stream(), batch_sampler=[[1]])
    DataLoader(Squares(), multiprocessing_context='fork')
    DataLoader(Squares(), num_workers=1, multiprocessing_context='nope')
    DataLoader(Squares(), num_workers=1, multiprocessing_context=3)
    setattr(DataLoader(Squares()), 'batch_size', 3)
    setattr(DataLoader(Squares()), 'dataset', 3)
    setattr(DataLoader(Squares()), 'num_workers', 0)
    d.get_worker_info()
    """
)
def test_loading(expression: str) -> None:
    check(expression)


@story
def test_a_sampler_that_draws_at_once_draws_before_the_seed(lib: Any) -> Any:
    class Eager(lib.utils.data.Sampler):
        def __iter__(self) -> Any:
            return iter(lib.randperm(4).tolist())

    loader = lib.utils.data.DataLoader(range(4), sampler=Eager())
    return list(loader), lib.rand(1)


@story
def test_a_map_that_ends_early(lib: Any) -> Any:
    """StopIteration from a map ends the pass."""

    class Short(lib.utils.data.Dataset):
        def __len__(self) -> int:
            return 10

        def __getitem__(self, i: int) -> Any:
            if i == 5:
                raise StopIteration
            return i

    return list(lib.utils.data.DataLoader(Short(), batch_size=None))


@story
def test_batches_of_rows(lib: Any) -> Any:
    data = lib.utils.data
    x, y = lib.arange(12.0).reshape(6, 2).t().contiguous().t(), lib.arange(6)
    rows = data.TensorDataset(x, y, (y + 1j).conj())
    part = data.Subset(data.Subset(rows, [5, 3, -1, 0]), [0, 2, 1])
    told = []
    for dataset in (rows, part):
        for batch in data.DataLoader(dataset, batch_size=2):
            told += [type(batch), batch, [(t.stride(), t.is_conj()) for t in batch]]
        told.append(attempt(lambda d=dataset: list(data.DataLoader(d, sampler=[0, 9]))))
        told.append(next(iter(data.DataLoader(dataset, batch_sampler=[[-1, 1], []]))))
    weights = data.TensorDataset(x.clone().requires_grad_(), y)
    batch = next(iter(data.DataLoader(weights, batch_size=3)))
    kept = next(iter(data.DataLoader(rows, batch_size=2)))[0].mul_(0)
    return told, batch[0].requires_grad, batch[0].grad_fn.name(), kept, x


@story
def test_rows_of_other_kinds(lib: Any) -> Any:
    data = lib.utils.data

    class Doubled(data.TensorDataset):
        def __getitem__(self, i: Any) -> Any:
            return tuple(2 * t for t in super().__getitem__(i))

    y = lib.arange(4)
    doubled = Doubled(y)
    return [
        list(data.DataLoader(doubled, batch_size=2)),
        list(data.DataLoader(data.Subset(doubled, [1, 2]), batch_size=2)),
        list(data.DataLoader(data.TensorDataset(y), batch_size=2, collate_fn=list)),
        list(data.DataLoader(data.TensorDataset(y), batch_size=None)),
    ]


@story
def test_a_length_is_compared_if_it_was_asked_for_before_the_pass(lib: Any) -> Any:
    class Short(lib.utils.data.IterableDataset):
        def __iter__(self) -> Any:
            return iter(range(5))

        def __len__(self) -> int:
            return 3

        def __repr__(self) -> str:
            return "Short()"

    loader = lib.utils.data.DataLoader(Short())
    return list(loader), len(loader), [int(batch) for batch in loader]


@story
def test_types_of_ones_own_are_collated_by_a_function_for_them(lib: Any) -> Any:
    room = importlib.import_module(f"{lib.__name__}.utils.data._utils.collate")

    class Box:
        def __init__(self, inside: Any) -> None:
            self.inside = inside

    class Small(Box):
        pass

    def boxes(batch: Any, *, collate_fn_map: Any = None) -> Any:
        return "boxes", room.collate([b.inside for b in batch], collate_fn_map=collate_fn_map)

    def texts(batch: Any, *, collate_fn_map: Any = None) -> Any:
        return "+".join(batch)

    functions = {Box: boxes, (str, bytes): texts}
    samples = [(Box("a"), {"b": ["c"]}), (Small("d"), {"b": ["e"]})]
    told = [room.collate(samples, collate_fn_map=functions)]
    told.append(attempt(lambda: room.collate([1, 2])).split("\n")[0])
    told.append(attempt(lambda: room.collate([Box(1)])).split("; found")[0])
    room.default_collate_fn_map[Box] = boxes
    try:
        told.append(room.default_collate([(Small(1), 2.5), (Box(3), 4.5)]))
        told.append(list(lib.utils.data.DataLoader([Box(1), Small(2), Box(3)], batch_size=2)))
    finally:
        del room.default_collate_fn_map[Box]
    return told


@story
def test_rows_are_collated_as_a_program_says(lib: Any) -> Any:
    room = importlib.import_module(f"{lib.__name__}.utils.data._utils.collate")
    rows = lib.utils.data.TensorDataset(lib.arange(4))
    before = room.default_collate_fn_map[lib.Tensor]
    room.default_collate_fn_map[lib.Tensor] = lambda batch, *, collate_fn_map=None: len(batch)
    try:
        told = list(lib.utils.data.DataLoader(rows, batch_size=3))
    finally:
        room.default_collate_fn_map[lib.Tensor] = before
    return told, list(lib.utils.data.DataLoader(rows, batch_size=3))
