"""Models as people write them, trained under both libraries."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from tests.programs import program


def blobs(lib: Any, n: int, classes: int = 3, width: int = 4) -> tuple[Any, Any]:
    """Some classes of points, scattered around their centres."""
    rng = np.random.RandomState(0)
    labels = rng.randint(classes, size=n)
    points = rng.randn(classes, width)[labels] * 2 + rng.randn(n, width)
    return lib.from_numpy(points.astype(np.float32)), lib.from_numpy(labels.astype(np.int64))


def pictures(lib: Any, n: int, size: int = 8) -> tuple[Any, Any]:
    """Noise with a bright row whose place is the class."""
    rng = np.random.RandomState(1)
    labels = rng.randint(4, size=n)
    images = rng.rand(n, 1, size, size).astype(np.float32)
    images[np.arange(n), 0, labels] += 1
    return lib.as_tensor(images), lib.as_tensor(labels)


@program
def test_linear_regression_by_hand(lib: Any) -> Any:
    """Weights as bare tensors, steps under no_grad, gradients zeroed in place."""
    x = lib.linspace(-1, 1, 50).reshape(-1, 1)
    y = 3 * x + 0.5 + 0.1 * lib.randn(x.size())
    w, b = lib.zeros(1, 1, requires_grad=True), lib.zeros(1, requires_grad=True)
    losses = []
    for _ in range(60):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with lib.no_grad():
            w -= 0.1 * w.grad
            b.sub_(b.grad, alpha=0.1)
        w.grad.zero_()
        b.grad = None
        losses.append(loss.item())
    return losses, w, b, repr(b.grad), repr(w.grad)


@program
def test_classifier_with_early_stopping(lib: Any) -> Any:
    """DataLoader, Adam, ReduceLROnPlateau, clipping, the best weights kept by deepcopy."""
    nn, data = lib.nn, lib.utils.data
    x, y = blobs(lib, 200)
    g = lib.Generator().manual_seed(42)
    train, valid = data.random_split(data.TensorDataset(x, y), [150, 50], generator=g)
    loader = data.DataLoader(train, batch_size=32, shuffle=True, generator=g)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(p=0.2), nn.Linear(16, 3))
    optimizer = lib.optim.Adam(model.parameters(), lr=0.02)
    plateau = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    criterion = nn.CrossEntropyLoss()
    best, kept, waited, course = math.inf, None, 0, []
    for _ in range(15):
        model.train()
        for inputs, labels in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(inputs), labels)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)
            optimizer.step()
            course.append((loss.item(), float(norm)))
        model.eval()
        with lib.no_grad():
            inputs, labels = data.default_collate([valid[i] for i in range(len(valid))])
            output = model(inputs)
            held = criterion(output, labels).item()
            right = (output.argmax(dim=1) == labels).float().mean().item()
        plateau.step(held)
        course.append((held, right, optimizer.param_groups[0]["lr"]))
        if held < best:
            best, kept, waited = held, copy.deepcopy(model.state_dict()), 0
        else:
            waited += 1
            if waited > 3:
                break
    model.load_state_dict(kept)
    return course, dict(kept), model(x)


@program
def test_convolutional_net_with_groups(lib: Any) -> Any:
    """Batch norm, Dropout2d, adaptive pooling; decay on the weights only; a schedule."""
    nn = lib.nn
    x, y = pictures(lib, 48)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Conv2d(8, 12, 3, stride=2, padding="valid", groups=4),
        nn.GroupNorm(3, 12),
        nn.LeakyReLU(0.1, inplace=True),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
        nn.Linear(12, 4),
    )
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = lib.optim.SGD(
        [{"params": decay, "weight_decay": 5e-3}, {"params": rest, "lr": 0.02}],
        lr=0.05,
        momentum=0.9,
        nesterov=True,
    )
    schedule = lib.optim.lr_scheduler.LambdaLR(
        optimizer, lr_lambda=[lambda e: 0.97**e, lambda e: min(1, (e + 1) / 5)]
    )
    course = []
    for _ in range(12):
        model.train()
        for rows in lib.arange(48).split(16):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            course.append(loss.item())
        schedule.step()
        model.eval()
        with lib.inference_mode():
            course.append(nn.functional.cross_entropy(model(x), y).item())
            course.extend(schedule.get_last_lr())
    return course, dict(model.state_dict()), repr(model)


@program
def test_residual_blocks_with_forward_hooks(lib: Any) -> Any:
    """Modules of one's own, nested; hooks that look, hooks that change, handles removed."""
    nn, F = lib.nn, lib.nn.functional

    class Block(nn.Module):
        def __init__(self, width: int, wider: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(width, wider, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(wider)
            self.second = nn.Conv2d(wider, wider, 3, padding=1)
            self.shortcut = nn.Identity() if width == wider else nn.Conv2d(width, wider, 1)

        def forward(self, x: Any) -> Any:
            out = F.relu(self.norm(self.first(x)))
            out = self.second(out)
            out += self.shortcut(x)
            return F.relu(out, inplace=True)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList([Block(1, 4), Block(4, 4), Block(4, 6)])
            self.head = nn.Linear(6, 4)
            self.register_buffer("calls", lib.zeros((), dtype=lib.long))
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                    if module.bias is not None:
                        nn.init.zeros_(module.bias)

        def forward(self, x: Any) -> Any:
            self.calls += 1
            for block in self.blocks:
                x = F.avg_pool2d(block(x), 2)
            return self.head(x.flatten(1))

    x, y = pictures(lib, 32)
    model = Net()
    seen: dict[str, list[float]] = {}
    handles = []
    for name, module in model.named_modules():
        if isinstance(module, Block):

            def look(_m: Any, _args: Any, output: Any, name: str = name) -> None:
                seen.setdefault(name, []).append(output.detach().mean().item())

            handles.append(module.register_forward_hook(look))
    handles.append(model.head.register_forward_pre_hook(lambda m, args: (args[0] * 1.5,)))
    handles.append(model.head.register_forward_hook(lambda m, args, out: out.clamp(-20, 20)))
    handles.append(
        model.blocks[1].norm.register_full_backward_hook(
            lambda m, gin, gout: seen.setdefault("back", []).append(gout[0].norm().item())
        )
    )
    optimizer = lib.optim.AdamW(model.parameters(), lr=3e-3)
    course = []
    for step in range(20):
        if step == 15:
            for handle in handles:
                handle.remove()
        loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        course.append(loss.item())
    names = [name for name, _ in model.named_parameters()]
    return course, seen, names, dict(model.state_dict()), repr(model)


@program
def test_variational_autoencoder(lib: Any) -> Any:
    """Reparameterised samples, the divergence by hand, binary cross-entropy summed."""
    nn, F = lib.nn, lib.nn.functional

    class VAE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(64, 32)
            self.mean, self.logvar = nn.Linear(32, 3), nn.Linear(32, 3)
            self.decoder = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 64))

        def forward(self, x: Any) -> Any:
            h = F.relu(self.inner(x.view(-1, 64)))
            mean, logvar = self.mean(h), self.logvar(h)
            std = lib.exp(0.5 * logvar)
            z = mean + lib.randn_like(std) * std
            return lib.sigmoid(self.decoder(z)), mean, logvar

    x = pictures(lib, 40)[0].clamp(0, 1)
    model = VAE()
    optimizer = lib.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.99))
    course = []
    for _ in range(40):
        again, mean, logvar = model(x)
        bce = F.binary_cross_entropy(again, x.view(-1, 64), reduction="sum")
        kl = -0.5 * lib.sum(1 + logvar - mean.pow(2) - logvar.exp())
        loss = (bce + kl) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        course.append((bce.item(), kl.item()))
    return course, [p.grad for p in model.parameters()]


