// The rows of the table of errors that are about who may ask for what, and what can be done with a task.
import { row, type ErrorRow } from './row.ts';

export const commandErrors = {
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
  media_type_required: row(415, 'user', 'A change of state needs a JSON body.', 'Send content-type: application/json.'),
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
} as const satisfies Record<string, ErrorRow>;
