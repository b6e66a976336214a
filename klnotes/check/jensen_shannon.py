"""The tasks of the exercises on the Jensen-Shannon divergence."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, SUM_MISSING, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import TWO, TWO_RARE, ZEROS, distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = [
    "almost_two",
    "best_middle",
    "detective",
    "four_urns",
    "generalized_js",
    "js_divergence",
    "small_beta",
]

four_urns = Number(
    "four_urns",
    lambda: 1.75,
    "bits",
    {
        "That is the ceiling for four equal weights. The first urn is chosen half of the time.": lambda: 2.0,
        "That is the ceiling for two.": lambda: 1.0,
        "That is what a ball from the rarest urn tells. A mean over all balls is asked for.": lambda: 3.0,
        "Each urn is infinitely far from each other one, but the mixture, which has all colors, is not.": lambda: (
            math.inf
        ),
        "That is the mean of what balls from the four urns tell, with equal weights: 1, 2, 3 and 3 bits.": lambda: 2.25,
    },
)


def _js_terms(p: Any, q: Any) -> Any:
    m = (p + q) / 2
    return (klnotes.kl_terms(p, m) + klnotes.kl_terms(q, m)) / 2


def _naive_js(p: Any, q: Any) -> Any:
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2


def _from_middle(p: Any, q: Any, middle: Any) -> Any:
    return (np.sum(xlogy(p, p / middle)) + np.sum(xlogy(q, q / middle))) / 2


js_divergence = Check(
    name="js_divergence",
    what="the Jensen-Shannon divergence in nats",
    names=["p", "q"],
    truth=klnotes.js_divergence,
    stages=[*TWO, TWO_RARE],
    unit="nats",
    slips={
        "The mixture is p + q, which sums to 2. Halve it.": lambda p, q: klnotes.js_divergence(p, q) - math.log(2),
        "The two are added. Take their mean.": lambda p, q: 2 * klnotes.js_divergence(p, q),
        "The mean is taken under the mixture: that is KL(M‖P) and KL(M‖Q). M belongs on the right.": lambda p, q: (
            (klnotes.kl_divergence((p + q) / 2, p) + klnotes.kl_divergence((p + q) / 2, q)) / 2
        ),
        "That is the divergence of the mixture from P alone, KL(P‖M). Add that from Q, and halve.": lambda p, q: (
            klnotes.kl_divergence(p, (p + q) / 2)
        ),
        "That is the divergence of the mixture from Q alone, KL(Q‖M). Add that from P, and halve.": lambda p, q: (
            klnotes.kl_divergence(q, (p + q) / 2)
        ),
        "That is half of KL(P‖M). Half of KL(Q‖M) is missing.": lambda p, q: klnotes.kl_divergence(p, (p + q) / 2) / 2,
        "That is the square root, as SciPy's jensenshannon gives it.": lambda p, q: np.sqrt(
            klnotes.js_divergence(p, q)
        ),
        "That is Jeffreys' divergence, of P and Q from each other. Compare both with their mixture.": (
            klnotes.jeffreys_divergence
        ),
        "That is half of Jeffreys' divergence. Compare both with their mixture, not with each other.": lambda p, q: (
            klnotes.jeffreys_divergence(p, q) / 2
        ),
        "That is a quarter of Jeffreys' divergence, an upper bound. It comes out if the root of p q stands where the "
        "mixture (p + q)/2 should.": lambda p, q: klnotes.jeffreys_divergence(p, q) / 4,
        "That is KL(P‖Q). Compare both with their mixture.": klnotes.kl_divergence,
        "That is KL(Q‖P). Compare both with their mixture.": lambda p, q: klnotes.kl_divergence(q, p),
        "That is the entropy of the mixture. Subtract the mean of the two entropies.": lambda p, q: klnotes.entropy(
            (p + q) / 2
        ),
        "Both entropies are subtracted in full. Subtract their mean.": lambda p, q: (
            klnotes.entropy((p + q) / 2) - klnotes.entropy(p) - klnotes.entropy(q)
        ),
        "That is the total variation distance.": klnotes.total_variation,
        "That is the Hellinger distance.": klnotes.hellinger_distance,
        "That is total variation times ln 2, which is an upper bound.": lambda p, q: (
            klnotes.total_variation(p, q) * math.log(2)
        ),
        "Every term is made positive. Terms may be negative, and they must stay in the sum with their signs.": (
            lambda p, q: (
                (np.abs(klnotes.kl_terms(p, (p + q) / 2)).sum() + np.abs(klnotes.kl_terms(q, (p + q) / 2)).sum()) / 2
            )
        ),
        MEAN: lambda p, q: klnotes.js_divergence(p, q) / len(p),
        SUM_MISSING: _js_terms,
        ZERO_TIMES_LOG: _naive_js,
        "Outcomes that only one of the two has are left out. They tell most: each adds half its probability times "
        "ln 2.": lambda p, q: _js_terms(p, q)[(p > 0) & (q > 0)].sum(),
        **loops(_js_terms),
    },
    guards=[
        lambda put_in, p, q: _from_middle(p, q, put_in((p + q) / 2)),
        lambda put_in, p, q: _naive_js(put_in(p), put_in(q)),
        lambda put_in, p, q: np.sum(p * np.log(put_in(2 * p / (p + q))) + q * np.log(put_in(2 * q / (p + q)))) / 2,
    ],
)

best_middle = Proof(
    "best_middle",
    {
        "D": {},
        "B": {"D": "The logarithm of m/r needs r > 0: what if R excludes an outcome?"},
        "E": {"B": "It takes means of logarithms that have not been split yet."},
        "A": {"E": "The last sum is not there yet."},
        "F": {"A": "That the last sum is a divergence has not been said yet."},
    },
    {"C": "P itself is nearer to P than M is: one of the two divergences may fall while the other rises."},
)


def _rows(k: int, n: int, least: int) -> st.SearchStrategy[Any]:
    return st.tuples(*[distributions(n, least)] * k).map(np.array)


def _many(least: int, least_weight: int = 1) -> st.SearchStrategy[Any]:
    sizes = st.tuples(st.integers(2, 4), st.integers(2, 3))
    return sizes.flatmap(lambda size: st.tuples(_rows(*size, least), distributions(size[0], least_weight)))


def _weighted(ps: Any, weights: Any, middle: Any) -> Any:
    return weights @ np.sum(xlogy(ps, ps / middle), axis=1)


def _shares(ps: Any, weights: Any) -> Any:
    """What each distribution adds."""
    return weights * klnotes.kl_divergence(ps, weights @ ps)


generalized_js = Check(
    name="generalized_js",
    what="the Jensen-Shannon divergence with weights in nats",
    names=["ps", "weights"],
    truth=klnotes.generalized_js_divergence,
    stages=[
        Stage("distributions without zeros", _many(1)),
        Stage("distributions with zeros", _many(0), ZEROS, zeros=True),
        Stage(
            "a weight that may be 0",
            _many(0, 0),
            "A distribution with weight 0 adds nothing, also where it has an outcome that the mixture lacks.",
        ),
    ],
    unit="nats",
    slips={
        "The weights are not used. They belong into the mixture and into the mean.": lambda ps, weights: (
            klnotes.generalized_js_divergence(ps)
        ),
        "The mean has the weights, but the mixture has not.": lambda ps, weights: _weighted(
            ps, weights, ps.mean(axis=0)
        ),
        "The mixture has the weights, but the mean has not.": lambda ps, weights: np.mean(
            klnotes.kl_divergence(ps, weights @ ps)
        ),
        "The divergences are added without weights.": lambda ps, weights: np.sum(
            klnotes.kl_divergence(ps, weights @ ps)
        ),
        "The mean is taken under the mixture. M belongs on the right: KL(P_k‖M).": lambda ps, weights: (
            weights @ klnotes.kl_divergence(weights @ ps, ps)
        ),
        "That is divided by the number of distributions. The weights already sum to one.": lambda ps, weights: (
            klnotes.generalized_js_divergence(ps, weights) / len(ps)
        ),
        "That is the entropy of the weights, the ceiling.": lambda ps, weights: klnotes.entropy(weights),
        "That is the entropy of the mixture. Subtract the mean of the entropies.": lambda ps, weights: klnotes.entropy(
            weights @ ps
        ),
        "The mean of the entropies is to be taken with the weights.": lambda ps, weights: (
            klnotes.entropy(weights @ ps) - klnotes.entropy(ps).mean()
        ),
        "These are the shares of the distributions; what is asked for is their sum.": _shares,
        ZERO_TIMES_LOG: lambda ps, weights: weights @ np.sum(ps * np.log(ps / (weights @ ps)), axis=1),
        "0 · inf is nan for the computer. A distribution with weight 0 adds nothing: leave it out.": (
            lambda ps, weights: _shares(ps, weights).sum()
        ),
        **loops(_shares, "distribution"),
    },
)


def _decided(p: Any, q: Any, undecided: float) -> Any:
    both = p + q
    return np.where(both > 0, p / np.where(both > 0, both, 1.0), undecided)


detective = Check(
    name="detective",
    what="the best detective's table",
    names=["p", "q"],
    truth=lambda p, q: _decided(p, q, 0.5),
    stages=[
        TWO[0],
        Stage(
            "distributions with zeros",
            TWO[1].inputs,
            "Think of the outcomes that one of them cannot have, and of those that neither can.",
            zeros=True,
        ),
    ],
    slips={
        "That is the probability that it is forged.": lambda p, q: _decided(q, p, 0.5),
        "She decides for the likelier source. A probability is asked for.": lambda p, q: np.where(
            p == q, 0.5, (p > q) * 1.0
        ),
        "She decides for the likelier source, and calls a tie forged. A probability is asked for.": lambda p, q: (
            (p > q) * 1.0
        ),
        "She decides for the likelier source, and calls a tie real. A probability is asked for.": lambda p, q: (
            (p >= q) * 1.0
        ),
        "These are the odds, p to q. The probability is p/(p + q).": lambda p, q: p / q,
        "That is p over the mixture. The mixture is (p + q)/2, and p/(p + q) is half of this.": lambda p, q: (
            2 * _decided(p, q, 0.25)
        ),
        "That is the mixture.": lambda p, q: (p + q) / 2,
        "That is p itself: how often a real reading is x. Asked for is how often an x is real.": lambda p, q: p,
        "The probabilities are put into a logistic function, as if they were logits.": lambda p, q: (
            1 / (1 + np.exp(q - p))
        ),
        "The squares are compared. The odds are p to q.": lambda p, q: _decided(p * p, q * q, 0.5),
        "0/0 is nan for the computer. For an outcome that neither has, ½ is asked for.": lambda p, q: p / (p + q),
        "An outcome that neither has counts as forged. ½ is asked for.": lambda p, q: _decided(p, q, 0.0),
        "An outcome that neither has counts as real. ½ is asked for.": lambda p, q: _decided(p, q, 1.0),
    },
)


def _are_coins(coins: Any) -> bool:
    return bool(np.all(coins > 0) and np.all(abs(coins.sum(axis=1) - 1) < 1e-8))


def _ways(coins: Any) -> Any:
    p, q, r = coins
    return [klnotes.js_divergence(a, b, normalize=True) for a, b in ((p, r), (p, q), (q, r))]


almost_two = Construction(
    "almost_two",
    (3, 2),
    [
        ("Each row is a coin: two positive numbers that sum to 1.", _are_coins),
        ("The first coin and the last must differ.", lambda coins: _ways(coins)[0] > 0),
        (
            "The direct way is not longer than the detour yet. Put the second coin between the two others.",
            lambda coins: _ways(coins)[0] > sum(_ways(coins)[1:]),
        ),
        (
            "The direct way must be 1.99 times the detour. What happens to the quotient if the coins come closer?",
            lambda coins: _ways(coins)[0] > 1.99 * sum(_ways(coins)[1:]),
        ),
    ],
    "The direct way is nearly twice the detour. Between neighbors JS is like a squared length.",
)

small_beta = Choice(
    "small_beta",
    lambda: "b",
    {
        "a": "The limit of the loss is 0 and not a KL divergence: for a small β the mixture is nearly S, and what is "
        "left of T has the weight β.",
        "b": "Divided by β it is close to KL(T‖S). A thousand times smaller, it also has slopes that are so much "
        "smaller, and plain steps along them move little. (An optimizer that rescales its steps makes up for that.)",
        "c": "For a small β the mixture is nearly S, so KL(S‖M) is nearly 0, and it is KL(T‖M) that comes near a KL.",
        "d": "It is at most the entropy of the weights, whatever T and S are.",
    },
)

_DIE, _SIX = np.full(6, 1 / 6), np.eye(6)[5]

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": Number(
        "minute",
        lambda: float(klnotes.js_divergence([1 / 3] * 3 + [0] * 3, [0] * 3 + [1 / 3] * 3, unit="bits")),
        "bits",
        {
            "That is the entropy of the roll. What does it tell about the die?": lambda: math.log2(6),
            "That is KL. JS compares with the middle, which excludes nothing.": lambda: math.inf,
        },
    ),
    "dice": Number(
        "dice",
        lambda: float(klnotes.js_divergence(_DIE, _SIX, unit="bits")),
        "bits",
        {
            "That is H(M). The mean of the two entropies is subtracted.": lambda: float(
                klnotes.entropy((_DIE + _SIX) / 2, unit="bits")
            ),
            "The whole entropy of the fair die is subtracted; it counts half.": lambda: float(
                klnotes.entropy((_DIE + _SIX) / 2, unit="bits") - math.log2(6)
            ),
            "That is what a roll of the fair die has, halved.": lambda: math.log2(6) / 2,
        },
    ),
    "jeffreys": Proof(
        "jeffreys",
        {
            "B": {},
            "E": {"B": "Where does the inequality come from?"},
            "A": {"E": "In the same way as what?"},
            "D": {
                "E": "There is no bound yet for the first of the two divergences.",
                "A": "There is no bound yet for the second of the two divergences.",
            },
        },
        {"C": "The divergence does not obey the triangle inequality: a stop may make the way shorter."},
    ),
    "powers": Choice(
        "powers",
        lambda: "b",
        {
            "a": "Above the power one half, coins close together break it.",
            "b": "It is a power below 1 of the root, which is a distance.",
            "c": "A smaller power helps the triangle inequality, a larger one harms it.",
            "d": "The root obeys it, and a power below 1 of a distance does, too.",
        },
    ),
    "losses": [
        Number(
            "ln(1 − D)",
            lambda: math.log(1 - 0.001) - math.log(1 - 0.01),
            "nats",
            {
                "That is for −ln D.": lambda: math.log(0.01 / 0.001),
                "One of the two losses is taken for the difference.": lambda: -math.log(1 - 0.01),
            },
        ),
        Number(
            "−ln D",
            lambda: math.log(0.01 / 0.001),
            "nats",
            {
                "That is for ln(1 − D).": lambda: math.log(1 - 0.001) - math.log(1 - 0.01),
                "One of the two losses is taken for the difference.": lambda: -math.log(0.01),
            },
        ),
    ],
    "program": js_divergence,
}
