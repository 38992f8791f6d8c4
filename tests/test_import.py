"""What ``import rushlight`` brings, and that what waits for its use is as if it were there."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

import rushlight
import rushlight.api as api_package
from rushlight.api import later
from rushlight.api.install import Later, attribute, installs

FAMILIES = sorted({*later.FAMILY_OF_FUNCTION.values(), *later.FAMILY_OF_METHOD.values()})


def run(program: str) -> str:
    """Run a program in a fresh interpreter; return what it prints."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=env, text=True)
    assert not done.returncode, done.stderr
    return done.stdout


def brought(program: str) -> set[str]:
    """The modules that a program has and ``import numpy`` alone has not."""
    numpys = set(run("import sys, numpy; print(*sys.modules)").split())
    return set(run(f"{program}\nimport sys; print(*sys.modules)").split()) - numpys


# -- what comes ------------------------------------------------------------------------------------


def test_numpy_is_the_only_third_party() -> None:
    rooms = {name.partition(".")[0] for name in brought("import rushlight")}
    assert rooms - set(sys.stdlib_module_names) - {"__mp_main__"} == {"rushlight"}


def test_slow_modules_wait_for_their_use() -> None:
    slow = {"copy", "ctypes", "dataclasses", "inspect", "mmap", "multiprocessing", "numpy.typing"}
    slow |= {"ml_dtypes", "scipy", "socket", "string", "traceback"}
    rooms = {"rushlight.linalg", "rushlight.nn", "rushlight.optim", "rushlight.utils"}
    assert not brought("import rushlight") & (slow | rooms)


def test_few_of_our_files_are_read() -> None:
    """Each costs about 0.3 ms of 30, whatever it holds (docs/design/0006-import.md)."""
    ours = {name for name in brought("import rushlight") if name.startswith("rushlight")}
    assert len(ours) <= 85
    assert not ours & {f"rushlight.api.{family}" for family in FAMILIES}


def test_a_first_program_opens_what_it_uses() -> None:
    program = """
import rushlight as torch
x = torch.tensor([[3.0, 1.0]], requires_grad=True)
((x @ x.mT).exp() + x[0, 0] * 2).sum().backward()
assert x.grad.shape == (1, 2)
x.argsort()
"""
    opened = brought(program) & {f"rushlight.api.{family}" for family in FAMILIES}
    assert "rushlight.api.order" in opened
    assert len(opened) <= 4


# -- the index of what waits -----------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_the_index_names_what_a_family_gives(family: str) -> None:
    module = importlib.import_module(f"rushlight.api.{family}")
    methods = sorted(name for name, of in later.FAMILY_OF_METHOD.items() if of == family)
    functions = sorted(name for name, of in later.FAMILY_OF_FUNCTION.items() if of == family)
    assert methods == sorted(installs(module))
    assert functions == sorted(getattr(module, "__all__", ()))


def test_every_family_that_gives_methods_is_indexed_or_installed_at_once() -> None:
    source = Path(api_package.__file__).read_text()
    for found in pkgutil.iter_modules(api_package.__path__):
        module = importlib.import_module(f"rushlight.api.{found.name}")
        if installs(module):
            assert (found.name in FAMILIES) != (f"    {found.name},\n" in source), found.name


