// Plans of sessions that are about to begin, made before the editor begins them: what cannot begin does so without one.
import { randomUUID } from 'node:crypto';
import type { DebugConfiguration } from 'vscode';
import type { App } from '../app.ts';
import { makePlan, type Plan } from './plan.ts';

/** Of a configuration, under which its plan waits. */
const key = '__plan';
/** Those that no session came for are forgotten. */
const maxKept = 8;

export class Plans {
  readonly #app: App;
  readonly #plans = new Map<string, Plan>();

  constructor(app: App) {
    this.#app = app;
  }

  /** The configuration with its plan; asked again, it is not made again. @throws SlipwayError why there can be none */
  async prepare(configuration: DebugConfiguration): Promise<DebugConfiguration> {
    if (this.#plans.has(String(configuration[key]))) return configuration;
    const id = randomUUID();
    this.#plans.set(id, await makePlan(this.#app, configuration));
    for (const old of [...this.#plans.keys()].slice(0, -maxKept)) this.#plans.delete(old);
    return { ...configuration, [key]: id };
  }

  /** The plan of a session, once; one that is restarted gets another. */
  async take(configuration: DebugConfiguration): Promise<Plan> {
    const id = String(configuration[key]);
    const plan = this.#plans.get(id);
    this.#plans.delete(id);
    return plan ?? (await makePlan(this.#app, configuration));
  }
}
