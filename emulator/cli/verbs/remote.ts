// slipway remote: the platforms elsewhere that this user knows by a name.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Remotes, type NamedRemote } from '../../client/remotes.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

export const remoteAdd = defineVerb({
  name: 'remote add',
  reach: 'local',
  summary: 'Give a name to a platform elsewhere; then `slipway login <name>`',
  arguments: [
    ['<name>', 'name of the remote'],
    ['<url>', 'URL of its control API, such as https://slipway.example.com:7443'],
  ],
  options: [
    ['--ca <file>', 'PEM of the authority of its certificate, or of the certificate (default: what the system trusts)'],
    ['--inference <url>', 'URL of its gateway (default: as the platform says)'],
  ],
  input: z.strictObject({
    name: z.string(),
    url: z.url({ protocol: /^https?$/, error: 'write it like https://slipway.example.com:7443' }),
    ca: z.string().optional(),
    inference: z.url({ protocol: /^https?$/ }).optional(),
  }),
  async run(session, { name, url, ca, inference }) {
    const remote = await new Remotes(session.home).add(name, {
      url,
      ...(inference === undefined ? {} : { inference }),
      ...(ca === undefined ? {} : { ca: await certificate(session, ca) }),
    });
    session.print(shown(remote), () => [`${name} is ${remote.url}.`, `  log in: slipway login ${name}`]);
    return exitCode.done;
  },
});

export const remoteList = defineVerb({
  name: 'remote list',
  reach: 'local',
  summary: 'List the remotes',
  input: z.strictObject({}),
  async run(session) {
    const remotes = await new Remotes(session.home).list();
    session.print({ remotes: remotes.map(shown) }, () => {
      if (remotes.length === 0) return ['No remotes yet. Add one with `slipway remote add <name> <url>`.'];
      const columns = [{ title: 'NAME' }, { title: 'URL' }];
      return session.table(
        columns,
        remotes.map(({ name, url }) => [{ text: name }, { text: url }]),
      );
    });
    return exitCode.done;
  },
});

export const remoteRemove = defineVerb({
  name: 'remote remove',
  reach: 'local',
  summary: 'Forget a remote and its token; nothing changes there',
  arguments: [['<name>', 'name of the remote']],
  input: z.strictObject({ name: z.string() }),
  async run(session, { name }) {
    await new Remotes(session.home).remove(name);
    session.print({ removed: name }, () => [`${name} is forgotten.`]);
    return exitCode.done;
  },
});

function shown({ ca, ...remote }: NamedRemote): object {
  return { ...remote, pinned: ca !== undefined };
}

async function certificate(session: Session, file: string): Promise<string> {
  const path = resolve(session.terminal.cwd, file);
  try {
    const text = await readFile(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw new SlipwayError('usage', `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  throw new SlipwayError('usage', `${path} holds no certificate in PEM.`, {
    hint: 'It begins with -----BEGIN CERTIFICATE-----.',
  });
}
