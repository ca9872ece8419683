// The rows of the table of errors that are about platforms, their machines and what starts them.
import { row, type ErrorRow } from './row.ts';

export const platformErrors = {
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
