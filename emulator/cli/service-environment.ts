// The environment that a service would get, made when it is not there yet.
import { Environments, type PreparedEnvironment } from '../bundle/environments.ts';
import { readManifest } from '../bundle/manifest.ts';
import { resolveRequirements } from '../bundle/requirements.ts';
import { silentLogger } from '../common/log.ts';
import type { Session } from './session.ts';

/** @throws python_missing, environment_failed, environment_cancelled */
export async function prepareEnvironment(session: Session, folder: string): Promise<PreparedEnvironment> {
  const manifest = await readManifest(folder);
  const environments = new Environments({
    root: session.home.environments,
    log: silentLogger,
    clock: session.clock,
    env: session.terminal.env,
  });
  session.progress.step('Preparing the environment');
  return environments.prepare({
    requirements: await resolveRequirements(folder, manifest),
    python: manifest.python,
    folder,
    signal: session.signal,
    progress: (text) => session.progress.tick(text),
  });
}