def test_type_checkers_see_the_functions_that_wait() -> None:
    tree = ast.parse(Path(rushlight.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node.module or "" for node in block.body if isinstance(node, ast.ImportFrom)]
    families = {name.rpartition(".")[2] for name in imports if name.startswith("rushlight.api.")}
    assert families == set(later.FAMILY_OF_FUNCTION.values())


def test_families_leave_the_class_alone() -> None:
    program = f"""
import importlib
from rushlight import Tensor
before = dict(vars(Tensor))
for family in {FAMILIES}:
    importlib.import_module("rushlight.api." + family)
    changed = [n for n, v in vars(Tensor).items() if before.get(n) is not v]
    changed = [n for n in changed if type(before.get(n)).__name__ != "Later"]
    assert not changed, (family, changed)
"""
    run(program)


# -- as if it were there ---------------------------------------------------------------------------


@pytest.fixture
def waiting() -> Iterator[Later]:
    """`Tensor.argsort` as it is before its first use."""
    stub = Later("order", "argsort")
    with mock.patch.object(rushlight.Tensor, "argsort", stub):
        yield stub


def test_the_first_look_puts_the_method_in_place(waiting: Later) -> None:
    assert vars(rushlight.Tensor)["argsort"] is waiting
    assert rushlight.Tensor.argsort is rushlight.argsort
    assert vars(rushlight.Tensor)["argsort"] is rushlight.argsort


def test_a_method_that_was_replaced_stays_replaced(waiting: Later) -> None:
    x = rushlight.tensor([2.0, 1.0])
    old = rushlight.Tensor.__dict__["argsort"]
    rushlight.Tensor.argsort = lambda self: "mine"
    assert x.argsort() == "mine"
    assert old.__get__(x, type(x))().tolist() == [1, 0]  # a wrapper may have kept the old one
    assert x.argsort() == "mine"


def test_methods_that_wait_are_inherited(waiting: Later) -> None:
    class Sorted(rushlight.Tensor):
        def argsort(self) -> object:
            return "first", super().argsort()

    x = rushlight.tensor([2.0, 1.0]).as_subclass(Sorted)
    first, order = x.argsort()
    assert (first, order.tolist()) == ("first", [1, 0])


def test_a_tensor_may_hide_a_method_that_waits(waiting: Later) -> None:
    x = rushlight.tensor([2.0, 1.0])
    x.argsort = 5
    assert x.argsort == 5
    del x.argsort
    assert x.argsort().tolist() == [1, 0]
    with pytest.raises(AttributeError):
        del x.argsort


def test_properties_that_wait_can_be_set() -> None:
    x = rushlight.tensor([1 + 2j])
    with mock.patch.object(rushlight.Tensor, "real", Later("reinterpret", "real")):
        x.real = rushlight.tensor([5.0])
    with mock.patch.object(rushlight.Tensor, "layout", Later("queries", "layout")):
        with pytest.raises(AttributeError):
            x.layout = 1
        assert x.layout is rushlight.strided
    assert x.item() == 5 + 2j


def test_the_first_thing_that_is_done_works() -> None:
    """Whatever comes first opens its family by itself: operators, protocols, pickles, types."""
    firsts = [
        "assert repr(x) == 'tensor([1, 2])'",
        "assert f'{x[0]:d}' == '1'",
        "assert (x & 1).tolist() == [1, 0] and (3 | x).tolist() == [3, 3]",
        "x <<= 1; assert x.tolist() == [2, 4]",
        "assert (x ** 2).tolist() == [1, 4] and (2 ** x).tolist() == [2, 4]",
        "assert abs(-x).tolist() == [1, 2]",
        "x[0] = 7; assert x.tolist() == [7, 2]",
        "a, b = x; assert int(b) == 2",
        "import numpy as np; assert np.exp(x * 0).tolist() == [1, 1]",
        "import numpy as np; y = np.ones(2) * x; assert type(y) is torch.Tensor",
        "import numpy as np; assert np.concatenate([x, x]).tolist() == [1, 2, 1, 2]",
        "import pickle; assert pickle.loads(pickle.dumps(x)).tolist() == [1, 2]",
        "import copy; assert copy.deepcopy(x).tolist() == [1, 2] and copy.copy(x) is not x",
        "assert torch.Tensor([1, 2]).dtype is torch.float32 and torch.Tensor(2, 3).shape == (2, 3)",
        "assert isinstance(x, torch.LongTensor)",
        "class S(torch.Tensor): pass\nassert type(S([1.0])) is S",
        "assert hasattr(torch.Tensor, 'sort') and 'sort' in dir(torch.Tensor) and 'sort' in dir(x)",
        "import inspect; assert 'input' in inspect.signature(torch.Tensor.sort).parameters",
        "x.relu_(); assert torch.Tensor.exp_.__name__ == 'exp_'",
        "x.float().log_(); assert x.data.tolist() == [1, 2]",
        "import rushlight.autograd.gradcheck as m; assert callable(torch.autograd.gradcheck)",
        "assert torch.autograd.Function.__name__ == 'Function'; torch.autograd.graph.Node",
        "assert not torch.is_anomaly_enabled()",
        "assert torch.linalg.norm(x.float()).item() > 2; torch.random.manual_seed(0)",
    ]
    branches = "".join(f"    {first!r},\n" for first in firsts)
    run(f"""
import os, sys, traceback
import rushlight as torch
for first in [
{branches}]:
    child = os.fork()  # each in a process where nothing was used yet
    if not child:
        try:
            exec(first, {{"torch": torch, "x": torch.tensor([1, 2])}})
        except BaseException:
            print(first, file=sys.stderr)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, first
""")


def test_threads_may_open_families_together() -> None:
    run("""
import sys, threading
import rushlight as torch
sys.setswitchinterval(1e-5)
x = torch.tensor([2.0, 1.0])
start, failed = threading.Barrier(8), []
def work(i):
    start.wait()
    try:
        for name in ("argsort", "cumsum", "tril", "relu", "exp_", "abs_", "erf", "unique"):
            assert hasattr(x, name) and hasattr(torch.Tensor, name)
        assert torch.conv1d is not None and torch.cummax(x, 0).values.tolist() == [2, 2]
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
assert not failed, failed
""")


def test_names_that_are_not_there_open_nothing() -> None:
    program = """
import sys
import rushlight as torch
x = torch.tensor([1.0])
before = set(sys.modules)
for name in ("foo", "__array_interface__", "__array_struct__", "__foo__"):
    for holder in (torch, torch.Tensor, x):
        assert not hasattr(holder, name)
try: x.foo
except AttributeError as error: assert str(error) == "'Tensor' object has no attribute 'foo'"
dir(torch), dir(torch.Tensor)
assert set(sys.modules) == before, set(sys.modules) - before
"""
    run(program)


def test_rooms_open_by_attribute() -> None:
    program = """
import rushlight as torch
print(torch.nn.Linear.__name__, torch.optim.SGD.__name__, torch.utils.data.Dataset.__name__)
print("nn" in dir(torch), hasattr(torch, "nothing_of_the_kind"))
"""
    assert run(program).split() == ["Linear", "SGD", "Dataset", "True", "False"]


def test_import_star_brings_what_waits_too() -> None:
    run("""
from rushlight import *
assert cumsum(tensor([1, 2]), 0).tolist() == [1, 3] and nn.Linear and float32 and Tensor
assert "_find" not in globals()
""")


def test_in_place_forms_keep_their_names() -> None:
    module = importlib.import_module("rushlight.api.elementary")
    assert attribute(module, "exp_").__name__ == "exp_"
    assert attribute(module, "exp") is rushlight.exp
