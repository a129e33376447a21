-- Hands the first offers for some tasks to takers, one each. Offers under way to somebody else are passed over, those
-- whose taker was not heard of for too long are free again. Tasks are asked in the order given.
WITH free AS (
    SELECT offered.task_run_id, row_number() OVER () AS number
    FROM (
        SELECT first.task_run_id
        FROM unnest(CAST(:task_keys AS text[])) AS wanted (task_key)
        CROSS JOIN LATERAL (
            SELECT task_offer.task_run_id
            FROM task_offer
            WHERE task_offer.task_key = wanted.task_key
              AND (task_offer.taken_until IS NULL OR task_offer.taken_until < now())
            ORDER BY task_offer.urgent DESC, task_offer.place
            LIMIT cardinality(:takers)
            FOR UPDATE SKIP LOCKED
        ) first
        LIMIT cardinality(:takers)
    ) offered
)
UPDATE task_offer
SET taker = asked.taker, taken_until = now() + :held_for
FROM free JOIN unnest(CAST(:takers AS uuid[])) WITH ORDINALITY AS asked (taker, number) USING (number)
WHERE task_offer.task_run_id = free.task_run_id
RETURNING task_offer.task_run_id, asked.taker
