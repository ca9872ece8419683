// Follows what is declared with kubectl: the same as the commands of the API would do, one declaration at a time.
import type { TaskName } from '../../schemas/ids.ts';
import type { Reason } from '../../schemas/errors.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { toSlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { Controller } from '../controller/controller.ts';
import type { Declaration, TaskResources } from './task-resources.ts';

const againMs = 5_000;

export class Declarations implements Closeable {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refused = new Map<TaskName, Reason>();
  #parts: { readonly store: TaskResources; readonly controller: Controller } | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Why a declaration is not followed, for the status of its task. */
  get refused(): ReadonlyMap<TaskName, Reason> {
    return this.#refused;
  }

  follow(store: TaskResources, controller: Controller): void {
    this.#parts = { store, controller };
    this.look();
  }

  /** Something changed. */
  look(): void {
    if (this.#closed || this.#parts === undefined) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#timer?.cancel();
      const declarations = this.#parts!.store.declarations();
      const named = new Set(declarations.map(({ task }) => task));
      for (const task of this.#refused.keys()) if (!named.has(task)) this.#refused.delete(task);
      for (const declaration of declarations) await this.#one(declaration);
    }
  }

  async #one(declaration: Declaration): Promise<void> {
    const { task } = declaration;
    const { controller } = this.#parts!;
    try {
      if (declaration.kind === 'deleted') {
        if (controller.queries.tasks().some(({ name }) => name === task)) await controller.remove(task);
        else await this.#parts!.store.forget(task);
      } else if (declaration.kind === 'faulty') {
        this.#refused.set(task, { code: 'api_invalid', message: declaration.message ?? '' });
      } else {
        await controller.declare(task, declaration.spec!, declaration.applied);
        this.#refused.delete(task);
      }
    } catch (error) {
      const failure = toSlipwayError(error);
      this.#refused.set(task, failure.toReason());
      this.#log.warn('a declaration could not be followed; it will be tried again', { task, error });
      this.#timer?.cancel();
      this.#timer = this.#clock.after(againMs, () => this.look());
    }
  }
}
