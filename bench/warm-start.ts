// Replicas of the TensorFlow template, forked from the warm parent, against fresh processes: time from the order to the
// first answer, and the memory of four.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, templatesFolder } from '../emulator/common/assets.ts';
import { systemClock } from '../emulator/common/clock.ts';
import { homeAt } from '../emulator/common/home.ts';
import { silentLogger } from '../emulator/common/log.ts';
import { Environments } from '../emulator/bundle/environments.ts';
import { readManifest } from '../emulator/bundle/manifest.ts';
import { resolveRequirements } from '../emulator/bundle/requirements.ts';
import { BenchEngine } from './engine.ts';
import { proportionalMebibytes } from './processes.ts';
import { row, type Row } from './row.ts';

const rounds = 4;
const template = join(templatesFolder, 'tensorflow');

export async function warmStart(): Promise<Row[]> {
  const python = await tensorflowPython();
  const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
  const fresh = await BenchEngine.start({ launch: 'direct', folder: template, python });
  const warm = await BenchEngine.start({ launch: 'nursery', folder: template, python });
  try {
    // The first of each also reads the libraries from disk, or is the one for which the parent is warmed.
    await fresh.oneMore(body, '7');
    await warm.oneMore(body, '7');
    const times: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = await fresh.oneMore(body, '7');
      times.push([await warm.oneMore(body, '7'), theirs]);
    }
    // The parent's own share counts as ours.
    const ours = sum([...warm.pids().slice(0, 4), ...warm.parents()].map(proportionalMebibytes));
    const theirs = sum(fresh.pids().slice(0, 4).map(proportionalMebibytes));
    return [
      row('warm-start', 'ms to the first answer', times),
      row('warm-memory', 'MiB (PSS) of four', [[ours, theirs]]),
    ];
  } finally {
    await Promise.all([fresh.close(), warm.close()]);
  }
}

/** The environment of the template, kept where the demo keeps its own. */
async function tensorflowPython(): Promise<string> {
  const manifest = await readManifest(template);
  const { environments } = homeAt(join(packageRoot, '.build', 'demo-home'));
  const prepared = await new Environments({ root: environments, log: silentLogger, clock: systemClock }).prepare({
    requirements: await resolveRequirements(template, manifest),
    python: manifest.python,
    folder: template,
    signal: new AbortController().signal,
    progress: (text) => console.error(`  environment: ${text}`),
  });
  return prepared.python;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
