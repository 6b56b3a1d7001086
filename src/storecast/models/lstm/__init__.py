"""A network over all stores: an LSTM reads what a store's last weeks left over, another the days ahead.

sequences   feature rows as arrays: a sequence per store and origin
network     embeddings, encoder, decoder, quantiles; the loss
checkpoints what training has reached, on disk
training    the loop: one-cycle rates, early stopping on the newest origin
forecaster  what the other models look like from outside; answers come from ONNX Runtime
"""

from storecast.models.lstm.forecaster import Lstm

__all__ = ["Lstm"]
