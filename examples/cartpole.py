"""A pole hinged to a cart on a track, to be balanced by pushes to the left and to the right.

The equations of motion, the sizes and the limits are those of Barto, Sutton and Anderson,
"Neuronlike adaptive elements that can solve difficult learning control problems", IEEE Transactions
on Systems, Man, and Cybernetics 13, 1983, without friction. `reinforce.py` and `actor_critic.py`
learn to balance it.
"""

from math import cos, sin

import numpy as np

GRAVITY = 9.8  # m/s^2
CART, POLE = 1.0, 0.1  # masses, kg
LENGTH = 0.5  # from the hinge to the middle of the pole, m
PUSH = 10.0  # N
TICK = 0.02  # s


class CartPole:
    """Every tick with the pole upright and the cart on the track earns 1."""

    def __init__(self, limit: int, seed: int) -> None:
        self.limit = limit  # ticks, after which an episode ends well
        self.random = np.random.default_rng(seed)

    def reset(self) -> np.ndarray:
        """Begin an episode, nearly at rest; return position, speed, angle, angular speed."""
        self.ticks = 0
        self.state = self.random.uniform(-0.05, 0.05, 4)
        return self.state

    def step(self, right: bool) -> tuple[np.ndarray, float, bool]:
        """Push for a tick; return the new state, the reward, and whether the episode is over."""
        _, speed, angle, turning = self.state
        mass = CART + POLE
        thrust = (PUSH if right else -PUSH) + POLE * LENGTH * turning**2 * sin(angle)
        swing = GRAVITY * sin(angle) - cos(angle) * thrust / mass
        swing /= LENGTH * (4 / 3 - POLE * cos(angle) ** 2 / mass)
        thrust -= POLE * LENGTH * swing * cos(angle)
        self.state = self.state + TICK * np.array([speed, thrust / mass, turning, swing])
        self.ticks += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > np.radians(12)
        return self.state, 1.0, bool(fallen) or self.ticks == self.limit


def discounted(rewards: list[float], rate: float = 0.99) -> list[float]:
    """What was still to come at each tick: its reward, and the later ones worth less and less."""
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + rate * total
        returns.append(total)
    return returns[::-1]
