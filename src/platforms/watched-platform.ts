// One platform as this window sees it: a connection, its state kept current by one stream, and its last events.
import { EventEmitter, type Disposable } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { toSlipwayError, type SlipwayError } from '../../emulator/client/edge.ts';
import type { PlatformSnapshot, PlatformView } from '../../schemas/api.ts';
import type { PlatformEvent } from '../../schemas/events.ts';

export type PlatformStanding =
  | { readonly state: 'off' }
  | { readonly state: 'connecting' }
  | { readonly state: 'ready'; readonly snapshot: PlatformSnapshot }
  | { readonly state: 'failed'; readonly error: SlipwayError };

export interface Connected {
  readonly client: SlipwayClient;
  /** Its version, its engine. */
  readonly about: PlatformView;
  /** URL of the gateway. */
  readonly inference: string;
}

export interface WatchedPlatformOptions {
  /** `local`, or the name of a remote. */
  readonly name: string;
  readonly kind: 'local' | 'remote';
}

/** Most events kept for the view of them. */
const maxEvents = 200;

export class WatchedPlatform implements Disposable {
  readonly name: string;
  readonly kind: 'local' | 'remote';
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #standing: PlatformStanding = { state: 'off' };
  #connected: Connected | undefined;
  #events: PlatformEvent[] = [];
  #leave: AbortController | undefined;

  constructor({ name, kind }: WatchedPlatformOptions) {
    this.name = name;
    this.kind = kind;
  }

  get standing(): PlatformStanding {
    return this.#standing;
  }

  get tasks(): PlatformSnapshot['tasks'] {
    return this.#standing.state === 'ready' ? this.#standing.snapshot.tasks : [];
  }

  get connected(): Connected | undefined {
    return this.#connected;
  }

  /** Newest last. */
  get events(): readonly PlatformEvent[] {
    return this.#events;
  }

  /** Follows `connected` until it is left or its stream ends. Resolves with the first state. */
  async follow(connected: Connected): Promise<void> {
    this.leave();
    const leave = new AbortController();
    this.#leave = leave;
    this.#connected = connected;
    this.#stand({ state: 'connecting' });
    void this.#followEvents(connected, leave.signal);
    await new Promise<void>((resolve) => {
      void this.#followState(connected, leave, resolve);
    });
  }

  /** A standing that no stream tells of: it cannot be reached, or it is off. */
  stand(standing: PlatformStanding): void {
    this.leave();
    this.#stand(standing);
  }

  leave(): void {
    this.#leave?.abort();
    this.#leave = undefined;
    void this.#connected?.client.close();
    this.#connected = undefined;
  }

  dispose(): void {
    this.leave();
    this.#changed.dispose();
  }

  async #followState(connected: Connected, leave: AbortController, first: () => void): Promise<void> {
    let end: PlatformStanding = { state: 'off' };
    try {
      for await (const snapshot of connected.client.watch({ hold: true, signal: leave.signal })) {
        if (leave.signal.aborted) break;
        this.#stand({ state: 'ready', snapshot });
        first();
      }
    } catch (error) {
      const failure = toSlipwayError(error);
      // A platform that ended in the middle of a message is simply off.
      if (failure.code !== 'platform_unreachable' || this.kind === 'remote') end = { state: 'failed', error: failure };
    }
    if (!leave.signal.aborted) this.stand(end);
    first();
  }

  async #followEvents({ client }: Connected, signal: AbortSignal): Promise<void> {
    try {
      const { events, next } = await client.call('listEvents', { query: { limit: maxEvents } }, { signal });
      this.#events = events;
      this.#changed.fire();
      for await (const event of client.events({ from: next, signal })) {
        this.#events = [...this.#events.slice(1 - maxEvents), event];
        this.#changed.fire();
      }
    } catch {
      // The stream of the state tells what became of the platform.
    }
  }

  #stand(standing: PlatformStanding): void {
    this.#standing = standing;
    this.#changed.fire();
  }
}
