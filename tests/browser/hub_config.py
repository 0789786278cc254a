"""The sample hub as the tests run it: its own ports, and one password for all."""

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub puts it here

load_subconfig(os.environ["OUTAGE_HUB_SAMPLE"])  # type: ignore[name-defined]  # noqa: F821

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["OUTAGE_HUB_PASSWORD"]
c.JupyterHub.hub_port = int(os.environ["OUTAGE_HUB_PORT"])
c.ConfigurableHTTPProxy.api_url = os.environ["OUTAGE_HUB_PROXY"]
c.Spawner.env_keep = ["LANG", "TMPDIR"]
