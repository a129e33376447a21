-- Which scheduled runs of a pool are handed out, in order: the queues' priorities first, then the time.
-- Slots are counted from runs that are under way, so there is no counter that could drift. What is handed out is not
-- locked or marked: two workers may be told of the same run, and the transition to PENDING decides.
WITH pool AS (
    SELECT wp.id,
           least(:most, wp.concurrency_limit - CASE WHEN wp.concurrency_limit IS NOT NULL THEN (
               SELECT sum((
                   SELECT count(*)
                   FROM flow_run active
                   WHERE active.work_queue_id = holder.id AND active.state_type IN ('PENDING', 'RUNNING')
               ))
               FROM work_queue holder
               WHERE holder.work_pool_id = wp.id
           ) END) AS room
    FROM work_pool wp
    WHERE wp.name = :pool_name AND NOT wp.is_paused
),
queue AS (
    SELECT wq.id, wq.priority, wq.work_pool_id,
           least(:most, wq.concurrency_limit - CASE WHEN wq.concurrency_limit IS NOT NULL THEN (
               SELECT count(*)
               FROM flow_run active
               WHERE active.work_queue_id = wq.id AND active.state_type IN ('PENDING', 'RUNNING')
           ) END) AS room
    FROM work_queue wq JOIN pool ON pool.id = wq.work_pool_id
    WHERE NOT wq.is_paused AND (:queue_names IS NULL OR wq.name = ANY (:queue_names))
)
SELECT queue.work_pool_id AS work_pool_id,
       queue.id AS work_queue_id,
       due.id AS run_id,
       queue.priority AS priority,
       due.next_scheduled_start_time AS due
FROM queue CROSS JOIN LATERAL (
    SELECT run.id, run.next_scheduled_start_time
    FROM flow_run run
    WHERE run.work_queue_id = queue.id
      AND run.state_type = 'SCHEDULED'
      AND run.next_scheduled_start_time >= :after
      AND run.next_scheduled_start_time <= :before
      -- a run that is retried in its own process waits there
      AND run.empirical_policy ->> 'retry_type' IS DISTINCT FROM 'in_process'
    ORDER BY run.next_scheduled_start_time, run.id
    LIMIT greatest(0, queue.room)
) due
ORDER BY queue.priority, due.next_scheduled_start_time, due.id
LIMIT greatest(0, (SELECT room FROM pool))
