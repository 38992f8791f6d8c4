"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict; judged by PyTorch."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, expressions, story

SCOPE_SEQUENTIAL = """
    s
    len(s)
    s[0]
    s[-1]
    s[1:]
    s[::2]
    s[::-1]
    s[3]
    s[-4]
    s['0']
    s[1.0]
    s['a':]
    list(s)
    s.append(nn.Tanh())
    s.append(3)
    s.append(nn.Tanh)
    s.extend([nn.Tanh(), nn.ReLU()])
    s.extend(nn.Sequential(nn.Tanh()))
    s.extend(3)
    s.insert(0, nn.Tanh())
    s.insert(3, nn.Tanh())
    s.insert(-1, nn.Tanh())
    s.insert(-3, nn.Tanh())
    s.insert(4, nn.Tanh())
    s.insert(-4, nn.Tanh())
    s.insert(0, 3)
    s.pop(0), s
    s.pop(-1), s
    s.pop(slice(0, 2)), s
    s.pop(5)
    s + nn.Sequential(nn.Tanh())
    s + [nn.Tanh()]
    s * 2
    2 * s
    s * 0
    s * -1
    s * 1.5
    s.__iadd__(nn.Sequential(nn.Tanh())) is s, s
    s.__iadd__([nn.Tanh()])
    s.__imul__(2) is s, s
    s.__imul__(0)
    s.__delitem__(0), s
    s.__delitem__(-1), s
    s.__delitem__(slice(None, None, 2)), s
    s.__delitem__(7)
    s.__setitem__(0, nn.Tanh()), s
    s.__setitem__(-1, nn.Tanh()), s
    s.__setitem__(5, nn.Tanh())
    s.__setitem__(0, 3)
    s(torch.ones(2, 3)).shape
    s[:0](3)
    nn.Sequential()
    nn.Sequential(nn.ReLU)
    nn.Sequential(3)
    nn.Sequential([nn.ReLU()])
    nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))[1:]
    nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh())).a
    nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh())).append(nn.Tanh())
    nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh())).pop(0)
    nn.Sequential({'a': nn.ReLU()})
    nn.Sequential(nn.ReLU(), None)
    list(s.state_dict())
"""


def in_scope(name: str, make: Any) -> Any:
    """A test of each line with a fresh container under `name`."""

    def test(expression: str) -> None:
        def tale(lib: Any) -> Any:
            scope = {"torch": lib, "nn": lib.nn, "OrderedDict": OrderedDict, name: make(lib)}
            scope["other"] = make(lib)
            first = attempt(lambda: eval(expression, scope))
            return first, scope[name]

        assert_same_story(tale)

    return test


test_sequential = expressions(SCOPE_SEQUENTIAL)(
    in_scope(
        "s",
        lambda lib: lib.nn.Sequential(lib.nn.Linear(3, 2), lib.nn.Identity(), lib.nn.Linear(2, 1)),
    )
)

test_module_list = expressions(
    """
    m
    len(m)
    m[0]
    m[-1]
    m[1:]
    m[::-1]
    m[3]
    m['0']
    list(m)
    m.append(nn.Tanh()) is m
    m.append(3)
    m.extend([nn.Tanh(), nn.ReLU()]) is m
    m.extend(nn.Tanh() for _ in range(2))
    m.extend(3)
    m.extend(m)
    m.insert(0, nn.Tanh())
    m.insert(1, nn.Tanh())
    m.insert(3, nn.Tanh())
    m.pop(0)
    m.pop(-1)
    m.pop(slice(0, 2))
    m.pop(3)
    m + [nn.Tanh()]
    m + m
    m + 3
    m.__iadd__([nn.Tanh()]) is m
    m.__delitem__(0)
    m.__delitem__(slice(1, None))
    m.__delitem__(3)
    m.__setitem__(0, nn.Tanh())
    m.__setitem__(-1, nn.Tanh())
    m.__setitem__(0, 3)
    m.__setitem__(3, nn.Tanh())
    m(3)
    nn.ModuleList()
    nn.ModuleList([])
    nn.ModuleList(nn.ReLU())
    nn.ModuleList([nn.ReLU])
    nn.ModuleList([nn.Sequential(nn.ReLU()) for _ in range(3)] + [nn.ReLU()])
    nn.ModuleList([m, nn.ModuleList(), m])
    list(m.state_dict())
    nn.ReLU() in m
    m[0] in m
    """
)(in_scope("m", lambda lib: lib.nn.ModuleList([lib.nn.Linear(3, 2), lib.nn.ReLU(), lib.nn.ReLU()])))

test_module_dict = expressions(
    """
    m
    len(m)
    m['a']
    m['c']
    list(m)
    list(m.keys())
    list(m.values())
    list(m.items())
    m.keys()
    'a' in m, 'c' in m
    m.pop('a')
    m.pop('c')
    m.clear()
    m.update({'c': nn.Tanh()})
    m.update(OrderedDict(c=nn.Tanh(), a=nn.Tanh()))
    m.update([('c', nn.Tanh())])
    m.update([['c', nn.Tanh()]])
    m.update(nn.ModuleDict({'z': nn.Tanh()}))
    m.update(3)
    m.update([3])
    m.update([('a',)])
    m.update([('a', 1)])
    m.update({'pop': nn.Tanh()})
    m.update({3: nn.Tanh()})
    m.update({'x.y': nn.Tanh()})
    m.__setitem__('a', nn.Tanh())
    m.__setitem__('a', 3)
    m.__delitem__('a')
    m.__delitem__('c')
    m.a
    nn.ModuleDict()
    nn.ModuleDict([['x', nn.ReLU()]])
    m(3)
    list(m.state_dict())
    """
)(in_scope("m", lambda lib: lib.nn.ModuleDict({"b": lib.nn.Linear(1, 1), "a": lib.nn.ReLU()})))

