"""A pole balanced by a policy that learns from whole episodes (REINFORCE).

    python examples/reinforce.py

After Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement
learning", Machine Learning 8, 1992: what was done before much reward is made likelier, what was
done before little less so. A step of training is one episode.
"""

import libraries
import torch
import torch.nn.functional as F
from cartpole import CartPole, discounted
from torch import nn


def play(world: CartPole, policy: nn.Module) -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """An episode by the policy's own choices: states (n, 4), actions (n,) and rewards."""
    states, actions, rewards = [], [], []
    state, over = world.reset(), False
    while not over:
        states.append(torch.tensor(state, dtype=torch.get_default_dtype()))
        with torch.no_grad():
            chances = F.softmax(policy(states[-1]), dim=0)
        actions.append(torch.multinomial(chances, 1))
        state, reward, over = world.step(actions[-1].item() == 1)
        rewards.append(reward)
    return torch.stack(states), torch.cat(actions), rewards


def main(steps: int, every: int, seed: int, limit: int) -> None:
    torch.manual_seed(seed)
    world = CartPole(limit, seed)
    policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
    for step in range(1, steps + 1):
        states, actions, rewards = play(world, policy)
        returns = torch.tensor(discounted(rewards))
        advantages = (returns - returns.mean()) / (returns.std() + 1e-6)
        surprise = F.cross_entropy(policy(states), actions, reduction="none")
        loss = (surprise * advantages).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f} after {len(rewards)} ticks upright")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=300, every=20)
    parser.add_argument("--limit", type=int, default=500, help="ticks of an episode at most")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.limit)
