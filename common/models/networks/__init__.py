"""Networks of classifiers by name: they map a normalised crop to one logit, positive for synthetic."""

from common.models.networks.network import ClassifierNetwork
from common.models.networks.registry import NETWORKS, check_network_name, create_network

__all__ = ["NETWORKS", "ClassifierNetwork", "check_network_name", "create_network"]
