"""A recurrent network that writes, character by character.

    python examples/char_lstm.py

Two layers of LSTM learn to guess the next character of a text and then go on by themselves. The
text is cut into rows that are read side by side, a window at a time, and the network's state goes
from one window to the next: truncated backpropagation through time.
"""

import libraries
import texts
import torch
import torch.nn.functional as F
from torch import nn

State = tuple[torch.Tensor, torch.Tensor]


class Model(nn.Module):
    def __init__(self, characters: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, 32)
        self.lstm = nn.LSTM(32, width, num_layers=2, dropout=0.1, batch_first=True)
        self.out = nn.Linear(width, characters)

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """From (batch, time) characters to (batch, time, characters) logits of the next ones."""
        features, state = self.lstm(self.embedding(x), state)
        return self.out(features), state


@torch.no_grad()
def sample(model: Model, alphabet: list[str], length: int, temperature: float = 0.7) -> str:
    """Let the model go on from a line break, one drawn character after the other."""
    model.eval()
    x, state, text = torch.tensor([[alphabet.index("\n")]]), None, []
    for _ in range(length):
        logits, state = model(x, state)
        x = torch.multinomial(F.softmax(logits[:, -1] / temperature, dim=1), num_samples=1)
        text.append(alphabet[x.item()])
    return "".join(text)


def main(steps: int, every: int, seed: int, width: int, rows: int, letters: int) -> None:
    torch.manual_seed(seed)
    book = texts.read(200_000)
    alphabet = sorted(set(book))
    number = {character: i for i, character in enumerate(alphabet)}
    text = torch.tensor([number[character] for character in book])
    text = text[: len(text) // rows * rows].view(rows, -1)
    window = 32

    model = Model(len(alphabet), width)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    state = None
    for step in range(1, steps + 1):
        start = (step - 1) * window % (text.size(1) - window)
        x, y = text[:, start : start + window], text[:, start + 1 : start + window + 1]
        logits, state = model(x, state)
        state = tuple(s.detach() for s in state)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    print(sample(model, alphabet, letters))


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=1000, every=100)
    parser.add_argument("--width", type=int, default=128, help="of the LSTM's state")
    parser.add_argument("--rows", type=int, default=32, help="of text, read side by side")
    parser.add_argument("--letters", type=int, default=400, help="how many to write at the end")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.width, args.rows, args.letters)
