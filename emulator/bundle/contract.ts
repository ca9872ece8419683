// The batch contract of a service folder, tried in the environment that the service would get.
import { ContractReport } from '../../schemas/target.ts';
import { toBytes, type Manifest } from '../../schemas/manifest.ts';
import { finding, type Finding } from './finding.ts';
import { reportOf } from './service-report.ts';

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
  const report = await reportOf(ContractReport, {
    ...{ module: 'slipway.contract', folder, arguments: more, python, signal },
    timeoutMs: manifest.timeouts.loadMs + callsMs,
    maxOutputBytes: Math.max(16 * 1024 * 1024, toBytes(manifest.limits.maxResultBytes)),
    doing: 'the contract was tried',
  });
  return report.broken.map(({ property, message, batch: shown }) =>
    finding('contract_broken', `${property}: ${message}`, manifest.main ?? 'slipway.json', {
      hint:
        shown.length === 0
          ? 'Look for what each call of execute adds and does not take away.'
          : `Run this batch again: slipway check ${folder} --contract --batch ${shown.join(',')}`,
    }),
  );
}
