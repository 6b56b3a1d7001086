"""Model files: what is published is signed; what is opened is checked; nothing in a file ever runs.

keys       whose files are trusted: one's own key, and those of colleagues
safe_pickle bytes to plain data and back, by the one module that may unpickle
manifest   what a file says about the model in it, and the digests of its parts
versions   the libraries that a model was made with, against those that are here
read       open a file: every check, in order, each refusal with its reason
registry   a folder of models: publish, list, promote, prune
smoke_test ask a stored model for figures that are known, in a child process
trial_time how long that may take
bundle     a model with all it needs to forecast; it is saved as one file
loading    from the file to the bundle, after every check
predictor  a bundle over a chain: its forecast, and forecasts under other calendars
past_days  what a day of the past is made of, as it was forecast before it

A file holds a manifest and named parts (bytes). What the parts mean is known to `models` alone.
"""
