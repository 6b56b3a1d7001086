"""Plan: from a forecast to figures that people agree on. Pure functions on frames and arrays; `database` keeps what they work on.

store_days   figures of stores and days in whole cents, and their compact form
versions     the states of a version, and which may follow which
comparison   what moved between two versions, by how much, and because of what
scopes       what an override is of: stores or groups of them, over a span of days
spreading    an amount over store-days by the forecast's own shape
overrides    what stands in the place of the forecast, the plan that follows, and what no longer fits
override_file   overrides from a CSV file
budget       amounts by store and day, week or month, beside the plan
value_added  what each step from the naive forecast to the approved plan did to the error
exceptions   what needs a look, ranked by money at stake
summary      the figures of a version that are told in sentences
workbook_*   the plan as a workbook with cells to fill in: content, layout, words, sheets, reading, and what was changed
sentences    those sentences, in English or in any other language

A version is a forecast that was published. Money is counted in whole cents, so that sums agree at every level.
"""
