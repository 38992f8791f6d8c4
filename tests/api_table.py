"""Write the table of what `torch` itself shows beside its operators, in docs/coverage.md.

    PYTHONPATH=src:. python -m tests.api_table

The names are those of PyTorch's ``__all__``. A name that is not here has a reason.
"""

from __future__ import annotations

import re

import torch

import rushlight
from tests import operator_table
from tests.operator_table import PAGE

__all__ = ["names", "table"]

TITLE = "## `torch`"
NEXT = "## The array API standard"

# Why a name isn't there: the first pattern that it matches.
REASONS = {
    r"^(q?u?int\d+(x\d)?|quint\dx\d|bit|bits\d.*|float[48]_.*|qscheme)$": (
        "a dtype of quantised or very short numbers, which NumPy has not"
    ),
    r"^(sym_.*|Sym(Bool|Float|Int)|cond|while_loop|export)$": "for `torch.compile` and symbols",
    r"autocast_(ipu|xla)": "for other devices",
    r"^(Stream|Event|AcceleratorError|get_device_module|.*StreamObjType|DeviceObjType|cpp)$": (
        "for devices beside the CPU, and programs in C++"
    ),
    r"^has_": "of PyTorch's build; deprecated",
    r"sparse": "sparse tensors",
    r"^(DispatchKey|ExcludeDispatchKeyGuard|Tag|AVG|SUM|AggregationType|Benchmark|Throughput)": (
        "of PyTorch's dispatcher and its benchmarks in C++"
    ),
    r"PyTorchFile|StorageContext|DeepCopyMemoTable|Capsule|FatalError|LockingLogger|Logger": (
        "of PyTorch's core in C++"
    ),
    r"^(thread_safe_generator|init_num_threads)$": "for threads of PyTorch's core",
}
SCRIPT = "of TorchScript, its types and its graphs"  # all the others

_STORAGES = ["Bool", "Byte", "Char", "Double", "Float", "Int", "Long", "Short", "Typed"]
_SEALED = "refused to be made by hand too; its signature shows `*args`"
DEVIATES = {
    **{
        f"{kind}Storage": "of elements alone; other forms are made by tensors" for kind in _STORAGES
    },
    **dict.fromkeys(("dtype", "layout", "memory_format"), _SEALED),
    "compile": 'runs nothing but ``backend="eager"`` until there is a compiler',
    "no_grad": "the function to decorate, `orig_func`, shows in the signature",
}


def names() -> list[str]:
    """What PyTorch lists, but for operators."""
    return sorted(set(torch.__all__) - set(operator_table.names_of("torch")))


def there(name: str) -> bool:
    """Whether Rushlight has the name."""
    try:
        return hasattr(rushlight, name)
    except (NotImplementedError, RuntimeError):
        return False


def why_not(name: str) -> str:
    """Why a name isn't there."""
    return next((why for pattern, why in REASONS.items() if re.search(pattern, name)), SCRIPT)


def table() -> str:
    """The section, with its counts."""
    lines = []
    for name in names():
        status = ("deviates" if name in DEVIATES else "same") if there(name) else "refused"
        why = why_not(name) if status == "refused" else DEVIATES.get(name, "")
        lines.append(f"| `{name}` | {status} | {why} |")
    counts = [
        sum(f"| {kind} |" in line for line in lines) for kind in ("same", "deviates", "refused")
    ]
    said = "{} same, {} deviate, {} refused.".format(*counts)
    head = "| name | status | why |\n|---|---|---|"
    about = "What `torch` lists beside operators; `python -m tests.api_table` writes this table."
    return "\n".join([TITLE, "", said, about, "", head, *lines, "", ""])


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(NEXT)
    PAGE.write_text(before.partition(f"{TITLE}\n")[0] + table() + NEXT + rest)
