"""Monitor: published forecasts beside the sales that came.

accuracy  scores of published forecasts, by week ahead, store and store type
noise     how far such a score may lie from the truth, since stores and days err together
drift     whether what goes into forecasts still looks like what a model learned from
alerts    scores and inputs that have left their band, since when, and what to do
"""
