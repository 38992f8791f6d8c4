"""What people do around a model while it trains, under both libraries."""

from __future__ import annotations

import io
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest

from tests.both import attempt
from tests.programs import program
from tests.test_programs_models import blobs


def mlp(lib: Any, *sizes: int) -> Any:
    layers: list[Any] = []
    for a, b in itertools.pairwise(sizes):
        layers += [lib.nn.Linear(a, b), lib.nn.Tanh()]
    return lib.nn.Sequential(*layers[:-1])


@program
def test_gradient_penalty(lib: Any) -> Any:
    """A critic whose slope at mixed points is held at one: backward through a gradient."""
    critic = mlp(lib, 2, 16, 16, 1)
    optimizer = lib.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.0, 0.9))
    course = []
    for _ in range(30):
        real, fake = lib.randn(16, 2) + 2, lib.randn(16, 2)
        alpha = lib.rand(16, 1).expand_as(real)
        mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
        (slope,) = lib.autograd.grad(
            outputs=critic(mixed),
            inputs=mixed,
            grad_outputs=lib.ones(16, 1),
            create_graph=True,
            retain_graph=True,
            only_inputs=True,
        )
        penalty = ((slope.view(16, -1).norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        course.append((loss.item(), penalty.item()))
    return course, [p.grad for p in critic.parameters()]


@program
def test_meta_learning(lib: Any) -> Any:
    """Two inner steps with create_graph, the outer gradient through them (as in MAML)."""
    F = lib.nn.functional
    weights = [lib.randn(20, 1) * 0.5, lib.zeros(20), lib.randn(1, 20) * 0.2, lib.zeros(1)]
    weights = [w.requires_grad_() for w in weights]
    optimizer = lib.optim.Adam(weights, lr=1e-2)

    def net(x: Any, w: list[Any]) -> Any:
        return F.linear(F.linear(x, w[0], w[1]).tanh(), w[2], w[3])

    course = []
    for _ in range(20):
        outer = 0.0
        for _task in range(3):
            phase, x = lib.rand(1) * math.pi, lib.rand(20, 1) * 4 - 2
            y = lib.sin(x + phase)
            fast = weights
            for _inner in range(2):
                loss = F.mse_loss(net(x[:10], fast), y[:10])
                grads = lib.autograd.grad(loss, fast, create_graph=True)
                fast = [w - 0.1 * g for w, g in zip(fast, grads)]
            outer = outer + F.mse_loss(net(x[10:], fast), y[10:])
        optimizer.zero_grad()
        outer.backward()
        optimizer.step()
        course.append(outer.item())
    return course, weights


@program
def test_newton_and_curvature_products(lib: Any) -> Any:
    """autograd.functional on a logistic regression: Hessian, hvp, vhp, jacobian, Newton steps."""
    af = lib.autograd.functional
    x, labels = blobs(lib, 60, classes=2)
    y = labels.to(x.dtype)

    def loss(w: Any) -> Any:
        return lib.nn.functional.binary_cross_entropy_with_logits(x @ w, y) + 0.05 * w @ w

    w, course = lib.zeros(4), []
    for _ in range(6):
        hessian = af.hessian(loss, w)
        gradient = af.jacobian(loss, w)
        v = lib.ones(4)
        products = (af.hvp(loss, w, v)[1], af.vhp(loss, w, v)[1], hessian @ v)
        by_hand = lib.autograd.grad(
            (lib.autograd.grad(loss(p := w.clone().requires_grad_()), p, create_graph=True)[0] @ v),
            p,
        )[0]
        course.append((loss(w).item(), gradient, *products, by_hand))
        step = np.linalg.solve(hessian.numpy(), gradient.numpy())
        w = w - lib.from_numpy(step)

    def layer(a: Any, b: Any) -> Any:
        return lib.tanh(a @ b)

    pair = (lib.randn(2, 3), lib.randn(3, 2))
    blocks = af.jacobian(layer, pair, create_graph=True, strict=False)
    forward = af.jacobian(layer, pair, vectorize=False)
    jvp = af.jvp(layer, pair, (lib.ones(2, 3), lib.zeros(3, 2)))
    return course, blocks, forward, jvp, af.vjp(layer, pair, lib.ones(2, 2))


@program
def test_implicit_layer(lib: Any) -> Any:
    """A fixed point found without a graph, its gradient by the implicit function theorem."""

    class FixedPoint(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, w: Any, x: Any) -> Any:
            z = lib.zeros_like(x)
            for _ in range(50):
                z = lib.tanh(z @ w.t() + x)
            ctx.save_for_backward(w, z)
            return z

        @staticmethod
        @lib.autograd.function.once_differentiable
        def backward(ctx: Any, grad: Any) -> Any:
            w, z = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False)
            slope, u = 1 - z * z, grad.clone()
            for _ in range(50):
                u = grad + (u * slope) @ w
            u = u * slope
            return u.t() @ z, None

    w = (0.3 * lib.randn(4, 4)).requires_grad_()
    x, y = lib.randn(10, 4), lib.rand(10, 4)
    optimizer = lib.optim.SGD([w], lr=0.1)
    course = []
    for _ in range(25):
        z = FixedPoint.apply(w, x)
        loss = ((z - y) ** 2).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        lib.nn.utils.clip_grad_value_([w], 0.5)
        optimizer.step()
        course.append(loss.item())
    return course, w, w.grad, z.grad_fn.name()


@program
def test_losses_by_hand(lib: Any) -> Any:
    """Smoothed and weighted cross-entropy, focal, dice, contrastive and triplet losses."""
    nn, F = lib.nn, lib.nn.functional
    x, y = blobs(lib, 60)
    y[::7] = -100
    weight = lib.tensor([1.0, 2.0, 0.5])
    model = mlp(lib, 4, 12, 3)
    smoothed = nn.CrossEntropyLoss(weight=weight, ignore_index=-100, label_smoothing=0.1)
    alive = y != -100

    def focal(logits: Any, target: Any, gamma: float = 2.0) -> Any:
        logp = F.log_softmax(logits, dim=-1)
        logpt = logp.gather(1, target.unsqueeze(1)).squeeze(1)
        return (-((1 - logpt.exp()) ** gamma) * logpt * weight[target]).mean()

    def dice(logits: Any, target: Any) -> Any:
        p, t = logits.softmax(1), F.one_hot(target, num_classes=3).type_as(logits)
        inter = (p * t).sum(0)
        return 1 - ((2 * inter + 1) / (p.sum(0) + t.sum(0) + 1)).mean()

    def contrastive(features: Any, target: Any, heat: float = 0.5) -> Any:
        z = F.normalize(features, dim=1)
        sim = lib.matmul(z, z.T) / heat
        sim = sim - sim.max(dim=1, keepdim=True).values.detach()
        n = len(z)
        mask = target.view(-1, 1).eq(target.view(1, -1)).float()
        others = lib.scatter(lib.ones_like(mask), 1, lib.arange(n).view(-1, 1), 0)
        mask = mask * others
        logp = sim - lib.log((lib.exp(sim) * others).sum(1, keepdim=True))
        return -((mask * logp).sum(1) / mask.sum(1).clamp(min=1)).mean()

    def triplet(features: Any, target: Any) -> Any:
        d = (features[:, None] - features[None]).norm(dim=-1)
        same = target[:, None] == target[None, :]
        far = d.masked_fill(~same, -math.inf).amax(1)
        near = d.masked_fill(same, math.inf).min(1)[0]
        return F.relu(far - near + 0.3).mean()

    optimizer = lib.optim.Adam(model.parameters(), lr=0.02)
    course = []
    for _ in range(25):
        out = model(x)
        kept, target = out[alive], y[alive]
        parts = [
            smoothed(out, y),
            focal(kept, target),
            dice(kept, target),
            contrastive(kept, target),
            triplet(kept, target),
            F.kl_div(
                F.log_softmax(kept, 1), F.softmax(kept.detach() / 2, 1), reduction="batchmean"
            ),
            F.margin_ranking_loss(kept[:, 0], kept[:, 1], (target == 0).float() * 2 - 1),
            F.cosine_embedding_loss(kept[:-1], kept[1:], (target[:-1] == target[1:]) * 2 - 1),
        ]
        total = lib.stack(parts).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        course.append([part.item() for part in parts])
    return course, [p.grad for p in model.parameters()]


@program
def test_moving_averages_and_frozen_layers(lib: Any) -> Any:
    """An average of the weights beside them; layers frozen, then thawed into a new group."""
    x, y = blobs(lib, 90)
    model, mean = mlp(lib, 4, 10, 10, 3), mlp(lib, 4, 10, 10, 3)
    mean.load_state_dict(model.state_dict())
    mean.requires_grad_(False)
    for p in model[0].parameters():
        p.requires_grad = False
    optimizer = lib.optim.SGD(
        filter(lambda p: p.requires_grad, model.parameters()), lr=0.1, momentum=0.9
    )
    course, before = [], model[0].weight.detach().clone()
    for step in range(40):
        if step == 20:
            assert lib.equal(before, model[0].weight) and model[0].weight.grad is None
            model[0].requires_grad_(True)
            optimizer.add_param_group({"params": model[0].parameters(), "lr": 0.01})
        loss = lib.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with lib.no_grad():
            for slow, fast in zip(mean.parameters(), model.parameters()):
                slow.mul_(0.9).add_(fast.data, alpha=0.1)
                slow.data.copy_(slow.data)
            course.append((loss.item(), (mean(x).argmax(1) == y).float().mean().item()))
    return course, dict(mean.state_dict()), repr(optimizer)


@program
def test_accumulated_gradients(lib: Any) -> Any:
    """Four small batches a step give the step of one large one; leftovers are stepped too."""
    x, y = blobs(lib, 64)
    small, large = mlp(lib, 4, 8, 3), mlp(lib, 4, 8, 3)
    large.load_state_dict(small.state_dict())
    opt_s = lib.optim.AdamW(small.parameters(), lr=0.01)
    opt_l = lib.optim.AdamW(large.parameters(), lr=0.01)
    criterion, course = lib.nn.CrossEntropyLoss(), []
    for _ in range(20):
        for i, (a, b) in enumerate(zip(x.chunk(4), y.chunk(4)), 1):
            (criterion(small(a), b) / 4).backward()
            if i % 4 == 0:
                opt_s.step()
                opt_s.zero_grad()
        loss = criterion(large(x), y)
        opt_l.zero_grad()
        loss.backward()
        opt_l.step()
        course.append(loss.item())
    for p, q in zip(small.parameters(), large.parameters()):
        assert lib.allclose(p, q, atol=1e-4)
    return course, dict(small.state_dict())


@program
def test_training_goes_on_from_a_pickle(lib: Any) -> Any:
    """Model, optimizer, schedule and random state through bytes; strict and loose loading."""
    x, y = blobs(lib, 60)

    def start() -> tuple[Any, Any, Any]:
        model = lib.nn.Sequential(
            lib.nn.Linear(4, 8, bias=False),
            lib.nn.BatchNorm1d(8),
            lib.nn.Dropout(0.3),
            lib.nn.Linear(8, 3),
        )
        optimizer = lib.optim.Adam(model.parameters(), lr=0.05, amsgrad=True)
        return model, optimizer, lib.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)

    def train(model: Any, optimizer: Any, schedule: Any) -> list[float]:
        losses = []
        for _ in range(15):
            loss = lib.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        return losses

    parts = start()
    first = train(*parts)
    file = io.BytesIO()
    pickle.dump([part.state_dict() for part in parts] + [lib.get_rng_state()], file)
    whole = train(*parts)
    again = start()
    file.seek(0)
    *states, random = pickle.load(file)
    keys = [again[0].load_state_dict(states[0])]
    again[1].load_state_dict(states[1])
    again[2].load_state_dict(states[2])
    lib.set_rng_state(random)
    assert train(*again) == whole
    other = lib.nn.Sequential(lib.nn.Linear(4, 8), lib.nn.BatchNorm1d(8), lib.nn.ReLU())
    keys.append(other.load_state_dict(states[0], strict=False))
    keys.append(attempt(lambda: other.load_state_dict(states[0])))
    copied = pickle.loads(pickle.dumps(again[0].state_dict()))
    return first, whole, [repr(k) for k in keys], dict(copied), list(states[1])


