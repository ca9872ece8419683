// What differs between a service and its target, as a finding; and which of two releases is the later one. Pure.
import { finding, type Finding } from '../finding.ts';
import { compareReleases, releaseOf } from '../python-range.ts';

export function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

export function major(version: string): string {
  return version.split('.')[0]!;
}

/** Whether `one` is of a later minor release than `other`; false when that cannot be told. */
export function isNewer(one: string, other: string): boolean {
  const [left, right] = [releaseOf(minor(one)), releaseOf(minor(other))];
  return left !== undefined && right !== undefined && compareReleases(left, right) > 0;
}

export function mismatch(message: string, hint: string, file: string): Finding {
  return finding('target_mismatch', message, file, { hint });
}

export function caution(message: string, hint: string, file: string): Finding {
  return finding('target_mismatch', message, file, { hint, severity: 'warning' });
}
