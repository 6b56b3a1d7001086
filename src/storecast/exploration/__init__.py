"""Exploration: what moves sales and customers; one folder for each question.

question     what a question is: its texts, its estimates, its section of the report
registry     all questions: every folder in here with a ``QUESTION``, but for shared/
exploration  the questions asked of one chain, with their answers
shared/      the two-way fit, the regressions and the tables that several questions use

A question's folder has the same files each time:

__init__     ``QUESTION``
parts        the names of the rows of its table
estimate     from a Panel to a tidy table
section      from the tidy table to a section of the report; pictures: its charts, where there are many
"""
