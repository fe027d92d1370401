"""A real Kubernetes of one node, with the Dask operator: built from Debian's source package."""
