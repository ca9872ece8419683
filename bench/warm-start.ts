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
const body = readFileSync(join(template, 'samples', 'digit-7.raw'));
const expected = '7';

export async function warmStart(): Promise<Row[]> {
  const python = await tensorflowPython();
  return [await times(python), await memory(python)];
}

/** From the order to the first answer. */
async function times(python: string): Promise<Row> {
  const fresh = await BenchEngine.start({ launch: 'direct', folder: template, python });
  const warm = await BenchEngine.start({ launch: 'nursery', folder: template, python });
  try {
    // The first of each also reads the libraries from disk, or is the one for which the parent is warmed.
    await fresh.oneMore(body, expected);
    await warm.oneMore(body, expected);
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = await fresh.oneMore(body, expected);
      pairs.push([await warm.oneMore(body, expected), theirs]);
    }
    return row('warm-start', 'ms to the first answer', pairs);
  } finally {
    await Promise.all([fresh.close(), warm.close()]);
  }
}

/** Of four replicas each, one kind after the other: those of the other kind would share pages too. */
async function memory(python: string): Promise<Row> {
  const [ours, theirs] = [await memoryOfFour('nursery', python), await memoryOfFour('direct', python)];
  return row('warm-memory', 'MiB (PSS) of four', [[ours, theirs]]);
}

async function memoryOfFour(launch: 'nursery' | 'direct', python: string): Promise<number> {
  const engine = await BenchEngine.start({ launch, folder: template, python });
  try {
    for (let replica = 0; replica < 4; replica++) await engine.oneMore(body, expected);
    if (launch === 'nursery') {
      const parent = sum(engine.parents().map(proportionalMebibytes));
      console.error(
        `  the warm parent itself: ${parent.toFixed(0)} MiB (PSS), mostly file pages that only it has mapped`,
      );
    }
    return sum(engine.pids().map(proportionalMebibytes));
  } finally {
    await engine.close();
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