@program
def test_weights_through_safetensors(lib: Any) -> Any:
    """NumPy arrays out, and back into another model."""
    files = pytest.importorskip("safetensors.numpy")
    model, other = mlp(lib, 4, 6, 2), mlp(lib, 4, 6, 2)
    blob = files.save({name: t.numpy() for name, t in model.state_dict().items()})
    loaded = {name: lib.from_numpy(a) for name, a in files.load(blob).items()}
    said = other.load_state_dict(loaded)
    x = lib.randn(3, 4)
    assert lib.equal(model(x), other(x))
    return repr(said), other(x)


@program
def test_tricks_in_place(lib: Any) -> Any:
    """Masks assigned, views written to, buffers rolled, values clamped under no_grad."""
    w = lib.randn(6, 4, requires_grad=True)
    scale = lib.nn.Parameter(lib.ones(4))
    queue, course = lib.zeros(3, 4), []
    for step in range(12):
        x = w * scale
        x[x > 1] = 1.0
        x[lib.tensor([0, 2]), 1:] += scale[1:]
        x[:, 0].mul_(2)
        x += 1
        x.masked_fill_(x < -2, 0.25)
        x[-1] = queue.mean(0) + w[0]
        x.diagonal().zero_()
        y = x.clone()
        y[1:] -= x[:-1]
        y.clamp_(-3, 3).relu_()
        mask = lib.zeros(6, dtype=lib.bool)
        mask[step % 6] = True
        z = lib.where(mask[:, None], y, y.detach())
        z.index_add_(0, lib.tensor([5, 5]), y[:2])
        loss = z.pow(2).sum() / 10 + (y[mask] ** 2).sum()
        loss.backward()
        with lib.no_grad():
            w.add_(w.grad, alpha=-0.02).clamp_(-1.5, 1.5)
            scale.data -= 0.01 * scale.grad
            queue = queue.roll(1, 0)
            queue[0] = y[0]
        course.append((loss.item(), w.grad.clone(), scale.grad.clone(), queue.clone()))
        w.grad, scale.grad = None, None
    return course, w, scale


