"""The cluster host: one process that owns one Dask cluster.

It runs under the Python of the environment the user picked, where casa_labext and jupyter_server need not be installed. Here and in
`kinds/` only the standard library, tornado, dask, distributed (with psutil, which it requires) and the manager's own package may be
imported.
"""
