"""A temple repainted in the colours and textures of a flower.

    python examples/neural_style.py --save temple.png

The pixels themselves are trained (by L-BFGS): deep features of the picture shall stay, the
correlations between features shall become the other picture's (Gatys, Ecker and Bethge, "Image
style transfer using convolutional neural networks", CVPR 2016). Nothing is downloaded: the two
photographs are scikit-learn's, and filters drawn at random see textures well enough (Ustyuzhaninov
et al., "What does it take to generate natural textures?", ICLR 2017).
"""

import libraries
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import nn


def picture(name: str, size: int) -> torch.Tensor:
    """The middle of a photograph, (1, 3, size, size), with values from 0 to 1."""
    pixels = torch.tensor(load_sample_image(name), dtype=torch.get_default_dtype()) / 255
    middle = pixels[:, 106:533].permute(2, 0, 1).unsqueeze(0)
    return F.interpolate(middle, (size, size), mode="bilinear", antialias=True)


class Eye(nn.Module):
    """Three layers of fixed random filters, each seeing more of the picture at once."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(channels, width, 5, padding=2, padding_mode="reflect")
            for channels in (3, width, width)
        )
        self.requires_grad_(False)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """The features that each layer sees, with mean square 1."""
        seen, x = [], image
        for layer in self.layers:
            x = F.softplus(layer(x if x is image else F.avg_pool2d(x, 2)), beta=10)
            x = x / x.square().mean().sqrt()
            seen.append(x)
        return seen


def gram(features: torch.Tensor) -> torch.Tensor:
    """How often any two features are seen together, wherever that is."""
    flat = features.flatten(2)
    return flat @ flat.mT / flat.shape[2]


def main(steps: int, every: int, seed: int, size: int, width: int, save: str | None) -> None:
    torch.manual_seed(seed)
    eye = Eye(width)
    image = picture("china.jpg", size)
    content = eye(image)[-1]
    style = [gram(features) for features in eye(picture("flower.jpg", size))]
    logits = torch.logit(image, eps=0.05).requires_grad_()  # so that pixels stay from 0 to 1
    optimizer = torch.optim.LBFGS([logits], max_iter=4, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        image = torch.sigmoid(logits)
        seen = eye(image)
        kept = F.mse_loss(seen[-1], content)
        painted = sum(F.mse_loss(gram(x), wanted) for x, wanted in zip(seen, style))
        rough = image.diff(dim=2).square().mean() + image.diff(dim=3).square().mean()
        loss = kept + painted + 2 * rough
        loss.backward()
        return loss

    for step in range(1, steps + 1):
        loss = optimizer.step(closure)
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")
    if save is not None:
        pixels = torch.sigmoid(logits.detach())[0].permute(1, 2, 0) * 255
        Image.fromarray(pixels.byte().numpy()).save(save)


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=30, every=3)
    parser.add_argument("--size", type=int, default=96, help="of the picture, in pixels")
    parser.add_argument("--width", type=int, default=32, help="filters in a layer")
    parser.add_argument("--save", help="a file for the picture")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.size, args.width, args.save)
