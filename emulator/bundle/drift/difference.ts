// What differs between a service and its target, as a finding; and which of two releases is the later one. Pure.
import type { Wish } from '../fix/wish.ts';
import { finding, type Finding } from '../finding.ts';
import { lockName } from '../lock-file.ts';
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

/** What was found, and the change to the service folder that would end it, if there is one. */
export type Difference = Finding & { readonly wish?: Wish };

export function mismatch(message: string, hint: string, file: string, wish?: Wish): Difference {
  return { ...finding('target_mismatch', message, file, { hint }), ...(wish === undefined ? {} : { wish }) };
}

export function caution(message: string, hint: string, file: string, wish?: Wish): Difference {
  return { ...mismatch(message, hint, file, wish), severity: 'warning' };
}

/** The lock file is for something else: what is installed is not what was tried. */
export function staleLock(message: string): Difference {
  return caution(message, 'Lock it again with `slipway env lock`.', lockName, { kind: 'lock' });
}
