"""Clusters whose workers are jobs of a batch system, on dask-jobqueue's cluster classes.

system, htcondor, slurm, pbs: what the batch system says and does; used by hosts, and by the server for what a dead host left.
cluster, keeper: dask-jobqueue's classes mended, and where each wanted worker is; in hosts only.
kind: what the kinds `htcondor`, `slurm` and `pbs` share.
"""
