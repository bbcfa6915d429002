"""The same requests to the plain application and to the one in the cluster, and what differs in the answers."""
