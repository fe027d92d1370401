"""A real dask-gateway-server: its local backend, with users who say who they are and share a password."""
