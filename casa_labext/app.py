"""The Jupyter server extension."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from ._version import __version__
from .environments import Environments
from .events import Events
from .registry import Registry
from .routes import routes


class CasaLabext(ExtensionApp):
    """Dask clusters for the users of this server."""

    name = "casa_labext"
    version = __version__
    load_other_extensions = True

    def initialize_handlers(self) -> None:
        """Add the routes. Once the server is up, clusters of an earlier one are adopted, and those wanted always are started."""
        assert self.serverapp
        assert self.serverapp.kernel_spec_manager
        web_app = self.serverapp.web_app
        self.registry = Registry(
            base_url=web_app.settings["base_url"],
            cwd=self.serverapp.root_dir,
            environments=Environments(self.serverapp.kernel_spec_manager),
            log=self.log,
        )
        assert self.serverapp.event_logger
        self.registry.listeners.add(Events(self.serverapp.event_logger))
        self.handlers.extend(routes(self.registry))
        self.serverapp.io_loop.add_callback(self.registry.begin)

    async def stop_extension(self) -> None:
        """Close the clusters."""
        await self.registry.stop()
