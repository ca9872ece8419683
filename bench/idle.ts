// A platform with nothing to do: how much of a core, how much memory, how often it wakes up. "Theirs" is the limit we set.
import { cpuSeconds, residentMebibytes, sleeps } from './processes.ts';
import { row, type Row } from './row.ts';
import { withServers } from './servers.ts';

const settleMs = 5_000;
const seconds = 5;
const rounds = 5;
const limits = { coreShare: 0.005, mebibytes: 120, wakeUpsPerSecond: 1 };

export function idle(): Promise<Row[]> {
  return withServers(async (servers) => {
    const { pid } = await servers.platform();
    await pause(settleMs);
    const cores: number[] = [];
    const memory: number[] = [];
    const wakeUps: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = { cpu: cpuSeconds(pid), sleeps: sleeps(pid), at: performance.now() };
      await pause(seconds * 1000);
      const elapsed = (performance.now() - before.at) / 1000;
      cores.push((cpuSeconds(pid) - before.cpu) / elapsed);
      wakeUps.push((sleeps(pid) - before.sleeps) / elapsed);
      memory.push(residentMebibytes(pid));
    }
    const against = (name: string, unit: string, found: readonly number[], limit: number): Row =>
      row(
        name,
        unit,
        found.map((value) => [value, limit] as const),
      );
    return [
      against('idle-cpu', 'cores', cores, limits.coreShare),
      against('idle-memory', 'MiB resident', memory, limits.mebibytes),
      against('idle-wakeups', 'wake-ups/s', wakeUps, limits.wakeUpsPerSecond),
    ];
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
