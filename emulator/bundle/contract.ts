// The batch contract of a service folder, tried in the environment that the service would get.
import { ContractReport } from '../../schemas/target.ts';
import { errorCodes } from '../../schemas/errors.ts';
import { toBytes, type Manifest } from '../../schemas/manifest.ts';
import { runtimeFolder } from '../common/assets.ts';
import { SlipwayError } from '../common/errors.ts';
import { finding, type Finding } from './finding.ts';
import { runProcess, type RunResult } from './run-process.ts';

/** Of all calls after the service has loaded. */
const callsMs = 180_000;

export interface ContractOptions {
  /** The interpreter of the service's environment. */
  readonly python: string;
  readonly seed?: number | undefined;
  /** Names of samples: only this batch is tried. */
  readonly batch?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** What the service does not keep, each with the smallest batch. @throws load_timeout, load_failed and what a replica would fail with */
export async function contractFindings(
  folder: string,
  manifest: Manifest,
  options: ContractOptions,
): Promise<Finding[]> {
  const { python, seed, batch, signal } = options;
  const more = [
    ...['--load-ms', String(manifest.timeouts.loadMs)],
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
    ...(batch === undefined ? [] : ['--batch', batch.join(',')]),
  ];
  const result = await runProcess(python, ['-s', '-m', 'slipway.contract', folder, ...more], {
    cwd: runtimeFolder,
    env: { ...process.env, PYTHONPATH: runtimeFolder, PYTHONUTF8: '1' },
    timeoutMs: manifest.timeouts.loadMs + callsMs,
    maxOutputBytes: Math.max(16 * 1024 * 1024, toBytes(manifest.limits.maxResultBytes)),
    signal,
  });
  const report = ContractReport.safeParse(result.kind === 'ended' ? parseJson(result.stdout) : undefined);
  if (!report.success) throw unexplained(result.kind === 'ended' ? (result.why ?? '') : result.why, tail(result));
  if ('failure' in report.data) {
    const { code, message, hint, traceback } = report.data.failure;
    const known = errorCodes.find((each) => each === code) ?? 'load_failed';
    throw new SlipwayError(known, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(traceback === undefined ? {} : { traceback }),
    });
  }
  return report.data.broken.map(({ property, message, batch: shown }) =>
    finding('contract_broken', `${property}: ${message}`, manifest.main ?? 'slipway.json', {
      hint:
        shown.length === 0
          ? 'Look for what each call of execute adds and does not take away.'
          : `Run this batch again: slipway check ${folder} --contract --batch ${shown.join(',')}`,
    }),
  );
}

function unexplained(why: string, traceback: string): SlipwayError {
  if (why.startsWith('did not end within')) {
    return new SlipwayError('load_timeout', `The service did not load and answer in time (${why}).`, { traceback });
  }
  return new SlipwayError('replica_exited', `The process ended while the contract was tried: ${why}`, { traceback });
}

function tail(result: RunResult): string {
  return result.kind === 'ended' ? result.stderr.slice(-4000) : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}
