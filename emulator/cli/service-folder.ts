// From a service folder to a bundle on the platform: check, pack, upload.
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Profile } from '../../schemas/profile.ts';
import { checkService, type Finding } from '../bundle/check.ts';
import { packFolder, type PackedBundle } from '../bundle/pack.ts';
import { stageProfile } from '../bundle/profile.ts';
import type { SlipwayClient } from '../client/client.ts';
import { SlipwayError } from '../common/errors.ts';
import { count, showBytes } from './figures.ts';
import type { Session } from './session.ts';

/** The folder without links, so that messages and watchers speak of one path. @throws SlipwayError `path_missing` */
export async function serviceFolder(session: Session, folder: string): Promise<string> {
  const path = resolve(session.terminal.cwd, folder);
  try {
    return await realpath(path);
  } catch (error) {
    throw new SlipwayError('path_missing', `There is no folder ${path}.`, {
      hint: 'Name the folder that holds slipway.json.',
      cause: error,
    });
  }
}

/** Says the warnings of `slipway check`. @throws SlipwayError its first error, with all of them in the message */
export async function refuseFaulty(
  session: Session,
  folder: string,
  packing: 'careful' | 'forced',
  { signal = session.signal, python }: { readonly signal?: AbortSignal; readonly python?: string | undefined } = {},
): Promise<void> {
  const findings = await checkService(folder, { signal, ...(python === undefined ? {} : { python }) });
  refuseErrors(
    session,
    findings.filter(({ code }) => !(packing === 'forced' && code === 'bundle_secret')),
  );
}

/** Says the warnings. @param wayOut is added to the hint. @throws SlipwayError the first error, with all in its message */
export function refuseErrors(session: Session, findings: readonly Finding[], wayOut = ''): void {
  for (const one of findings.filter(({ severity }) => severity === 'warning')) {
    session.say(`warning: ${showFinding(one)}\n  ${one.hint}`);
  }
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  throw new SlipwayError(first.code, errors.map(showFinding).join('\n'), { hint: `${first.hint}${wayOut}` });
}

/** `mnist.py:12:5: message` */
export function showFinding({ file, line, column, message }: Finding): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${place}: ${message}`;
}

/**
 * Packs the folder and makes sure that the platform has the bundle.
 * @param fits asked of a folder that is in order, before anything is sent; throws to refuse it
 * @param profile stands in for the service
 */
export async function bring(
  session: Session,
  client: SlipwayClient,
  folder: string,
  packing: 'careful' | 'forced',
  fits?: () => Promise<void>,
  profile?: Profile,
): Promise<PackedBundle> {
  session.progress.step('Checking the service');
  await refuseFaulty(session, folder, packing);
  await fits?.();
  if (profile === undefined) return send(session, client, folder, packing);
  const staged = await stageProfile(folder, profile);
  try {
    return await send(session, client, staged.folder, packing);
  } finally {
    await staged.remove();
  }
}

async function send(
  { signal, progress }: Session,
  client: SlipwayClient,
  folder: string,
  packing: 'careful' | 'forced',
): Promise<PackedBundle> {
  progress.step('Packing');
  const bundle = await packFolder(folder, { signal, force: packing === 'forced' });
  const what = `${count(bundle.files.length, 'file')}, ${showBytes(bundle.bytes)}`;
  progress.step(`Uploading ${what}`);
  await client.upload(
    bundle,
    (bytes) => progress.tick(`Uploading ${what}: ${Math.floor((100 * bytes) / bundle.bytes)}%`),
    { signal },
  );
  return bundle;
}
