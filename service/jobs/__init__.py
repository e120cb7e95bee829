"""Background work: the registry of jobs, the durable queue and the one in memory, the rounds, the workers' leases."""
