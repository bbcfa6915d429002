"""The application as plain processes on this machine: what the one in the cluster is compared with."""
