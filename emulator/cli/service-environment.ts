// The environment that a service would get, made when it is not there yet.
import { dependenciesOf } from '../bundle/dependencies.ts';
import { Environments, type PreparedEnvironment } from '../bundle/environments.ts';
import { readManifest } from '../bundle/manifest.ts';
import { silentLogger } from '../common/log.ts';
import type { Session } from './session.ts';

/**
 * @param pins `fresh`: the newest packages that the requirements allow, whatever the lock file says
 * @throws python_missing, environment_failed, environment_cancelled
 */
export async function prepareEnvironment(
  session: Session,
  folder: string,
  pins: 'locked' | 'fresh' = 'locked',
): Promise<PreparedEnvironment> {
  const manifest = await readManifest(folder);
  const environments = new Environments({
    root: session.home.environments,
    log: silentLogger,
    clock: session.clock,
    env: session.terminal.env,
  });
  session.progress.step('Preparing the environment');
  const { lock, ...dependencies } = await dependenciesOf(folder, manifest);
  return environments.prepare({
    ...dependencies,
    lock: pins === 'locked' ? lock : undefined,
    folder,
    signal: session.signal,
    progress: (text) => session.progress.tick(text),
  });
}
