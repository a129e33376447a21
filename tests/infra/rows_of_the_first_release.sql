-- One row, or a few that hang together, in every table whose rows a user would miss, as revision 0001 held them.

INSERT INTO concurrency_limit (id, name, "limit") VALUES ('00000000-0000-7000-8000-00000000000a', 'database', 3);
INSERT INTO concurrency_slot (id, lease_id, concurrency_limit_id, slots, expires_at)
VALUES (gen_random_uuid(), gen_random_uuid(), '00000000-0000-7000-8000-00000000000a', 2, now() + interval '1 day');
INSERT INTO flow (id, name, tags, labels)
VALUES ('00000000-0000-7000-8000-000000000001', 'etl', '["nightly"]', '{"a": 1}');
INSERT INTO work_pool (id, name, type, base_job_template)
VALUES ('00000000-0000-7000-8000-000000000002', 'pool', 'process', '{"variables": {}}');
INSERT INTO work_queue (id, name, priority, work_pool_id)
VALUES ('00000000-0000-7000-8000-000000000003', 'default', 1, '00000000-0000-7000-8000-000000000002');
UPDATE work_pool SET default_queue_id = '00000000-0000-7000-8000-000000000003';
INSERT INTO worker (id, work_pool_id, name)
VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000002', 'worker');
INSERT INTO deployment (id, name, flow_id, work_queue_id, parameters, concurrency_limit_id)
VALUES (
    '00000000-0000-7000-8000-000000000004', 'prod', '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000003', '{"x":   1}', '00000000-0000-7000-8000-00000000000a'
);
INSERT INTO deployment_schedule (id, deployment_id, schedule)
VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000004', '{"cron": "0 * * * *"}');
INSERT INTO flow_run (
    id, name, flow_id, deployment_id, work_queue_id, state_id, state_type, state_name, state_timestamp, state,
    expected_start_time, idempotency_key
)
SELECT
    ('00000000-0000-7000-8000-0000000001' || lpad(n::text, 2, '0'))::uuid, 'same-name',
    '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000004',
    '00000000-0000-7000-8000-000000000003', gen_random_uuid(), 'SCHEDULED', 'Scheduled', now(),
    '{"type": "SCHEDULED"}', now() + n * interval '1 hour', 'key-' || n
FROM generate_series(1, 20) AS n;
INSERT INTO flow_run_state (id, flow_run_id, type, name, timestamp)
SELECT state_id, id, state_type, state_name, state_timestamp FROM flow_run;
INSERT INTO flow_run_input (id, flow_run_id, key, value)
VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000101', 'k', 'v');
INSERT INTO task_run (id, name, flow_run_id, task_key, dynamic_key, state_type, state_name)
VALUES (
    '00000000-0000-7000-8000-000000000005', 'task', '00000000-0000-7000-8000-000000000101', 'task', '0',
    'COMPLETED', 'Completed'
);
INSERT INTO task_run_state (id, task_run_id, type, name, timestamp)
VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000005', 'COMPLETED', 'Completed', now());
INSERT INTO log (id, timestamp, name, level, flow_run_id, message)
SELECT gen_random_uuid(), now() - n * interval '1 day', 'prefect', 20, '00000000-0000-7000-8000-000000000101', 'line ' || n
FROM generate_series(0, 3) AS n;
INSERT INTO event (id, occurred, event, resource_id, resource, resource_ids)
SELECT gen_random_uuid(), now() - n * interval '1 day', 'prefect.flow-run.Scheduled', 'prefect.flow-run.1',
    '{"prefect.resource.id": "prefect.flow-run.1"}', '{prefect.flow-run.1}'
FROM generate_series(0, 3) AS n;
INSERT INTO artifact (id, key, type, data) VALUES ('00000000-0000-7000-8000-000000000006', 'report', 'markdown', '"#"');
INSERT INTO artifact_collection (id, key, type, data, latest_id)
VALUES (gen_random_uuid(), 'report', 'markdown', '"#"', '00000000-0000-7000-8000-000000000006');
INSERT INTO variable (id, name, value, tags) VALUES (gen_random_uuid(), 'answer', '42', '["deep"]');
INSERT INTO saved_search (id, name) VALUES (gen_random_uuid(), 'mine');
INSERT INTO block_type (id, name, slug) VALUES ('00000000-0000-7000-8000-000000000007', 'Secret', 'secret');
INSERT INTO block_schema (id, checksum, version, block_type_id)
VALUES ('00000000-0000-7000-8000-000000000008', 'sha256:1', '1', '00000000-0000-7000-8000-000000000007');
INSERT INTO block_document (id, name, data, block_type_name, block_type_id, block_schema_id)
VALUES (
    '00000000-0000-7000-8000-000000000009', 'token', 'gAAAAA', 'Secret', '00000000-0000-7000-8000-000000000007',
    '00000000-0000-7000-8000-000000000008'
);
INSERT INTO default_storage (block_document_id) VALUES ('00000000-0000-7000-8000-000000000009');
