"""Many clusters, one of them large: hosts that speak the real protocol and own nothing."""
