// The rows of the table of errors that are about requests to a task.
import { row, type ErrorRow } from './row.ts';

export const requestErrors = {
  request_malformed: row(400, 'user', 'The request could not be parsed.', 'Check the body and its content type.'),
  request_timeout: row(
    408,
    'user',
    'The request body did not arrive in time.',
    'Send the whole body at once, or raise timeouts.bodyMs.',
  ),
  request_too_large: row(
    413,
    'user',
    'The request body is larger than the limit.',
    'Send less, or raise limits.maxBodyBytes in slipway.json.',
  ),
  request_bad_encoding: row(
    415,
    'user',
    'The content encoding or type is not understood.',
    'Send the body as it is, or with content-encoding gzip, deflate or br.',
  ),
  request_unfit: row(
    422,
    'user',
    'The request does not fit the declared input.',
    'Compare datatype and shape with "input" in slipway.json.',
  ),
  method_not_allowed: row(405, 'user', 'The path does not take this method.', 'Infer with POST; see the Allow header.'),
  route_not_found: row(
    404,
    'user',
    'No such path.',
    'Inference is POST /<task>; the control API is described by /api/v1/openapi.json.',
  ),
  task_not_found: row(404, 'user', 'No task of this name.', 'List the tasks with `slipway tasks`.'),
  version_not_found: row(
    404,
    'user',
    'The task has no such version.',
    'List the versions with `slipway status <task>`.',
  ),
  replica_not_found: row(404, 'user', 'No replica of this id.', 'List the replicas with `slipway status <task>`.'),
  node_not_found: row(404, 'user', 'No node of this name.', 'List the nodes with `slipway status`.'),
  queue_full: row(
    429,
    'platform',
    'The queue of the version is full; the request was not executed.',
    'Retry after the given time, add replicas, or raise batching.maxQueue.',
  ),
  no_replica: row(
    503,
    'platform',
    'No replica can take the request; it was not executed.',
    'Look at `slipway status <task>` for the reason, and retry.',
  ),
  draining: row(503, 'platform', 'The platform is shutting down; the request was not executed.', 'Retry.'),
  deadline_exceeded: row(
    504,
    'platform',
    'The deadline passed before an answer came.',
    'Raise timeouts.deadlineMs or the x-slipway-timeout-ms header, or add replicas.',
  ),
  service_raised: row(
    500,
    'user',
    'The execute method of the service raised.',
    'See the traceback in `slipway logs <task>`.',
  ),
  contract_count: row(
    502,
    'user',
    'execute returned another number of results than it was given.',
    'Return one result per item of data, in the same order.',
  ),
  contract_type: row(
    502,
    'user',
    'execute returned something that is not a list of answers.',
    'Return a list of str, bytes, numbers, arrays or JSON-able values.',
  ),
  result_too_large: row(
    502,
    'user',
    'A result is larger than the limit.',
    'Return less, or raise limits.maxResultBytes in slipway.json.',
  ),
  replica_lost: row(
    502,
    'platform',
    'The replica died while it executed the request.',
    'See `slipway events` for why it died. Idempotent services are retried by themselves.',
  ),
  request_quarantined: row(
    502,
    'user',
    'The same input killed several workers and is no longer executed.',
    'Look for the crash in `slipway logs <task>`.',
  ),
} as const satisfies Record<string, ErrorRow>;
