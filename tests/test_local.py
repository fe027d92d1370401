"""The local cluster, through the REST interface."""

from typing import Any

from conftest import API


async def test_create_scale_close(api: API) -> None:
    cluster = await api.create(size={"workers": 2})
    assert cluster["state"] == "starting"
    cluster = await api.running(cluster["id"], workers=2)
    print(cluster)
    assert await api.get(f"clusters/{cluster['id']}/workers")
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    assert status == 200
    await api.running(cluster["id"], workers=1)
    for source in ("host", "scheduler", "workers"):
        print(await api.get(f"clusters/{cluster['id']}/logs", params={"source": source}))
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
