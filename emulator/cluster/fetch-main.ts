// The process that brings a pod its bundle, before its worker. A file of its own: every pod waits for it to start, and
// what the other processes of a cluster import takes longer than the fetching.
import { systemClock } from '../common/clock.ts';
import { toSlipwayError } from '../common/errors.ts';
import { createLogger } from '../common/log.ts';
import { fetchBundle } from './fetch.ts';

const log = createLogger((line) => process.stdout.write(line), systemClock.now);

fetchBundle(process.env, systemClock, log).catch((error: unknown) => {
  log.error('the bundle was not fetched', { error: toSlipwayError(error).toReason() });
  process.exit(1);
});
