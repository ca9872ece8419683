// The rows of the table of errors that are about replicas and where they are placed.
import { row, type ErrorRow } from './row.ts';

export const replicaErrors = {
  load_failed: row(
    400,
    'user',
    'The service could not be imported or its load_model raised.',
    'See the traceback; correct the service and update.',
  ),
  import_missing: row(
    400,
    'user',
    'The service imports a module that is not installed.',
    'Add the package that brings it to "requirements" in slipway.json; a file of your own belongs into the service folder.',
  ),
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
} as const satisfies Record<string, ErrorRow>;
