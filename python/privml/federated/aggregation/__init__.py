"""How the sites' numbers become one weighted mean: what the server handles, and who can open it."""

from privml.federated.aggregation.interface import (
    Aggregation,
    Decryptor,
    Exchange,
    Layout,
    Opened,
    Purpose,
    ServerHalf,
    SiteHalf,
)
from privml.federated.aggregation.paillier import PaillierDecryptor, PaillierServer, PaillierSite, PaillierSum
from privml.federated.aggregation.plain import PlainSum

__all__ = [
    "Aggregation",
    "Decryptor",
    "Exchange",
    "Layout",
    "Opened",
    "PaillierDecryptor",
    "PaillierServer",
    "PaillierSite",
    "PaillierSum",
    "PlainSum",
    "Purpose",
    "ServerHalf",
    "SiteHalf",
]
