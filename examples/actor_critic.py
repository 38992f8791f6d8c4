"""A pole balanced by an actor, whom a critic tells what to expect.

    python examples/actor_critic.py

One network with two heads: the actor's chances of either push, and the critic's guess of the reward
still to come. The actor is moved by how much better it went than the critic had thought. A step of
training is one episode.
"""

import libraries
import torch
import torch.nn.functional as F
from cartpole import CartPole, discounted
from torch import nn


class ActorCritic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Linear(4, 128)
        self.actor = nn.Linear(128, 2)
        self.critic = nn.Linear(128, 1)

    def forward(self, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """From (4,) a state to (2,) log-chances of the pushes and () the value of the state."""
        features = F.relu(self.trunk(state))
        return F.log_softmax(self.actor(features), dim=-1), self.critic(features).squeeze(-1)


def main(steps: int, every: int, seed: int, limit: int) -> None:
    torch.manual_seed(seed)
    world = CartPole(limit, seed)
    model = ActorCritic()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(1, steps + 1):
        chosen, values, rewards = [], [], []
        state, over = world.reset(), False
        while not over:
            chances, value = model(torch.tensor(state, dtype=torch.get_default_dtype()))
            action = torch.multinomial(chances.exp(), 1).item()
            state, reward, over = world.step(action == 1)
            chosen.append(chances[action])
            values.append(value)
            rewards.append(reward)

        returns = torch.tensor(discounted(rewards)) / 100  # at most about 1
        value = torch.stack(values)
        advantages = returns - value.detach()
        actor_loss = -(torch.stack(chosen) * advantages).mean()
        critic_loss = F.smooth_l1_loss(value, returns)
        loss = actor_loss + critic_loss
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
