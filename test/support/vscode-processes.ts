// Processes of a code-server: its extension hosts, and what they left.
import { allPids, processEnvironment, processStatus } from '../../emulator/engine/local/processes.ts';
import { readFileSync } from 'node:fs';
import { isAlive } from './process-table.ts';

/** Living extension hosts whose environment names `home` as the home folder of platforms. */
export function extensionHosts(home: string): readonly number[] {
  return ofHome(home).filter((pid) => commandOf(pid).includes('--type=extensionHost'));
}

/** Platforms, command lines and workers of this home folder. */
export function platformProcesses(home: string): readonly number[] {
  return ofHome(home).filter((pid) => {
    const command = commandOf(pid);
    return /dist\/(platform|slipway)\.js/.test(command) || /slipway\.(nursery|worker)/.test(command);
  });
}

function ofHome(home: string): readonly number[] {
  return allPids().filter((pid) => {
    const env = isAlive(pid) ? processEnvironment(pid) : undefined;
    return env?.get('SLIPWAY_HOME') === home || env?.get('SLIPWAY_PLATFORM_HOME') === home;
  });
}

function commandOf(pid: number): string {
  try {
    return processStatus(pid) === undefined
      ? ''
      : readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
