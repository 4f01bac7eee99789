"""What nodes share: leases, quotas, platform tokens."""
