"""The connection with the folder from which the delivery API serves generations."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import BaseHook

from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.errors import ConfigurationInvalid


class DeliveryApiStoreHook(BaseHook):
    """The folder behind a connection of type fs (extra path); workers and the delivery API both see it."""

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self._conn_id = conn_id

    def get_conn(self) -> FolderStore:
        """The store."""
        connection = self.get_connection(self._conn_id)
        if connection.conn_type not in ("fs", "file"):
            raise ConfigurationInvalid(
                f"the connection {self._conn_id} is of type {connection.conn_type!r}; generations need fs: a folder "
                "that the workers and the delivery API both see"
            )
        folder = connection.extra_dejson.get("path") or connection.host or connection.schema
        if not folder:
            raise ConfigurationInvalid(f"the connection {self._conn_id} names no folder (extra path)")
        return FolderStore(Path(folder).absolute())
