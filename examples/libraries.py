"""The library that the programs here run on, and the flags that they share.

A program that says ``import libraries`` before it says ``import torch`` is an ordinary PyTorch
program that runs on Rushlight, or on PyTorch itself when it is started with ``--library torch``.
"""

import argparse

_parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
_parser.add_argument("--library", choices=["rushlight", "torch"], default="rushlight")
_parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
_chosen = _parser.parse_known_args()[0]

if _chosen.library == "rushlight":
    import rushlight

    rushlight.as_torch()

import torch  # noqa: E402  (which of the two this is has just been settled)

torch.set_default_dtype(getattr(torch, _chosen.dtype))


def arguments(program: str | None, steps: int, every: int) -> argparse.ArgumentParser:
    """The flags of a program with this docstring; it may add its own to them."""
    parser = argparse.ArgumentParser(
        description=(program or "").partition("\n")[0],
        parents=[_parser],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=steps, help="how many to train")
    parser.add_argument("--every", type=int, default=every, help="steps between two reports")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers")
    return parser
