"""Executors: the same call in one process, in several, or on the workers of a cluster.

base             the protocol: one method, `map`
serial           in the process of the caller, one item after another
processes        in processes on this machine
dask_cluster     on the workers of a dask.distributed cluster
choose           the executor that a command's options ask for
worker           what a worker does with an item, wherever it runs
worker_process   the main program of a worker process
cluster_worker   what runs on the workers of a cluster
cluster_address  which schedulers may be talked to, and with what certificates
versions         of libraries, on which caller and workers must agree

A function that is mapped is at the top level of a module and takes what all items share, and an item. What it returns depends
on these two alone, so that it does not matter where an item is worked on, or how often: a lost worker's items go to another.
"""
