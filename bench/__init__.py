"""What the extension costs a Jupyter server, measured beside dask-labextension."""
