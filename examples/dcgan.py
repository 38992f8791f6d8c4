"""Digits drawn by a network that learned from another one's attempts to catch it forging.

    python examples/dcgan.py

A generator of transposed convolutions and a discriminator of convolutions, after Radford, Metz and
Chintala, "Unsupervised representation learning with deep convolutional generative adversarial
networks", 2016, on digits of 8 x 8 pixels.
"""

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

NOISE = 16


def generator(width: int) -> nn.Module:
    """From (n, NOISE, 1, 1) noise to (n, 1, 8, 8) images between -1 and 1."""
    return nn.Sequential(
        nn.ConvTranspose2d(NOISE, 2 * width, 2, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def discriminator(width: int) -> nn.Module:
    """From (n, 1, 8, 8) images to (n, 1, 1, 1) logits of being real."""
    return nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 2),
    )


def initialize(module: nn.Module) -> None:
    """Small normal weights, as the paper found them to train best."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def believed(logits: torch.Tensor, real: bool) -> torch.Tensor:
    """The loss of logits that should all say `real`, or all the contrary."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def main(steps: int, every: int, seed: int, width: int) -> None:
    torch.manual_seed(seed)
    digits = torch.tensor(load_digits().images, dtype=torch.get_default_dtype())
    digits = digits.unsqueeze(1) / 8 - 1
    forger, judge = generator(width).apply(initialize), discriminator(width).apply(initialize)
    forge = torch.optim.Adam(forger.parameters(), lr=1e-3, betas=(0.5, 0.999))
    catch = torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for step in range(1, steps + 1):
        real = digits[torch.randint(len(digits), (64,))]
        forged = forger(torch.randn(64, NOISE, 1, 1))
        caught = believed(judge(real), True) + believed(judge(forged.detach()), False)
        catch.zero_grad()
        caught.backward()
        catch.step()

        passed = believed(judge(forged), True)
        forge.zero_grad()
        passed.backward()
        forge.step()
        if step % every == 0:
            losses = f"{caught.item():.6f} of the judge, {passed.item():.6f} of the forger"
            print(f"step {step}: loss {losses}")

    forger.eval()
    with torch.no_grad():
        images = forger(torch.randn(6, NOISE, 1, 1))
    rows = ((images.squeeze(1) + 1) * 2.49).long().transpose(0, 1).flatten(1)  # side by side
    print("\n".join("".join(" .+*#"[shade] * 2 for shade in row) for row in rows.tolist()))


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=1000, every=50)
    parser.add_argument("--width", type=int, default=32, help="channels of the widest images")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.width)
