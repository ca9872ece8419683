// Tells the engine what to run, and remembers what it was told, so that it is told only what is new.
import type { VersionKey } from '../../schemas/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reconciled } from './reconcile.ts';
import type { VersionRecord } from './record.ts';

export class EngineOrders {
  readonly #engine: Pick<Engine, 'apply' | 'remove'>;
  readonly #told = new Map<VersionKey, number>();

  constructor(engine: Pick<Engine, 'apply' | 'remove'>) {
    this.#engine = engine;
  }

  /** Those of `versions` that the engine may hold something of. */
  known(versions: readonly VersionRecord[]): ReadonlySet<VersionKey> {
    return new Set(versions.map(({ key }) => key).filter((key) => this.#told.has(key)));
  }

  give({ apply, remove, record }: Pick<Reconciled, 'apply' | 'remove' | 'record'>): void {
    for (const { version, count } of apply) {
      const { key, id, bundle, manifest } = version;
      if (this.#told.get(key) === count) continue;
      this.#told.set(key, count);
      this.#engine.apply({ key, task: record.task, id, bundle, manifest }, count);
    }
    for (const key of remove) {
      if (this.#told.delete(key)) this.#engine.remove(key);
    }
  }
}
