"""Explain: what a forecast is made of, and what another calendar would change.

explanations  each forecast taken apart by driver, in money; what matters to a model as a whole
scenario      two forecasts of one model under two calendars, and an interval of their difference
"""
