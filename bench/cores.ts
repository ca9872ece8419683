// Which core runs what: servers on one, load on the other, where the system can pin.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

export const canPin = process.platform === 'linux' && cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;

/** A command line that runs `command` on one core. */
export function onCore(core: 'server' | 'load', command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', core === 'server' ? '0' : '1', ...command] : command;
}

/** Throws when other work would spoil the figures. */
export function refuseBusyMachine(): void {
  const [oneMinute] = loadavg();
  if (oneMinute! > cpus().length * 0.4) {
    throw new Error(
      `the machine is busy (load ${oneMinute!.toFixed(2)} on ${cpus().length} cores): wait, or run with --force`,
    );
  }
}

/** numpy's own choice of kernels, not one that a machine's environment forces on it. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _forced, ...environment } = process.env;
  return environment;
}

/** What a figure depends on: versions, cores, load. */
export function surroundings(): string {
  const python = spawnSync(process.env['SLIPWAY_PYTHON'] ?? 'python3', ['--version'], { encoding: 'utf8' });
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  const pinned = canPin ? 'servers on core 0, load on core 1' : 'not pinned';
  return `Node ${process.version}, ${python.status === 0 ? python.stdout.trim() : 'no Python'}, ${process.platform} ${release()}, ${cpus().length} x ${model} (${pinned}), load ${load}`;
}
