"""Answers: one module a question; each makes a section of the report of the question's tidy table, and of nothing else."""
