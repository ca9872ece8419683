// What a request must say to be taken, and what it is refused with. Pure.
import type { IncomingMessage } from 'node:http';
import { SlipwayError } from '../common/errors.ts';
import type { VersionRoute } from '../router/table.ts';
import type { Target } from '../router/target.ts';
import { taskOfHost } from './access.ts';

const maxDeadlineMs = 86_400_000;

/** What a request of 2017 names: by its host, else by its header. */
export function namedService({ headers }: IncomingMessage): { task: string | undefined; version: string | undefined } {
  const byHost = taskOfHost(headers.host);
  if (byHost !== undefined) return byHost;
  const { serviceid } = headers;
  return { task: typeof serviceid === 'string' ? serviceid : undefined, version: undefined };
}

/** Where in a service that is a server itself a request goes. */
export type PassTarget = Pick<Target & { kind: 'pass' }, 'task' | 'version' | 'path'>;

export function passTargetOf(target: Target): PassTarget | undefined {
  if (target.kind === 'pass') return target;
  return target.kind === 'infer' && target.protocol === 'raw' ? { ...target, path: '/' } : undefined;
}

export function nothingThere({ url = '/' }: IncomingMessage): SlipwayError {
  return new SlipwayError('route_not_found', `there is nothing at ${url.slice(0, 200)}`);
}

export function tooLarge(bytes: number, most: number): SlipwayError {
  return new SlipwayError('request_too_large', `the body has ${bytes} bytes, and at most ${most} are allowed`);
}

export function allow(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method)
    throw new SlipwayError('method_not_allowed', `${request.method ?? ''} is not taken here, only ${method}`);
}

export function deadlineOf(header: string | string[] | undefined, defaultMs: number): number {
  if (header === undefined) return defaultMs;
  const ms = Number(header);
  if (!Number.isFinite(ms) || ms <= 0 || ms > maxDeadlineMs) {
    throw new SlipwayError(
      'request_malformed',
      `x-slipway-timeout-ms must be a number of milliseconds from 1 to ${maxDeadlineMs}`,
    );
  }
  return ms;
}

/** Nothing serves the version, and nothing is on its way: not executed. */
export function noReplica({ id, reason }: VersionRoute): SlipwayError {
  const why = reason === undefined ? '' : `: ${reason.message}`;
  return new SlipwayError('no_replica', `version ${id} has no replica${why}`);
}
