// Orders to debug on their way to the engine: only where replicas are processes of this machine, and only by those on it.
import { isAbsolute, relative } from 'node:path';
import type { DebugTask } from '../../schemas/debug.ts';
import type { TaskName } from '../../schemas/ids.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Engine, EngineDebugging } from '../engine/engine.ts';

export interface DebugDeskOptions {
  readonly engine: Pick<Engine, 'kind' | 'debugging'>;
  /** Where environments are: a debugger is taken from nowhere else. Default: none. */
  readonly root?: string | undefined;
}

export class DebugDesk {
  readonly #options: DebugDeskOptions;

  constructor(options: DebugDeskOptions) {
    this.#options = options;
  }

  /**
   * @param from address of whoever asks
   * @throws SlipwayError debug_unsupported, api_invalid, replica_not_found, state_conflict
   */
  debug(task: TaskName, { replica, ...order }: DebugTask, from: string | undefined): void {
    const { root = '' } = this.#options;
    const debugging = this.#allowed(from);
    const within = relative(root, order.path);
    if (root === '' || within === '' || within.startsWith('..') || isAbsolute(within)) {
      throw new SlipwayError('api_invalid', `path: expected a folder in ${root}, found ${order.path}.`);
    }
    if (replica === undefined) debugging.arm(task, order);
    else debugging.attach(replica, order);
  }

  /** The next start is not debugged. @throws SlipwayError debug_unsupported */
  end(task: TaskName, from: string | undefined): void {
    this.#allowed(from).arm(task, undefined);
  }

  #allowed(from = ''): EngineDebugging {
    const { kind, debugging } = this.#options.engine;
    if (debugging === undefined)
      throw new SlipwayError('debug_unsupported', `The ${kind} engine has no replicas that can be debugged.`);
    if (!/^(::ffff:)?127\.|^::1$/.test(from))
      throw new SlipwayError('debug_unsupported', 'Replicas are debugged from the machine on which they run.');
    return debugging;
  }
}
