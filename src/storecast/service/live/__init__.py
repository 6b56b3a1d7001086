"""What is served: the promoted model at the cutoff of the newest sales, replaced whole when either changes.

live_model   what endpoints ask: the snapshot that is served, other models by name
snapshot     a model with the chain that it answers for; never changes
watcher      the thread that looks for newer sales and another promoted model
promoted     the promoted model, put into service, and what takes its place where it cannot be used
loading      model files that are loaded beside the watcher
crash_marker crashes while a model is put into service, counted
source       the database and models/current, as the watcher reads them
freshness    requests that wait for what was written before them
models       other models than the promoted one, loaded when they are asked for
"""
