// A file with a recorded trace: what `slipway scale record` writes, or milliseconds at which requests were sent, one a line.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LoadTrace } from '../../schemas/trace.ts';
import { SlipwayError } from '../common/errors.ts';

export type TraceFile =
  { readonly kind: 'load'; readonly trace: LoadTrace } | { readonly kind: 'times'; readonly times: readonly number[] };

/** @throws SlipwayError path_missing, scenario_invalid */
export async function readTraceFile(folder: string, path: string): Promise<TraceFile> {
  const text = await readFile(resolve(folder, path), 'utf8').catch((error: unknown) => {
    throw new SlipwayError('path_missing', `${path} cannot be read.`, { hint: 'Correct the path.', cause: error });
  });
  return text.trimStart().startsWith('{') ? { kind: 'load', trace: parseLoad(path, text) } : parseTimes(path, text);
}

function parseLoad(path: string, text: string): LoadTrace {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(path, `is not JSON: ${(error as Error).message}`, error);
  }
  const parsed = LoadTrace.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw wrong(path, `${issue.path.join('.')}: ${issue.message}`, parsed.error);
}

function parseTimes(path: string, text: string): TraceFile {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const times = lines.map(Number);
  const unfit = times.findIndex((time) => !Number.isFinite(time) || time < 0);
  if (unfit !== -1) throw wrong(path, `expected milliseconds, found "${lines[unfit]!.slice(0, 40)}"`);
  return { kind: 'times', times };
}

function wrong(path: string, what: string, cause?: unknown): SlipwayError {
  return new SlipwayError('scenario_invalid', `${path}: ${what}.`, {
    hint: 'Record one with `slipway scale record <task>`; its schema is schemas/json/load-trace.json.',
    cause,
  });
}
