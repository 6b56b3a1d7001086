"""The network: embeddings, an LSTM over the past, another over the days ahead, quantiles that cannot cross."""

import torch
from torch import Tensor, nn
from torch.nn import functional

QUANTILES = (0.5, 0.4, 0.3, 0.2, 0.1, 0.025, 0.6, 0.7, 0.8, 0.9, 0.975)  # the median, then downwards, then upwards
BELOW = 5  # quantiles below the median
# Log sales depart from the ridge by about a tenth, while the last layer answers in units of 1.
OUTPUT_SCALE = 0.1
# Distances between neighbouring quantiles: softplus keeps them positive. Its slope undoes OUTPUT_SCALE, and its scale lets an
# untrained network begin with distances of log(2) / 30 = 0.023.
SPACING_SLOPE = 10
SPACING_DIVISOR = 30


class Network(nn.Module):
    """Quantiles of what the ridge leaves over, for each day ahead.

    Parameters
    ----------
    numbers : how many scaled features a day has
    kinds : how many values each code can take, 0 for an unknown one among them
    widths : of the embedding of each code
    """

    levels: Tensor

    def __init__(
        self, *, numbers: int, kinds: list[int], widths: list[int], past: int, hidden: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(k, w) for k, w in zip(kinds, widths, strict=True))
        self.enter = nn.Linear(numbers + sum(widths), hidden)
        self.encoder = nn.LSTM(past, hidden, layers, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=dropout)
        self.leave = nn.Linear(2 * hidden, len(QUANTILES))
        nn.init.zeros_(self.leave.weight)  # it begins at the ridge
        self.register_buffer("levels", torch.tensor(QUANTILES))

    def forward(self, numbers: Tensor, codes: Tensor, past: Tensor) -> Tensor:
        """Return (sequences, days, quantiles) from (sequences, days, numbers), (…, codes) and (sequences, past days, 2).

        Parameters
        ----------
        numbers : (sequences, days, numbers)
        codes : (sequences, days, codes)
        past : (sequences, past days, 2)
        """
        embedded = [table(codes[..., k]) for k, table in enumerate(self.embeddings)]
        day = functional.gelu(self.enter(torch.cat([numbers, *embedded], dim=-1)))  # (sequences, days, hidden)
        zeros = torch.zeros(self.encoder.num_layers, past.size(0), self.encoder.hidden_size, device=past.device)
        _, state = self.encoder(past, (zeros, zeros))
        seen, _ = self.decoder(day, state)  # (sequences, days, hidden)
        quantiles = OUTPUT_SCALE * self.leave(torch.cat([seen, day], dim=-1))
        middle, steps = quantiles[..., :1], functional.softplus(quantiles[..., 1:] * SPACING_SLOPE) / SPACING_DIVISOR
        down = middle - torch.cumsum(steps[..., :BELOW], dim=-1)
        up = middle + torch.cumsum(steps[..., BELOW:], dim=-1)
        return torch.cat([middle, down, up], dim=-1)

    def loss(self, quantiles: Tensor, target: Tensor) -> Tensor:
        """Return the mean quantile loss over the days whose target is known (not NaN), (sequences, days)."""
        known = torch.isfinite(target)
        error = target[known][:, None] - quantiles[known]  # (known days, quantiles)
        return torch.maximum(self.levels * error, (self.levels - 1) * error).mean()
