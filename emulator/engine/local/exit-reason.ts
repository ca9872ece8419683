// Why a worker process ended, in words for the user. Pure.
import type { Reason } from '../../../schemas/errors.ts';
import { SlipwayError } from '../../common/errors.ts';
import type { WorkerExit } from './launcher.ts';

export interface Ending extends WorkerExit {
  /** What it was doing: `starting`, `loading`, `ready` or `draining`. */
  readonly phase: string;
  /** What the worker itself said: its class could not be loaded. */
  readonly told?: Reason;
  /** Why the engine ended it. */
  readonly killed?: Reason;
  /** The kernel ended something for want of memory meanwhile. */
  readonly systemOutOfMemory: boolean;
  /** Its last lines on stderr. */
  readonly tail: string;
}

const signalMeanings: Readonly<Record<string, string>> = {
  SIGSEGV: 'segmentation fault: a native library, or recursion that exhausted the stack',
  SIGABRT: 'abort: a native library gave up',
  SIGBUS: 'bus error',
  SIGFPE: 'arithmetic fault in native code',
  SIGILL: 'illegal instruction: a library built for another processor',
  SIGKILL: 'someone or the system killed it',
  SIGTERM: 'someone asked it to end',
};

export function exitReason(ending: Ending): Reason {
  if (ending.told !== undefined) return ending.told;
  if (ending.killed !== undefined) return withTail(ending.killed, ending.tail);
  if (ending.reason !== undefined) return withTail(ending.reason, ending.tail);
  if (ending.signal === 'SIGKILL' && ending.systemOutOfMemory) {
    return reason('replica_oom', 'the system ran out of memory and ended the worker', ending);
  }
  if (ending.signal !== null) {
    const meaning = signalMeanings[ending.signal];
    const what = meaning === undefined ? ending.signal : `${ending.signal} (${meaning})`;
    return reason('replica_killed', `the worker was ended by ${what} while it was ${ending.phase}`, ending);
  }
  const early = ending.phase === 'ready' || ending.phase === 'draining' ? '' : ', before it was ready';
  return reason('replica_exited', `the worker exited with code ${ending.code ?? 0} by itself${early}`, ending);
}

function reason(code: Reason['code'], message: string, { tail }: Ending): Reason {
  return withTail(new SlipwayError(code, message).toReason(), tail);
}

function withTail(reason: Reason, tail: string): Reason {
  return tail === '' ? reason : { ...reason, message: `${reason.message}; last lines of stderr:\n${tail}` };
}
