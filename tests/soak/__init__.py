"""Much of everything: many clusters, browsers and workers, for long."""