test_parameter_list = expressions(
    """
    p
    len(p)
    p[0]
    p[-1]
    p[1:]
    p[::-1]
    p[3]
    p['0']
    list(p)
    p.append(torch.zeros(1)) is p
    p.append('text')
    p.append(nn.Parameter(torch.zeros(1)))
    p.extend([torch.zeros(1), 3])
    p.extend(torch.zeros(2))
    p.extend(3)
    p.__iadd__([torch.ones(1)]) is p
    p.__setitem__(0, torch.ones(1))
    p.__setitem__(1, 'x')
    p.__setitem__(3, torch.ones(1))
    [n for n, _ in p.named_parameters()]
    p(3)
    nn.ParameterList()
    nn.ParameterList([torch.zeros(2)])
    nn.ParameterList(torch.zeros(2))
    nn.ParameterList(3)
    nn.Sequential(p)
    list(p.state_dict())
    """
)(
    in_scope(
        "p", lambda lib: lib.nn.ParameterList([lib.zeros(2, 3), lib.nn.Parameter(lib.ones(())), 5])
    )
)

test_parameter_dict = expressions(
    """
    p
    len(p)
    p['a']
    p['c']
    p[3]
    list(p)
    list(reversed(p))
    list(p.keys()), p.keys()
    list(p.values())
    list(p.items())
    'a' in p, 'c' in p
    p.pop('a')
    p.pop('c')
    p.popitem()
    p.clear()
    p.get('a'), p.get('c'), p.get('c', 3)
    p.setdefault('a', torch.zeros(1)), p.setdefault('c', torch.zeros(1)), p.setdefault('d')
    p.copy()
    p.copy()['a'] is p['a']
    p.fromkeys(['x', 'y'])
    p.fromkeys(['x', 'y'], torch.ones(1))
    p.update({'d': torch.zeros(1), 'c': torch.zeros(1)})
    p.update(OrderedDict(d=torch.zeros(1), c=torch.zeros(1)))
    p.update([('d', torch.zeros(1)), ('c', 3)])
    p.update(3)
    p.update([3])
    p.update([('a',)])
    p | nn.ParameterDict({'c': torch.ones(1)})
    p | {'c': torch.ones(1)}
    p.__ior__({'c': torch.ones(1)}) is p
    p.__setitem__('a', 3)
    p.__setitem__('c', 3)
    p.__delitem__('a')
    p.__delitem__('c')
    [n for n, _ in p.named_parameters()]
    p.a
    p(3)
    nn.ParameterDict()
    nn.Sequential(p)
    list(p.state_dict())
    """
)(
    in_scope(
        "p", lambda lib: lib.nn.ParameterDict({"b": lib.zeros(2, 3), "a": lib.ones(1), "x": "text"})
    )
)


@story
def test_what_is_registered_trains(lib: Any) -> Any:
    nn = lib.nn
    lib.manual_seed(0)
    tower = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])
    heads = nn.ModuleDict({"a": nn.Linear(2, 1)})
    gains = nn.ParameterList([lib.ones(2)])
    x = lib.ones(1, 2)
    for layer in tower:
        x = layer(x) * gains[0]
    heads["a"](x).sum().backward()
    return [tuple(p.grad.shape) for m in (tower, heads, gains) for p in m.parameters()]


def test_a_failed_insert_changes_nothing() -> None:
    s = rushlight.nn.Sequential(rushlight.nn.ReLU())
    with pytest.raises(IndexError):
        s.insert(3, rushlight.nn.ReLU())
    assert len(s) == 1


def test_a_failed_append_changes_nothing() -> None:
    """PyTorch counts the integer that it refuses, and its list has no repr from then on."""
    p = rushlight.nn.ParameterList([rushlight.ones(1)])
    with pytest.raises(RuntimeError, match="Only Tensors of floating point"):
        p.append(rushlight.tensor(3))
    assert len(p) == len(list(p)) == 1


@story
def test_old_container_and_data_parallel(lib: Any) -> Any:
    layer = lib.nn.Linear(2, 1)
    told = [
        repr(lib.nn.Container(a=layer, b=lib.nn.ReLU())),
        attempt(lambda: lib.nn.Container(a=3)),
    ]
    parallel = lib.nn.DataParallel(layer, device_ids=[0], output_device=0, dim=0)
    told += [repr(parallel), list(parallel.state_dict()), parallel.device_ids]
    told += [parallel(lib.ones(3, 2)).shape, parallel(input=lib.ones(3, 2)).shape]
    return told, [name for name, _ in parallel.named_parameters()]


@story
def test_factory_kwargs(lib: Any) -> Any:
    make = lib.nn.factory_kwargs
    told = [make(None), make({}), sorted(make({"device": "cpu", "dtype": lib.float32}))]
    told += [
        make({"factory_kwargs": {"x": 1}, "memory_format": 2}),
        attempt(lambda: make({"a": 1})),
    ]
    return told, attempt(lambda: make({"factory_kwargs": {"device": "cpu"}, "device": "cpu"}))
