"""The command `casa`: the clusters of a running Jupyter server, from a terminal or a script."""
