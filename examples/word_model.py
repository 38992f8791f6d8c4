"""A language model of words: an LSTM whose embedding is also its output layer.

    python examples/word_model.py

Plain SGD with clipped gradients, whose rate falls where the held-out loss stops falling; dropout
between the layers; weights tied after Press and Wolf, "Using the Output Embedding to Improve
Language Models", EACL 2017. Words that are rare stand as one.
"""

import math
import re
from collections import Counter

import libraries
import texts
import torch
import torch.nn.functional as F
from torch import nn

RARE, WINDOW = "<rare>", 20
State = tuple[torch.Tensor, torch.Tensor]


class Model(nn.Module):
    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.2)
        self.encoder = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width, num_layers=2, dropout=0.2)
        self.decoder = nn.Linear(width, words)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
        self.decoder.weight = self.encoder.weight

    def forward(self, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """From (time, batch) words to (time * batch, words) logits of the next ones."""
        features, state = self.lstm(self.drop(self.encoder(x)), state)
        return self.decoder(self.drop(features)).flatten(0, 1), state

    def start(self, batch: int) -> State:
        """The state of who has read nothing yet."""
        zeros = self.encoder.weight.new_zeros(self.lstm.num_layers, batch, self.lstm.hidden_size)
        return zeros, zeros.clone()


def columns(words: list[int], count: int) -> torch.Tensor:
    """The text in (time, count): columns that are read side by side."""
    time = len(words) // count
    return torch.tensor(words[: time * count]).view(count, time).t().contiguous()


@torch.no_grad()
def evaluate(model: Model, text: torch.Tensor) -> float:
    """The mean loss of a word over a whole text."""
    model.eval()
    state, total = model.start(text.size(1)), 0.0
    for at in range(0, len(text) - 1, WINDOW):
        x, y = text[at : at + WINDOW][: len(text) - 1 - at], text[at + 1 : at + 1 + WINDOW]
        logits, state = model(x, state)
        total += F.cross_entropy(logits, y.flatten(), reduction="sum").item()
    model.train()
    return total / text[1:].numel()


def main(args) -> None:
    torch.manual_seed(args.seed)
    said = re.findall(r"\w+|[^\w\s]|\n", texts.read(args.read))
    vocabulary = [RARE] + [word for word, _ in Counter(said).most_common(args.words - 1)]
    number = {word: i for i, word in enumerate(vocabulary)}
    text = [number.get(word, 0) for word in said]
    cut = len(text) * 9 // 10
    train, held_out = columns(text[:cut], 20), columns(text[cut:], 10)

    model = Model(len(vocabulary), args.width)
    optimizer = torch.optim.SGD(model.parameters(), lr=10.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.25, patience=0)
    at, state = 0, model.start(train.size(1))
    for step in range(1, args.steps + 1):
        x, y = train[at : at + WINDOW], train[at + 1 : at + 1 + WINDOW]
        logits, state = model(x, tuple(s.detach() for s in state))
        loss = F.cross_entropy(logits, y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.25)
        optimizer.step()
        if step % args.every == 0:
            print(f"step {step}: loss {loss.item():.6f}")
        at += WINDOW
        if at + WINDOW >= len(train):  # an epoch is over
            at, state = 0, model.start(train.size(1))
            scheduler.step(evaluate(model, held_out))

    loss = evaluate(model, held_out)
    print(f"held out: loss {loss:.6f}, perplexity {math.exp(loss):.1f} of {len(vocabulary)} words")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=1000, every=100)
    parser.add_argument("--words", type=int, default=1500, help="in the vocabulary")
    parser.add_argument("--width", type=int, default=128, help="of a word's features")
    parser.add_argument("--read", type=int, default=400_000, help="characters of text")
    main(parser.parse_args())
