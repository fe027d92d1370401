"""How much of everything: little in make test, all of it in make soak."""

import os

#: Clusters that come, are scaled and go; all else follows from it.
CYCLES = int(os.environ.get("CASA_LABEXT_CYCLES", "10"))

#: Clusters that come and go at the same time.
IN_FLIGHT = 8
#: Clusters that are there at the same time.
CLUSTERS = min(50, CYCLES // 2)
BROWSERS = 20
#: Workers of one cluster.
WORKERS = min(2000, 4 * CYCLES)
#: Connections that come and go.
CONNECTIONS = min(5000, 50 * CYCLES)
#: Seconds in which it is seen what something costs.
SECONDS = min(20, CYCLES // 3)
#: Changes of clusters.
CHANGES = min(5000, 100 * CYCLES)
