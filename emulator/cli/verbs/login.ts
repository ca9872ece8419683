// slipway login: a token for a remote, tried before it is kept.
import { z } from 'zod';
import { remoteClient, Remotes } from '../../client/remotes.ts';
import { exitCode } from '../failure.ts';
import { readSecret } from '../secret-input.ts';
import { defineVerb } from '../verb.ts';

export const login = defineVerb({
  name: 'login',
  reach: 'local',
  summary: 'Keep a token for a remote; it is read from standard input',
  arguments: [['<remote>', 'name of the remote']],
  input: z.strictObject({ remote: z.string() }),
  async run(session, { remote: name }) {
    const remotes = new Remotes(session.home);
    const remote = await remotes.get(name);
    const token = await readSecret(session, `Token for ${remote.url}: `);
    const client = session.closer.add(remoteClient(remote, token));
    const identity = await client.call('whoAmI', {}, { signal: session.signal });
    await remotes.keepToken(name, token);
    session.print({ remote: name, ...identity }, () => [
      `Logged in to ${name} as ${identity.name} (${identity.role}).`,
    ]);
    return exitCode.done;
  },
});
