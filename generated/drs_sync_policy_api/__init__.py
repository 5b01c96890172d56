"""A client library for accessing Data Replication Service - Synchronization Policies"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
