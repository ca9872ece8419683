// slipway token: who may use a platform from elsewhere. Needs the role admin, which the user of a local platform has.
import { z } from 'zod';
import { Role } from '../../../schemas/access.ts';
import { exitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

export const tokenCreate = defineVerb({
  name: 'token create',
  summary: 'Make a token; it is shown once',
  arguments: [['<name>', 'what it is for, such as ci']],
  options: [
    ['--role <role>', 'viewer, publisher or admin (default: publisher)'],
    ['--days <count>', 'days until it expires (default: never)'],
  ],
  input: z.strictObject({ name: z.string(), role: Role.default('publisher'), days: WholeNumber.optional() }),
  async run(session, { name, role, days }) {
    const { client } = await session.connect();
    const body = { name, role, ...(days === undefined ? {} : { days }) };
    const made = await client.call('createToken', { body }, { signal: session.signal });
    session.print(made, () => [made.token]);
    session.say(`Token ${made.id} (${role}): it is shown only now.`);
    return exitCode.done;
  },
});

export const tokenList = defineVerb({
  name: 'token list',
  summary: 'List the tokens',
  input: z.strictObject({}),
  async run(session) {
    const { client } = await session.connect();
    const list = await client.call('listTokens', {}, { signal: session.signal });
    session.print(list, () => {
      if (list.tokens.length === 0) return ['No tokens yet.'];
      const now = session.clock.now();
      return session.table(
        [{ title: 'ID' }, { title: 'NAME' }, { title: 'ROLE' }, { title: 'AGE', align: 'right' }, { title: 'EXPIRES' }],
        list.tokens.map(({ id, name, role, createdAt, expiresAt }) => [
          { text: id },
          { text: name },
          { text: role },
          { text: showDuration(Math.max(0, now - createdAt)) },
          { text: expiresAt === null ? 'never' : new Date(expiresAt).toISOString().slice(0, 10) },
        ]),
      );
    });
    return exitCode.done;
  },
});

export const tokenRevoke = defineVerb({
  name: 'token revoke',
  summary: 'Take a token back; whoever has it is refused from now on',
  arguments: [['<id>', 'id of the token']],
  input: z.strictObject({ id: z.string() }),
  async run(session, { id }) {
    const { client } = await session.connect();
    await client.call('revokeToken', { params: { token: id } }, { signal: session.signal });
    session.print({ revoked: id }, () => [`Token ${id} is revoked.`]);
    return exitCode.done;
  },
});
