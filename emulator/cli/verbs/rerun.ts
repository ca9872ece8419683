// slipway rerun: executes a captured batch again, in a ready replica or in a process of its own, and compares.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { BatchResult, RerunAnswer } from '../../../schemas/batches.ts';
import { SlipwayError } from '../../common/errors.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { showDuration } from '../figures.ts';
import { debugRerun } from '../debug-rerun.ts';
import { freshRerun, rerunFile } from '../fresh-rerun.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

const maxShown = 200;

export const rerun = defineVerb({
  name: 'rerun',
  summary: 'Execute a captured batch again as one batch, and compare its results',
  arguments: [['<batch>', 'id of the batch, as `slipway batches` shows it']],
  options: [
    ['--fresh', 'in a process of its own on this machine, not in a replica'],
    ['--debugger', 'only prepare it for a debugger, and print what an editor needs'],
    ['--to-file <file>', 'only write it to a file, for `python -m slipway.rerun` under a debugger'],
  ],
  input: z.strictObject({
    batch: z.string(),
    fresh: z.boolean().default(false),
    debugger: z.boolean().default(false),
    toFile: z.string().optional(),
  }),
  async run(session, { batch, fresh, toFile, debugger: prepare }): Promise<ExitCode> {
    const { client } = await session.connect();
    const { signal } = session;
    if (prepare) {
      const captured = await client.call('getBatch', { params: { batch } }, { signal });
      return debugRerun(session, rerunFile(session.home, captured));
    }
    if (fresh || toFile !== undefined) {
      const captured = await client.call('getBatch', { params: { batch } }, { signal });
      const file = rerunFile(session.home, captured);
      if (toFile === undefined) return freshRerun(session, file);
      const path = resolve(session.terminal.cwd, toFile);
      await writeFile(path, JSON.stringify(file), { mode: 0o600 }).catch((error: unknown) => {
        throw new SlipwayError('path_missing', `${path} cannot be written.`, { hint: 'Check the path.', cause: error });
      });
      session.print({ batch, file: path }, () => [
        `${path} holds ${batch}.`,
        `Execute it: python -m slipway.rerun ${path}`,
      ]);
      return exitCode.done;
    }
    session.progress.tick(`Executing ${batch} again`);
    const answer = await client.call('rerunBatch', { params: { batch }, body: {} }, { signal, timeoutMs: 90_000 });
    session.print(answer, () => show(session, answer));
    return answer.same ? exitCode.done : exitCode.user;
  },
});

function show(session: Session, { replica, executeMs, same, different, reason }: RerunAnswer): string[] {
  const { paint } = session;
  return [
    `Executed in ${replica} in ${showDuration(executeMs)}.`,
    same ? paint('All results are the same.', 'good') : paint(`${different.length} results differ:`, 'bad'),
    ...different.flatMap(({ index, request, before, after }) => [
      `item ${index} (${request})`,
      `  was ${showResult(before)}`,
      `  is  ${showResult(after)}`,
    ]),
    ...(reason === undefined ? [] : ['', reason.traceback ?? reason.message]),
  ];
}

function showResult({ status, contentType, body }: BatchResult): string {
  const bytes = Buffer.from(body, 'base64');
  const text = /json|text/.test(contentType)
    ? bytes.toString('utf8')
    : bytes.toString('latin1').replace(/[^ -~]/g, '.');
  return `${status} ${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text}`;
}
