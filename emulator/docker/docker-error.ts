// What the Docker Engine, or the way to it, answers instead of a result, as an error of ours.
import { SlipwayError, toSlipwayError } from '../common/errors.ts';

const unreachable = new Set([
  ...['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EACCES', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...[
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
]);

/** HTTP status of an answer of the Engine; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** The message of an answer of the Engine, without what the client puts around it. */
export function messageOf(error: unknown): string {
  const { json, message } = (error ?? {}) as { json?: { message?: unknown } | null; message?: unknown };
  const said = typeof json?.message === 'string' ? json.message : typeof message === 'string' ? message : String(error);
  return said.trim();
}

/** Whether nobody answered at all. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof SlipwayError) return error.code === 'docker_unreachable';
  if (statusOf(error) !== undefined) return false;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return unreachable.has(String(code)) || /socket hang up|aborted before/i.test(String(message));
}

/** @param doing what was asked of the Engine, as in "start a container". */
export function dockerError(error: unknown, doing: string): SlipwayError {
  if (error instanceof SlipwayError) return error;
  const message = messageOf(error);
  if (isUnreachable(error)) {
    const { code } = error as { code?: unknown };
    const hint = code === 'EACCES' ? { hint: 'Add your user to the group `docker`, and log in again.' } : {};
    return new SlipwayError('docker_unreachable', `No Docker Engine answered (${message}).`, { ...hint, cause: error });
  }
  if (statusOf(error) === undefined) return toSlipwayError(error);
  if (/could not select device driver|nvidia-container|unresolvable CDI devices|CDI device injection/i.test(message)) {
    return new SlipwayError('gpu_unavailable', `The Engine cannot ${doing} with GPUs: ${message}`, { cause: error });
  }
  if (/no space left on device/i.test(message)) {
    const hint = 'Free some; `docker system df` shows what Docker keeps.';
    return new SlipwayError('disk_full', `The disk of the Docker Engine is full: ${message}`, { hint, cause: error });
  }
  return new SlipwayError('docker_refused', `The Engine did not ${doing}: ${message}`, { cause: error });
}
