"""A small language model of characters, trained on the text of Python's own help pages.

    python examples/char_model.py

From the last few characters an embedding and one hidden layer guess the next one, after Bengio et
al., "A Neural Probabilistic Language Model", JMLR 2003. The text is in the standard library, so
nothing is downloaded.
"""

import argparse
from pydoc_data.topics import topics

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import nn

CONTEXT = 8


class Model(nn.Module):
    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, 16)
        self.hidden = nn.Linear(CONTEXT * 16, 128)
        self.out = nn.Linear(128, characters)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        """From (batch, CONTEXT) characters to (batch, characters) logits of the next one."""
        features = self.embedding(context).flatten(1)
        return self.out(torch.tanh(self.hidden(features)))


def sample(model: Model, alphabet: list[str], length: int) -> str:
    """Let the model go on from line breaks, one drawn character after the other."""
    text = [alphabet.index("\n")] * CONTEXT
    with torch.no_grad():
        for _ in range(length):
            logits = model(torch.tensor([text[-CONTEXT:]]))
            text.append(int(torch.multinomial(F.softmax(logits, dim=1), 1)))
    return "".join(alphabet[i] for i in text[CONTEXT:])


def main(steps: int, letters: int) -> None:
    torch.manual_seed(0)
    book = "\n".join(topics[name] for name in sorted(topics))[:200_000]
    alphabet = sorted(set(book))
    number = {character: i for i, character in enumerate(alphabet)}
    text = torch.tensor([number[character] for character in book])
    windows = text.unfold(0, CONTEXT + 1, 1)  # every stretch of the text: a view, not a copy
    held_out = windows[-5000:]

    model = Model(len(alphabet))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(1, steps + 1):
        batch = windows[torch.randint(0, len(windows) - 5000, (128,))]
        loss = F.cross_entropy(model(batch[:, :-1]), batch[:, -1])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % max(1, steps // 10) == 0:
            print(f"step {step}: loss {loss.item():.3f}")

    with torch.no_grad():
        loss = F.cross_entropy(model(held_out[:, :-1]), held_out[:, -1])
    print(f"{len(alphabet)} characters: by chance {torch.tensor(len(alphabet)).log().item():.3f}")
    print(f"on text that it never saw {loss.item():.3f}")
    print(sample(model, alphabet, letters))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a character model on Python's help.")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--letters", type=int, default=400, help="how many to write at the end")
    args = parser.parse_args()
    main(args.steps, args.letters)
