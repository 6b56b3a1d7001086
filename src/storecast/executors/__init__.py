"""Executors: the same call in one process, in several, or on the workers of a cluster.

base        the protocol: one method, `map`
serial      in the process of the caller, one item after another
processes   in processes on this machine
worker      what a worker does with an item, wherever it runs
worker_process   the main program of a worker process

A function that is mapped is at the top level of a module and takes what all items share, and an item. What it returns depends
on these two alone, so that it does not matter where an item is worked on, or how often: a lost worker's items go to another.
"""
