// slipway call: one request to a task, and its answer.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Connection, Session } from '../session.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { answerValue, infer } from '../inference.ts';
import { mediaTypeOf } from '../media-type.ts';
import { readSample, splitTarget } from '../samples.ts';
import { defineVerb } from '../verb.ts';

const Input = z.strictObject({
  task: z.string(),
  file: z.string().optional(),
  sample: z.union([z.string(), z.boolean()]).optional(),
  data: z.string().optional(),
  type: z.string().optional(),
});

interface Body {
  readonly bytes: Buffer;
  readonly contentType: string;
}

export const call = defineVerb({
  name: 'call',
  summary: 'Send one request to a task and print the answer',
  arguments: [
    ['<task>', 'name of the task, or <task>@<version>'],
    ['[file]', 'file to send; - reads standard input'],
  ],
  options: [
    ['--sample [name]', 'send a sample of the service: the first one, or the one of this name'],
    ['--data <json>', 'send this JSON'],
    ['--type <media-type>', 'content type (default: by the name of the file)'],
  ],
  input: Input,
  async run(session, input) {
    const connection = await session.connect();
    const { task, version } = splitTarget(input.task);
    const body = await readBody(session, connection, input);
    const path = encodeURIComponent(task) + (version === undefined ? '' : `@${encodeURIComponent(version)}`);
    session.progress.tick(`Calling ${input.task}`);
    const answer = await infer({
      url: new URL(`/${path}`, connection.info.inference).href,
      body: body.bytes,
      contentType: input.type ?? body.contentType,
      signal: session.signal,
      ca: connection.ca,
    });
    const { status, requestId, replica, batch, timeMs } = answer;
    session.progress.end();
    if (session.json) {
      const value = { status, answer: answerValue(answer), version: answer.version, replica, batch, requestId, timeMs };
      session.print(value, () => []);
      return exitCode.done;
    }
    session.terminal.stdout.write(answer.body);
    if (answer.body.at(-1) !== 0x0a && session.terminal.stdout.isTTY === true) session.terminal.stdout.write('\n');
    const facts = [answer.version, replica, batch === null ? null : `batch ${batch}`, showDuration(timeMs)];
    session.say(session.paintError(facts.filter((fact) => fact !== null).join(' · '), 'quiet'));
    return exitCode.done;
  },
});

async function readBody(session: Session, connection: Connection, input: z.output<typeof Input>): Promise<Body> {
  const { file, sample, data } = input;
  if ([file, sample, data].filter((one) => one !== undefined && one !== false).length !== 1) {
    throw new SlipwayError('usage', 'Say what to send: a file, --sample or --data, one of them.', {
      hint: `For example: slipway call ${input.task} --sample`,
    });
  }
  if (data !== undefined) {
    checkJson(data);
    return { bytes: Buffer.from(data), contentType: 'application/json' };
  }
  if (file === '-') return { bytes: await readAll(session), contentType: 'application/octet-stream' };
  if (file !== undefined) {
    const bytes = await readFile(resolve(session.terminal.cwd, file)).catch((error: unknown) => {
      throw new SlipwayError('path_missing', `${file} cannot be read.`, { hint: 'Check the path.', cause: error });
    });
    return { bytes, contentType: mediaTypeOf(file) };
  }
  if (session.remote !== undefined) {
    throw new SlipwayError('usage', 'The samples of a remote are not on this machine.', {
      hint: 'Name a file of the samples folder instead: `slipway call <task> samples/<file> --to <remote>`.',
    });
  }
  const { task, version } = splitTarget(input.task);
  const view = await connection.client.call('getTask', { params: { task } }, { signal: session.signal });
  const found = await readSample(session.home, view, version, typeof sample === 'string' ? sample : undefined);
  return { bytes: found.body, contentType: mediaTypeOf(found.name) };
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new SlipwayError('usage', `--data is not JSON: ${(error as Error).message}.`, {
      hint: "Quote it for the shell, for example --data '[1, 2, 3]'.",
    });
  }
}

async function readAll(session: Session): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of session.terminal.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
