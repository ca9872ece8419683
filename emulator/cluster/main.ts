// The processes of a cluster that stay: `controller`, `gateway` and `bundles`.
import { readFileSync } from 'node:fs';
import { systemClock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { createLogger } from '../common/log.ts';
import { slipwayVersion } from '../common/version.ts';
import { ClusterSecrets } from '../engine/kubernetes/secrets.ts';
import { BundlesRole } from './bundles-role.ts';
import { Certificate } from './certificate.ts';
import { ControllerRole } from './controller-role.ts';
import { GatewayRole } from './gateway-role.ts';
import type { RoleParts } from './role-parts.ts';
import { settingsFrom } from './settings.ts';

interface Role extends Closeable {
  start(): Promise<void>;
}

const log = createLogger((line) => process.stdout.write(line), systemClock.now);

function roleOf(name: string): Role {
  const settings = settingsFrom(process.env);
  const secrets = new ClusterSecrets(readFileSync(settings.SLIPWAY_KEY_FILE, 'utf8').trim());
  const certificate = new Certificate({ folder: settings.SLIPWAY_TLS, clock: systemClock, log });
  const parts: RoleParts = { settings, certificate, secrets, env: process.env, log };
  switch (name) {
    case 'controller':
      return new ControllerRole(parts);
    case 'gateway':
      return new GatewayRole(parts);
    case 'bundles':
      return new BundlesRole(parts);
    default:
      throw new SlipwayError('usage', `The role is controller, gateway or bundles, not "${name}".`);
  }
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? '';
  if (name === '--version') {
    process.stdout.write(`${slipwayVersion}\n`);
    return;
  }
  const role = roleOf(name);
  const stop = (signal: string): void => {
    log.info('stopping', { signal });
    role.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('did not stop cleanly', { error });
        process.exit(3);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
  await role.start();
  log.info('started', { role: name });
}

main().catch((error: unknown) => {
  log.error('did not start', { error: toSlipwayError(error).toReason() });
  process.exit(1);
});
