// slipway load: requests at a rate or from a number of clients, and what became of each.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Scenario } from '../../../schemas/scenario.ts';
import { SlipwayError } from '../../common/errors.ts';
import { randomHex, seededRandom } from '../../common/random.ts';
import { examples, figuresOf, tallies } from '../../rehearsal/history.ts';
import { Load } from '../../rehearsal/load.ts';
import { payloadsOf, type Payloads } from '../../rehearsal/payloads.ts';
import { Sender } from '../../rehearsal/sender.ts';
import { tellEachSecond } from '../../rehearsal/tally.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { modelNote, modelsAmong } from '../profiles.ts';
import { mediaTypeOf } from '../media-type.ts';
import { readTraces } from '../read-traces.ts';
import { readSample } from '../samples.ts';
import type { Connection, Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Input = z.strictObject({
  task: z.string(),
  files: z.array(z.string()).default([]),
  rate: z.coerce.number().positive().max(100_000).optional(),
  clients: WholeNumber.optional(),
  trace: z.string().optional(),
  poisson: z.boolean().default(false),
  duration: z.coerce.number().positive().max(86_400).default(10),
  seed: WholeNumber.default(1),
  history: z.string().optional(),
});

export const load = defineVerb({
  name: 'load',
  summary: 'Send requests to a task and tell what became of them',
  arguments: [
    ['<task>', 'name of the task'],
    ['[files...]', 'bodies to send in turn (default: the first sample of the service)'],
  ],
  options: [
    ['--rate <requests>', 'open loop: so many a second, however slow the answers are'],
    ['--poisson', 'with --rate: at random times instead of regular ones'],
    ['--clients <count>', 'closed loop: so many clients, each with one request at a time'],
    ['--trace <file>', 'at the recorded times of this file: milliseconds, one a line'],
    ['--duration <seconds>', 'how long (default: 10)'],
    ['--seed <number>', 'of --poisson (default: 1)'],
    ['--history <file>', 'write one line of JSON a request'],
  ],
  input: Input,
  async run(session, input): Promise<ExitCode> {
    const connection = await session.connect();
    const { signal, clock } = session;
    const { cwd } = session.terminal;
    const phase = phaseOf(input);
    const { load: phases } = Scenario.parse({ name: 'load', load: [phase] });
    const { task } = input;
    const before = await connection.client.call('getTask', { params: { task } }, { signal });
    const url = new URL(`/${task}`, connection.info.inference).href;
    const payloads = await bodies(session, connection, input);
    const traces = await readTraces({ load: phases }, cwd);
    const sender = session.closer.add(new Sender(url));
    session.progress.step(`Sending requests to ${url}`);
    const idPrefix = `load-${randomHex(4)}`;
    const random = seededRandom(input.seed);
    const trace = (path: string): readonly number[] => traces.get(path) ?? [];
    const sending = new Load({ sender, payloads, answers: 'any', idPrefix, random, clock, signal, trace });
    const endTelling = tellEachSecond(
      sending,
      (line) => session.progress.step(line),
      (...wait) => clock.after(...wait),
    );
    await sending
      .run(phases)
      .catch((error: unknown) => {
        // What was seen until Ctrl-C is told all the same.
        if (!signal.aborted) throw error;
      })
      .finally(endTelling);
    const { records, nowMs } = sending;
    const figures = figuresOf(records, undefined, null);
    const counted = tallies(records);
    // A version may have come meanwhile; after Ctrl-C nothing is asked any more.
    const view = await connection.client.call('getTask', { params: { task } }, { signal }).catch(() => before);
    const modelled = modelsAmong(view.versions.filter(({ id }) => id in counted.versions));
    const models = Object.entries(modelled);
    const value = { task, durationMs: nowMs, ...figures, ...counted, ...(models.length === 0 ? {} : { modelled }) };
    if (input.history !== undefined) {
      await writeFile(resolve(cwd, input.history), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    }
    const show = (ms: number | null): string => (ms === null ? '–' : showDuration(ms));
    session.print(value, () => [
      `${figures.requests} requests in ${showDuration(nowMs)}, ${(figures.answered / (nowMs / 1000)).toFixed(0)} answers a second`,
      `p50 ${show(figures.p50Ms)}, p99 ${show(figures.p99Ms)}; lost ${figures.lost}, refused ${figures.refused}`,
      ...models.map(([version, device]) => modelNote(version, device)),
      `by version: ${JSON.stringify(value.versions)}; by status: ${JSON.stringify(value.statuses)}`,
      ...examples(records, 5),
    ]);
    if (signal.aborted) return exitCode.interrupted;
    return figures.lost === 0 ? exitCode.done : exitCode.user;
  },
});

function phaseOf({ rate, clients, trace, poisson, duration }: z.output<typeof Input>): unknown {
  if ([rate, clients, trace].filter((given) => given !== undefined).length !== 1) {
    throw new SlipwayError('usage', 'Say how to send: --rate, --clients or --trace, one of them.', {
      hint: 'For example: slipway load mnist --rate 200 --duration 10',
    });
  }
  const forMs = Math.round(duration * 1000);
  if (rate !== undefined) return { rate, forMs, arrivals: poisson ? 'poisson' : 'constant' };
  return clients !== undefined ? { clients, forMs } : { trace };
}

async function bodies(
  session: Session,
  connection: Connection,
  { task, files }: z.output<typeof Input>,
): Promise<Payloads> {
  if (files.length > 0) return payloadsOf({ kind: 'files', paths: files }, session.terminal.cwd);
  const view = await connection.client.call('getTask', { params: { task } }, { signal: session.signal });
  const sample = await readSample(session.home, view, undefined);
  const body = { bytes: sample.body, contentType: mediaTypeOf(sample.name) };
  return () => body;
}
