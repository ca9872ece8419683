// The rows of the table of errors that are about trying a platform out: faults, captured batches, debugging.
import { row, type ErrorRow } from './row.ts';

export const rehearsalErrors = {
  batch_not_found: row(
    404,
    'user',
    'No captured batch of this id.',
    'List the captured ones with `slipway batches <task>`; only the newest are kept.',
  ),
  fault_refused: row(
    403,
    'user',
    'This platform does not let faults be injected.',
    'Rehearse on a local platform, or start this one with --allow-faults.',
  ),
  debug_unsupported: row(
    409,
    'user',
    'Replicas of this platform cannot be debugged from here.',
    'Debug on a local platform whose engine is `process`, from the same machine.',
  ),
  fault_unsupported: row(
    409,
    'user',
    'The engine of this platform cannot inject this fault.',
    'List those that it can with `slipway fault list`.',
  ),
  scenario_invalid: row(
    400,
    'user',
    'The scenario of a rehearsal does not fit its schema.',
    'Correct the named field; the schema is in schemas/json/scenario.json.',
  ),
  profile_invalid: row(
    400,
    'user',
    'A recorded profile does not fit its schema, or stands in for nothing here.',
    'Record it again with `slipway profile record`; the schema is in schemas/json/profile.json.',
  ),
} as const satisfies Record<string, ErrorRow>;
