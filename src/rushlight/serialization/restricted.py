"""An interpreter of pickles that can make values, and call nothing that isn't allowed.

A pickle is a program for a stack machine (`pickletools` documents each instruction). Those that
PyTorch writes need some forty instructions; here each does what its documentation says, except that
GLOBAL finds a name in a table, and REDUCE, NEWOBJ and BUILD work on what came from that table.
"""

from __future__ import annotations

import pickletools
from collections import OrderedDict
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

from rushlight.serialization.allowed import ALWAYS, added, todays_name

__all__ = ["Mark", "globals_of", "unpickle"]

BLOCKED = {"sys", "os", "posix", "nt"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "BINBYTES",
    "SHORT_BINBYTES",
    "SHORT_BINSTRING",
    "BINSTRING",
}
EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
    "EMPTY_TUPLE": tuple,
}
OURS = {id(value) for value in ALWAYS.values()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Refused(UnpicklingError):
    """A pickle asks for what isn't allowed."""


class Mark:
    """Stands on the stack where an instruction will look for the first of many items."""


MARK = Mark()


def globals_of(pickled: bytes) -> list[str]:
    """Return the names that a pickle looks up and that are not allowed, in order."""
    known = {**ALWAYS, **added()}
    names = [arg for op, arg, _ in _instructions(pickled) if op == "GLOBAL"]
    return sorted({todays_name(*name.split(" ", 1)) for name in names} - known.keys())


def _instructions(pickled: bytes) -> Any:
    try:
        for instruction, argument, position in pickletools.genops(pickled):
            yield instruction.name, argument, position
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise Refused(f"the pickle is damaged: {error}") from error


def unpickle(pickled: bytes, persistent: Callable[[Any], Any]) -> Any:
    """Run a pickle and return the object that it makes; `persistent` answers BINPERSID.

    Raises UnpicklingError for what is not allowed and for what is no pickle.
    """
    known = {**ALWAYS, **added()}
    try:
        return _run(pickled, persistent, known)
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise Refused(f"the pickle is damaged: {type(error).__name__}: {error}") from error


def _run(pickled: bytes, persistent: Callable[[Any], Any], known: dict[str, Any]) -> Any:
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    callable_ids = {id(value) for value in known.values()}
    theirs: dict[int, Any] = {}  # objects of classes that the program allowed, by id
    for op, argument, _ in _instructions(pickled):
        if op in LITERALS:
            stack.append(argument)
        elif op in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif op in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif op in CONSTANTS:
            stack.append(CONSTANTS[op])
        elif op in EMPTY:
            stack.append(EMPTY[op]())
        elif op == "MARK":
            stack.append(MARK)
        elif op in TUPLES:
            items = [stack.pop() for _ in range(TUPLES[op])]
            stack.append(tuple(reversed(items)))
        elif op == "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        elif op in ("APPEND", "APPENDS"):
            items = _since_mark(stack) if op == "APPENDS" else [stack.pop()]
            _container(stack[-1], list).extend(items)
        elif op in ("SETITEM", "SETITEMS"):
            items = _since_mark(stack) if op == "SETITEMS" else [stack.pop(-2), stack.pop()]
            target = _container(stack[-1], dict)
            for key, value in zip(items[::2], items[1::2], strict=True):
                target[key] = value
        elif op == "ADDITEMS":
            items = _since_mark(stack)
            _container(stack[-1], set).update(items)
        elif op == "GLOBAL":
            stack.append(_find(argument, known))
        elif op in ("REDUCE", "NEWOBJ"):
            args = _container(stack.pop(), tuple)
            maker = stack.pop()
            if id(maker) not in callable_ids:  # put together by the pickle
                raise Refused(f"the pickle calls a {type(maker).__name__}")
            stack.append(maker(*args) if op == "REDUCE" else _instance(maker, args))
            if id(maker) not in OURS:
                theirs[id(stack[-1])] = stack[-1]
        elif op == "BUILD":
            state = stack.pop()
            _build(stack[-1], state, id(stack[-1]) in theirs)
        elif op == "BINPERSID":
            stack.append(persistent(stack.pop()))
        elif op == "STOP":
            (result,) = stack
            return result
        elif op not in ("PROTO", "FRAME"):
            raise Refused(f"Unsupported operand {op}")
    raise Refused("the pickle is damaged: it has no end")


def _since_mark(stack: list[Any]) -> list[Any]:
    """Take what came after the last mark from the stack, and the mark."""
    items = []
    while (item := stack.pop()) is not MARK:
        items.append(item)
    return items[::-1]


def _container(value: Any, kind: type[Any]) -> Any:
    """Return a value of exactly such a kind, or of a class that is known to be harmless."""
    if not isinstance(value, kind):
        raise Refused(f"the pickle is damaged: a {type(value).__name__} is no {kind.__name__}")
    return value


def _find(names: str, known: dict[str, Any]) -> Any:
    path = todays_name(*names.split(" ", 1))
    if path in known:
        return known[path]
    if path.split(".")[0] in BLOCKED:
        module = path.rpartition(".")[0]
        raise Refused(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
    path = path.removeprefix("builtins.")
    raise Refused(
        f"Unsupported global: GLOBAL {path} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{path}])` or the "
        f"`torch.serialization.safe_globals([{path}])` context manager to allowlist this global if "
        "you trust this class/function."
    )


def _instance(cls: Any, args: tuple[Any, ...]) -> Any:
    """Make an object without calling ``__init__``, as pickles of protocol 2 do."""
    if not isinstance(cls, type):
        raise Refused(f"the pickle makes an object of a {type(cls).__name__}")
    return cls.__new__(cls, *args)


def _build(target: Any, state: Any, allowed: bool) -> None:
    """Give an object its state, if it is one whose class the program allowed."""
    if type(target) is OrderedDict:
        target.__dict__.update(state)
        return
    if not allowed:
        raise Refused(f"the pickle changes a {type(target).__name__}")
    if hasattr(target, "__setstate__"):
        target.__setstate__(state)
        return
    state, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    for name, value in {**(state or {}), **(slots or {})}.items():
        setattr(target, name, value)
