"""Start a cluster host: `python <path>/host <directory of the cluster> <descriptor of the listening socket>`.

`… fork <reference of a kind>` starts a process of which hosts are copies, `… errand` something short.
"""

import sys
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":
    # This Python may not have casa_labext: a bare package whose only content is this folder's parent stands in for it, so that
    # the package's own imports work, and nothing else of the server's environment gets onto the path.
    package = ModuleType("casa_labext")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["casa_labext"] = package
    sys.path.pop(0)

    if sys.argv[1:] == ["errand"]:
        from casa_labext.host import errand

        errand.main()
    elif sys.argv[1] == "fork":
        from casa_labext.host import forkserver

        forkserver.main(sys.argv[2])
    else:
        from casa_labext.host import log, service

        service.main(Path(sys.argv[1]), int(sys.argv[2]), log.redirect())
