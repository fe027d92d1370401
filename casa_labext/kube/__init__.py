"""Clusters of pods that the Dask operator runs on Kubernetes. What is here runs in hosts, and in processes for errands."""
