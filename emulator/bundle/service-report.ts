// Runs a module of the runtime over a service folder, in the environment that the service would get, and reads the report that it prints.
import type { z } from 'zod';
import { errorCodes } from '../../schemas/errors.ts';
import type { ReportFailure } from '../../schemas/report-failure.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import { runProcess, type RunResult } from './run-process.ts';

export interface ReportOptions {
  readonly module: string;
  readonly folder: string;
  readonly arguments: readonly string[];
  /** The interpreter of the service's environment. */
  readonly python: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** What is done meanwhile, for errors: "the contract was tried". */
  readonly doing: string;
  readonly signal: AbortSignal;
}

/** @throws load_timeout, load_failed and what a replica would fail with */
export async function reportOf<T extends object>(
  schema: z.ZodType<T>,
  options: ReportOptions,
): Promise<Exclude<T, ReportFailure>> {
  const { module, folder, python, timeoutMs, maxOutputBytes, signal } = options;
  const result = await runProcess(python, ['-s', '-m', module, folder, ...options.arguments], {
    cwd: runtimeFolder,
    env: { ...process.env, PYTHONPATH: runtimeFolder, PYTHONUTF8: '1' },
    ...{ timeoutMs, maxOutputBytes, signal },
  });
  const report = schema.safeParse(result.kind === 'ended' ? parseJson(result.stdout) : undefined);
  if (!report.success) throw unexplained(result, options.doing);
  if (!hasFailed(report.data)) return report.data as Exclude<T, ReportFailure>;
  const { code, message, hint, traceback } = report.data.failure;
  const known = errorCodes.find((each) => each === code) ?? 'load_failed';
  throw new SlipwayError(known, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(traceback === undefined ? {} : { traceback }),
  });
}

function hasFailed(report: object): report is ReportFailure {
  return 'failure' in report;
}

function unexplained(result: RunResult, doing: string): SlipwayError {
  const why = result.kind === 'ended' ? (result.why ?? '') : result.why;
  const traceback = result.kind === 'ended' ? result.stderr.slice(-4000) : '';
  if (why.startsWith('did not end within')) {
    return new SlipwayError('load_timeout', `The service did not load and answer in time (${why}).`, { traceback });
  }
  return new SlipwayError('replica_exited', `The process ended while ${doing}: ${why}`, { traceback });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}
