"""HTTP operations of work pools, their queues and workers: the table of contents."""

from locum.features.work_pools.routes import pool_queues, pools, queues, workers

OPERATIONS = (*pools.OPERATIONS, *pool_queues.OPERATIONS, *workers.OPERATIONS, *queues.OPERATIONS)