@program
def test_numpy_in_the_loader(lib: Any) -> Any:
    """A data set of NumPy rows of many lengths, padded in collate_fn; sampler of one's own."""
    data = lib.utils.data

    class Sentences(data.Dataset):
        def __init__(self) -> None:
            rng = np.random.RandomState(5)
            self.rows = [rng.rand(n).astype("float32") for n in rng.randint(1, 7, size=20)]

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, i: int) -> Any:
            return {"row": self.rows[i], "label": np.float32(self.rows[i].sum()), "name": f"r{i}"}

    def pad(rows: list[Any]) -> Any:
        longest = max(len(r["row"]) for r in rows)
        out = np.zeros((len(rows), longest), dtype=np.float32)
        for i, r in enumerate(rows):
            out[i, : len(r["row"])] = r["row"]
        labels = lib.as_tensor(np.array([r["label"] for r in rows]))
        return lib.from_numpy(out), labels, [r["name"] for r in rows]

    class ByLength(data.Sampler):
        def __init__(self, rows: Any) -> None:
            self.rows = rows

        def __iter__(self) -> Any:
            return iter(sorted(range(len(self.rows)), key=lambda i: len(self.rows[i])))

        def __len__(self) -> int:
            return len(self.rows)

    rows = Sentences()
    g = lib.Generator()
    g.manual_seed(7)
    loaders = [
        data.DataLoader(rows, batch_size=6, collate_fn=pad, sampler=ByLength(rows.rows)),
        data.DataLoader(rows, 4, shuffle=True, collate_fn=pad, generator=g, drop_last=True),
        data.DataLoader(
            rows,
            batch_sampler=data.BatchSampler(
                data.WeightedRandomSampler([len(r) for r in rows.rows], 9, generator=g), 3, False
            ),
            collate_fn=pad,
        ),
    ]
    scale = lib.tensor(0.0, requires_grad=True)
    course: list[Any] = [len(loader) for loader in loaders]
    for loader in loaders:
        for x, y, names in loader:
            loss = ((x * scale).sum(1) - y).pow(2).mean()
            loss.backward()
            scale.data.sub_(scale.grad * 0.02)
            scale.grad.zero_()
            course.append((loss.item(), tuple(x.shape), names))
    plain = next(iter(data.DataLoader([(r["label"], r["name"]) for r in rows], batch_size=3)))
    return course, plain, scale
