// The processes of a cluster: `controller`, `gateway`, `bundles`, and `fetch`, which brings a pod its bundle and ends.
import { readFileSync } from 'node:fs';
import { systemClock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { createLogger } from '../common/log.ts';
import { slipwayVersion } from '../common/version.ts';
import { ClusterSecrets } from '../engine/kubernetes/secrets.ts';
import { BundlesRole } from './bundles-role.ts';
import { ControllerRole } from './controller-role.ts';
import { fetchBundle } from './fetch.ts';
import { GatewayRole } from './gateway-role.ts';
import type { RoleParts } from './role-parts.ts';
import { settingsFrom, tlsFrom } from './settings.ts';

interface Role extends Closeable {
  start(): Promise<void>;
}

const log = createLogger((line) => process.stdout.write(line), systemClock.now);

function roleOf(name: string): Role {
  const settings = settingsFrom(process.env);
  const secrets = new ClusterSecrets(readFileSync(settings.SLIPWAY_KEY_FILE, 'utf8').trim());
  const parts: RoleParts = { settings, tls: tlsFrom(settings.SLIPWAY_TLS), secrets, env: process.env, log };
  switch (name) {
    case 'controller':
      return new ControllerRole(parts);
    case 'gateway':
      return new GatewayRole(parts);
    case 'bundles':
      return new BundlesRole(parts);
    default:
      throw new SlipwayError('usage', `The role is controller, gateway, bundles or fetch, not "${name}".`);
  }
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? '';
  if (name === '--version') {
    process.stdout.write(`${slipwayVersion}\n`);
    return;
  }
  if (name === 'fetch') return fetchBundle(process.env, systemClock, log);
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
