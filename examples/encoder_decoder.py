"""A sequence for a sequence, of other length and order: dates in words to dates in figures.

    python examples/encoder_decoder.py

"March 5, 1996" is to become 1996-03-05, letter by letter. An encoder reads the words both ways; a
decoder writes, looking back at them with attention. Every tenth day is never trained on.
"""

import datetime

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxrnn import GRU
from jaxrnn.models import AttendLater, BidirectionalEncoder, EncoderDecoder, Lookup, Multiplicative

FORMATS = ("%d %B %Y", "%B %d, %Y", "%a %d %b %Y", "%d.%m.%Y", "%m/%d/%Y")
LETTERS = ["", *map(chr, range(32, 127)), "\n"]  # 0 is padding, the last one ends an answer
READ, WRITTEN, END = 18, 11, len(LETTERS) - 1
FIRST, DAYS = datetime.date(1950, 1, 1).toordinal(), 36_520  # a hundred years
TABLE, DECODER = Lookup(END + 1, 32), AttendLater(GRU(64), Multiplicative(), size=32)
MODEL = EncoderDecoder(TABLE, TABLE, BidirectionalEncoder(GRU(64)), DECODER)


def ids_of(texts, steps):
    """Return texts side by side as ids [steps, B], padded with 0."""
    rows = [[LETTERS.index(letter) for letter in text] for text in texts]
    return np.array([row + [0] * (steps - len(row)) for row in rows], np.int32).T


def drawn(seed, count, days):
    """Return dates in words and in figures, as ids, of days that end in one of some figures."""
    random = np.random.default_rng(seed)
    chosen = FIRST + 10 * random.integers(0, DAYS // 10, count) + random.choice(days, count)
    dates = [datetime.date.fromordinal(int(day)) for day in chosen]
    words = [date.strftime(random.choice(FORMATS)) for date in dates]
    return ids_of(words, READ), ids_of([f"{date.isoformat()}\n" for date in dates], WRITTEN)


def loss_of(params, source, target):
    given = jnp.concatenate([jnp.zeros_like(target[:1]), target[:-1]])  # what was written before
    logits = MODEL.decode(params, MODEL.encode(params, source), given).logits
    return optax.softmax_cross_entropy_with_integer_labels(logits, target).mean()


def main(updates=400, batch=64, tested=500):
    params = MODEL.init(jax.random.key(0))
    optimizer = optax.adam(optax.cosine_onecycle_schedule(updates, 0.015))
    opt_state = optimizer.init(params)

    @jax.jit
    def update(params, opt_state, source, target):
        loss, grads = jax.value_and_grad(loss_of)(params, source, target)
        steps, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, steps), opt_state, loss

    for number in range(updates):
        source, target = drawn((0, number), batch, days=range(1, 10))
        params, opt_state, loss = update(params, opt_state, source, target)
        if number % 50 == 0:
            print(f"update {number:4}: loss {loss:.3f} nats per letter")

    source, target = drawn(1, tested, days=[0])
    encoded = jax.jit(MODEL.encode)(params, source)
    said = np.asarray(MODEL.write(params, encoded, end=END, width=1, length=WRITTEN).tokens[:, 0].T)
    right, letters = (said == target).all(0).mean(), (said == target).mean()
    trivial = np.mean([row == np.bincount(row).argmax() for row in target])
    print(f"test: {right:.1%} of the dates right. Of letters {letters:.1%}; by always writing")
    print(f"the commonest one of each place {trivial:.1%}\n")
    for read, written in zip(source.T[:8], said.T, strict=False):
        words, figures = ("".join(LETTERS[i] for i in ids).strip() for ids in (read, written))
        print(f"{words:18} -> {figures}")
    return right, letters, trivial


if __name__ == "__main__":
    main()
