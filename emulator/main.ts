// The platform process: flags in, one line out when it is ready, and an orderly end on a signal or when its lifeline ends.
import { errorTable } from '../schemas/errors.ts';
import { systemClock } from './common/clock.ts';
import { toSlipwayError, type SlipwayError } from './common/errors.ts';
import { createLogger } from './common/log.ts';
import { parseFlags } from './platform/flags.ts';
import { Platform } from './platform/platform.ts';

const log = createLogger((line) => process.stderr.write(line), systemClock.now);

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2));
  const platform = new Platform({ flags, clock: systemClock, log, onShutdown: () => stop('shutdown') });
  const stop = (why: string): void => {
    log.info('platform is stopping', { why });
    platform.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('platform did not stop cleanly', { error });
        process.exit(3);
      },
    );
  };
  // Others may have found it meanwhile, and use it; it ends with the last of them.
  const stopUnheld = (): void => void platform.unheld().then(() => stop('lifeline'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  if (flags.lifeline)
    process.stdin
      .on('end', () => stopUnheld())
      .on('error', () => stopUnheld())
      .resume();
  const info = await platform.start();
  const { control, inference, tokenFile, pid } = info;
  process.stdout.write(`${JSON.stringify({ control, inference, tokenFile, pid })}\n`);
}

function fail(error: SlipwayError): void {
  log.error('platform did not start', { error });
  process.stdout.write(`${JSON.stringify({ error: error.toReason() })}\n`, () =>
    process.exit(errorTable[error.code].blame === 'platform' ? 3 : 1),
  );
}

// Whoever started it may be gone and its end of the pipe closed.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
main().catch((error: unknown) => fail(toSlipwayError(error)));
