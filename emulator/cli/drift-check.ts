// The drift gate of commands: where a service is compared with, and what a publish does about what is found.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Target } from '../../schemas/target.ts';
import { driftFindings, readTarget } from '../bundle/drift/gate.ts';
import { thisMachine } from '../bundle/drift/this-machine.ts';
import type { Discovery } from '../bundle/python.ts';
import type { SlipwayClient } from '../client/client.ts';
import { connect, findPlatform } from '../client/local-platform.ts';
import { Remotes } from '../client/remotes.ts';
import { SlipwayError } from '../common/errors.ts';
import { refuseErrors } from './service-folder.ts';
import type { Session } from './session.ts';

/**
 * The target of a name: `local`, a remote, or a file. @param known the interpreters of this machine
 * @throws path_missing, manifest_invalid, and what a remote answers
 */
export async function findTarget(session: Session, name: string, known?: Discovery): Promise<Target> {
  if (name === 'local') return localTarget(session, known);
  const file = resolve(session.terminal.cwd, name);
  const isRemote = (await new Remotes(session.home).list()).some((remote) => remote.name === name);
  if (!isRemote || (/[./\\]/.test(name) && existsSync(file))) return readTarget(file);
  const { client } = await session.connectRemote(name);
  return platformTarget(client, name, session.signal);
}

/** The running platform knows its engine; without one, this machine is what it would run on. */
async function localTarget(session: Session, known: Discovery | undefined): Promise<Target> {
  const info = await findPlatform(session.home);
  if (info === undefined) return thisMachine('local', session.signal, known);
  const client = session.closer.add(await connect(info));
  return platformTarget(client, 'local', session.signal);
}

/** What a platform says of itself, under the name by which the user knows it. */
async function platformTarget(client: SlipwayClient, name: string, signal: AbortSignal): Promise<Target> {
  return { ...(await client.call('getTarget', {}, { signal })), name };
}

/**
 * Before a publish: differences that would break the service refuse it, all others are told.
 * @throws target_mismatch with all of them, and what `slipway check --target` throws
 */
export async function refuseDrift(
  session: Session,
  client: SlipwayClient,
  { folder, remote }: { readonly folder: string; readonly remote: string },
): Promise<void> {
  session.progress.step(`Comparing with ${remote}`);
  let target: Target;
  try {
    target = await platformTarget(client, remote, session.signal);
  } catch (error) {
    // A platform that cannot tell is no reason to refuse: it will say itself what does not work there.
    if (!(error instanceof SlipwayError) || !silent.has(error.code)) throw error;
    session.say(`warning: not compared with ${remote}: ${error.message}`);
    return;
  }
  const findings = await driftFindings(folder, target, session.signal);
  refuseErrors(session, findings, ' To publish it all the same: --ignore-drift.');
}

/** An image that nobody described, and a platform from before there were targets. */
const silent: ReadonlySet<SlipwayError['code']> = new Set(['target_unknown', 'route_not_found']);
