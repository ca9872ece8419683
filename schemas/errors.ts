// The one table of error codes. Every error that leaves a process has its code from here.
import { z } from 'zod';
import { row, type ErrorRow } from './error-row.ts';
import { containerErrors } from './container-errors.ts';
import { rehearsalErrors } from './rehearsal-errors.ts';
import { modelErrors } from './model-errors.ts';
import { remoteErrors } from './remote-errors.ts';

export type { Blame, ErrorRow } from './error-row.ts';

export const errorTable = {
  // requests to a task
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
    'Send the body without content-encoding.',
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
  // access
  unauthorized: row(
    401,
    'user',
    'The token is missing or wrong.',
    'Send "Authorization: Bearer <token>"; the token of a local platform is in its token file.',
  ),
  forbidden_origin: row(
    403,
    'user',
    'The Host or Origin of the request is not allowed.',
    'Use the loopback address, or allow the origin with --allow-origin.',
  ),
  ...remoteErrors,
  ...rehearsalErrors,
  media_type_required: row(415, 'user', 'A change of state needs a JSON body.', 'Send content-type: application/json.'),
  // control
  api_invalid: row(
    400,
    'user',
    'The request to the control API does not fit its schema.',
    'Compare with /api/v1/openapi.json.',
  ),
  task_exists: row(
    409,
    'user',
    'A task of this name exists.',
    'Update it with `slipway update`, or choose another name.',
  ),
  version_name_taken: row(409, 'user', 'Another version of the task has this name.', 'Choose another name.'),
  state_conflict: row(409, 'user', 'The task is not in a state that allows this.', 'Look at `slipway status <task>`.'),
  split_invalid: row(
    400,
    'user',
    'The split cannot be made.',
    'Give each version a whole number of 0 or more, and one of them more than 0: `slipway split <task> v1=80 v2=20`.',
  ),
  nothing_to_roll_back: row(
    409,
    'user',
    'The task has no earlier version to go back to.',
    'Deploy a version with `slipway deploy`.',
  ),
  experiment_undecided: row(
    409,
    'user',
    'The outcomes do not show yet which version is better.',
    'Wait for more feedback, name one with --winner, or leave the traffic as it is with --keep.',
  ),
  // manifest and bundle
  manifest_missing: row(400, 'user', 'The folder has no slipway.json.', 'Start with `slipway new <folder>`.'),
  manifest_invalid: row(
    400,
    'user',
    'slipway.json does not fit its schema.',
    'Correct the named field; the schema is in schemas/json/manifest.json.',
  ),
  class_not_found: row(
    400,
    'user',
    'The main file has no inference class.',
    'Define a class with load_model(self) and execute(self, data, batch_size).',
  ),
  class_signature: row(
    400,
    'user',
    'A method of the inference class has the wrong signature.',
    'Use load_model(self) and execute(self, data, batch_size).',
  ),
  source_invalid: row(400, 'user', 'The main file is not valid Python.', 'Correct the named line.'),
  path_missing: row(
    400,
    'user',
    'A path named in slipway.json does not exist.',
    'Correct the path; it is relative to the folder of slipway.json.',
  ),
  bundle_secret: row(
    400,
    'user',
    'The folder holds a file that looks like a secret.',
    'Add it to .slipwayignore, or pack it with --force.',
  ),
  bundle_limit: row(
    413,
    'user',
    'The bundle is over a limit of count, size or depth.',
    'Leave files out with .slipwayignore.',
  ),
  bundle_unsafe: row(
    400,
    'user',
    'The archive holds an entry that may not be unpacked.',
    'Pack the folder with `slipway deploy`; only regular files and folders are allowed.',
  ),
  bundle_digest: row(400, 'user', 'The archive does not have the digest that was announced.', 'Send it again.'),
  bundle_not_found: row(404, 'user', 'The platform has no bundle of this digest.', 'Upload it first.'),
  // environments
  python_missing: row(
    400,
    'user',
    'No suitable Python was found.',
    'Install Python 3.10 or newer, or name one with --python.',
  ),
  environment_failed: row(
    400,
    'user',
    'The dependencies could not be installed.',
    'Read the end of the installer\'s output; correct "requirements" in slipway.json.',
  ),
  environment_cancelled: row(409, 'user', 'The preparation of the environment was cancelled.', 'Deploy again.'),
  // containers
  ...containerErrors,

  // replicas
  load_failed: row(
    400,
    'user',
    'The service could not be imported or its load_model raised.',
    'See the traceback; correct the service and update.',
  ),
  ...modelErrors,
  load_timeout: row(
    400,
    'user',
    'The service did not load in time.',
    'Raise timeouts.loadMs in slipway.json, or look at `slipway logs <task>`.',
  ),
  selftest_failed: row(
    400,
    'user',
    'The service loaded, but failed on its own sample.',
    'Correct the service, or the file in its samples folder.',
  ),
  replica_exited: row(
    400,
    'user',
    'The worker process ended by itself.',
    'Look for exit calls and crashes in `slipway logs <task>`.',
  ),
  replica_killed: row(
    500,
    'platform',
    'The worker process was ended by a signal.',
    'Look at `slipway events` for who did it.',
  ),
  replica_oom: row(
    400,
    'user',
    'The worker used more memory than resources.memory allows.',
    'Raise resources.memory in slipway.json, or use less.',
  ),
  replica_frozen: row(
    500,
    'platform',
    'The worker stopped answering and was replaced.',
    'If native code holds the interpreter lock for long, raise health.silenceMs.',
  ),
  replica_unreachable: row(
    500,
    'platform',
    'The worker runs but its link could not be opened.',
    'See `slipway logs <task>`.',
  ),
  cannot_place: row(
    409,
    'user',
    'No node has room for the replica.',
    'Lower resources in slipway.json, stop another task, or start the platform with more nodes.',
  ),
  node_lost: row(500, 'platform', 'The node of the replica is gone.', 'Replicas are placed elsewhere by themselves.'),
  rollout_no_room: row(
    409,
    'user',
    'The nodes have no room for a new replica beside those that it replaces.',
    'Choose with --rollout: one-at-a-time, in-place or wait.',
  ),
  rollout_failed: row(
    409,
    'user',
    'The new version did not become ready; traffic stays with the old one.',
    'Correct the reason given, and update again.',
  ),
  rollout_error_rate: row(
    409,
    'user',
    'The new version failed significantly more requests than the old one.',
    'See its errors in `slipway logs <task>`.',
  ),
  // platform
  platform_not_running: row(503, 'user', 'No local platform is running.', 'Start one with `slipway up`.'),
  platform_running: row(
    409,
    'user',
    'A platform runs already for this home folder.',
    'Use it, or stop it with `slipway down`.',
  ),
  platform_unreachable: row(
    503,
    'platform',
    'The platform does not answer.',
    'Look at its log; stop it with `slipway down --force` and start it again.',
  ),
  port_taken: row(
    409,
    'user',
    'The port is taken.',
    'Choose another with --port, or leave it out to have a free one chosen.',
  ),
  home_unwritable: row(
    500,
    'user',
    'The home folder of Slipway cannot be written.',
    'Set SLIPWAY_HOME to a folder that can be written.',
  ),
  disk_full: row(507, 'platform', 'The disk is full.', 'Free space; `slipway env prune` removes unused environments.'),
  state_corrupt: row(
    500,
    'platform',
    'A state file was damaged and was moved aside.',
    'Deploy the task again; the damaged file was kept beside it.',
  ),
  state_newer: row(
    500,
    'user',
    'The state was written by a newer version of Slipway.',
    'Use that version, or another SLIPWAY_HOME.',
  ),
  link_protocol: row(
    502,
    'platform',
    'The worker link carried something that is not a frame.',
    'The link was closed; the replica is restarted.',
  ),
  too_many_files: row(
    503,
    'platform',
    'The process ran out of file descriptors.',
    'Raise the limit (ulimit -n) and restart.',
  ),
  usage: row(400, 'usage', 'The command line is not right.', 'See `slipway --help`.'),
  cancelled: row(499, 'user', 'Cancelled.', 'Run the command again.'),
  internal: row(
    500,
    'platform',
    'Something unexpected happened inside Slipway.',
    'Run again with --verbose and report what it prints.',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];
export const ErrorCode = z.enum(errorCodes);

/** One way out, where the user has to choose: a value of a setting of what was asked for. */
export const Choice = z.object({
  /** Name of the field in the request's body; on the command line it is an option of this name. */
  setting: z.string(),
  value: z.string(),
  /** What it does, in a few words. */
  meaning: z.string(),
});
export type Choice = z.infer<typeof Choice>;

/** Why something is as it is: the body of every error answer, and the reason of a state. */
export const Reason = z.object({
  code: ErrorCode,
  message: z.string(),
  hint: z.string().optional(),
  /** The user's own Python traceback, outermost call first. */
  traceback: z.string().optional(),
  /** Asked for again with one of these, it goes on. */
  choices: z.array(Choice).optional(),
});
export type Reason = z.infer<typeof Reason>;

/** The JSON body of an answer with a status of 400 or more. */
export const ErrorBody = z.object({ error: Reason, requestId: z.string().optional() });
export type ErrorBody = z.infer<typeof ErrorBody>;