@program
def test_adversarial_pair(lib: Any) -> Any:
    """Two optimizers; the generator's sample is detached for the critic's step."""
    nn = lib.nn
    generator = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2), nn.Tanh())
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    opt_g = lib.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    opt_d = lib.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    course = []
    for _ in range(40):
        real = lib.randn(32, 2) * 0.2 + lib.tensor([0.5, -0.3])
        fake = generator(lib.randn(32, 4))
        opt_d.zero_grad()
        loss_d = criterion(critic(real), lib.ones(32, 1)) + criterion(
            critic(fake.detach()), lib.zeros(32, 1)
        )
        loss_d.backward()
        assert all(p.grad is None for p in generator.parameters()) or course
        opt_d.step()
        opt_g.zero_grad()
        loss_g = criterion(critic(fake), lib.ones_like(critic(fake)))
        loss_g.backward()
        opt_g.step()
        course.append((loss_d.item(), loss_g.item()))
    return course, dict(generator.state_dict()), dict(critic.state_dict())


@program
def test_weights_tied_in_an_autoencoder(lib: Any) -> Any:
    """One Parameter twice: as a layer's weight and transposed in the decoder."""
    nn = lib.nn

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Linear(10, 4)
            self.bias = nn.Parameter(lib.zeros(10))
            self.again = nn.Linear(10, 4)
            self.again.weight = self.encoder.weight

        def forward(self, x: Any) -> Any:
            code = lib.tanh(self.encoder(x) + self.again(x))
            return nn.functional.linear(code, self.encoder.weight.t(), self.bias)

    model = Tied()
    x = lib.randn(30, 10)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, dampening=0.1)
    course = []
    for _ in range(30):
        loss = nn.MSELoss()(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        course.append(loss.item())
    assert model.again.weight is model.encoder.weight
    names = [n for n, _ in model.named_parameters()]
    every = [n for n, _ in model.named_parameters(remove_duplicate=False)]
    return course, names, every, list(model.state_dict()), model.encoder.weight.grad


@program
def test_lists_of_parameters(lib: Any) -> Any:
    """ParameterList and ParameterDict: a polynomial with a factor per name."""
    nn = lib.nn

    class Polynomial(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.terms = nn.ParameterList([nn.Parameter(lib.randn(())) for _ in range(3)])
            self.terms.append(nn.Parameter(lib.randn(1)))
            self.scales = nn.ParameterDict({"in": nn.Parameter(lib.ones(1)), "out": lib.ones(1)})

        def forward(self, x: Any) -> Any:
            x = x * self.scales["in"]
            return self.scales["out"] * sum(a * x**i for i, a in enumerate(self.terms))

    model = Polynomial()
    x = lib.linspace(-1, 1, 40)
    y = lib.cos(2 * x)
    optimizer = lib.optim.Adam(model.parameters(), lr=0.05)
    course = []
    for _ in range(50):
        loss = nn.functional.smooth_l1_loss(model(x), y, beta=0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        course.append(loss.item())
    return course, dict(model.state_dict()), repr(model)
