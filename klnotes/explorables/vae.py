import numpy as np

from klnotes import figures, gaussian_kl
from klnotes.explorables._base import Checked, Explorable, joined, module, number


class Vae(Explorable):
    """A linear autoencoder in one dimension, at its best for the noise and the factor that the reader sets.

    Parameters
    ----------
    noise : float
        Variance of the decoder's noise, from 0.05 to 1.5; that of the data is 1.
    beta : float
        Factor of the KL term, from 0.25 to 6.

    Raises
    ------
    TypeError, ValueError
        If one of them is no number in its range, here or when it is set later.
    """

    _name = "vae"
    _esm = module(_name)
    noise = Checked(number(0.05, 1.5))
    beta = Checked(number(0.25, 6))

    def __init__(self, noise: float = 0.25, beta: float = 1.0, /) -> None:
        super().__init__(noise=noise, beta=beta)

    def _picture(self) -> figures.Picture:
        noise = min(self.noise * self.beta, 1.0)
        weight, std = np.sqrt(1 - noise), np.sqrt(noise)
        w, z = np.linspace(-1.2, 1.2, 97), np.linspace(-4, 4, 161)
        tau = w**2 + self.noise * self.beta
        loss = self.beta * (np.log(tau) + 1 / tau - np.log(tau[48]) - 1 / tau[48]) / 2
        basins = figures.lines(w, {"loss": loss}, xlabel="weight w", ylabel="nats above silence")
        bells = {"prior": np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)}
        for x in (-1.5, 0.0, 1.5):
            curve = np.exp(-(((z - weight * x) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
            bells[f"x = {x:g}".replace("-", "−")] = curve
        drawn = figures.lines(z, bells, xlabel="code z", ylabel="density")
        said = f"KL term {gaussian_kl(weight, std, 0, 1):.4f} nats, mean squared error {noise:.4f}."
        return joined(basins, drawn, said=said)
