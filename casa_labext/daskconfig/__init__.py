"""What dask's configuration is in an environment, where each value comes from, what is wrong in it; and changes to the user's own."""
