// A control port over real HTTP, with a real state folder and a fake engine.
import type { OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Bundles } from '../../emulator/controller/bundles.ts';
import { Controller } from '../../emulator/controller/controller.ts';
import { Uploads, type UploadTarget } from '../../emulator/bundle/uploads.ts';
import { AccessTokens } from '../../emulator/controller/api/access-tokens.ts';
import type { Audit } from '../../emulator/controller/api/audit.ts';
import { ControlServer, type ControlServerOptions } from '../../emulator/controller/api/control-server.ts';
import type { Interrupt } from '../../emulator/controller/durable-file.ts';
import { TaskStore } from '../../emulator/controller/store.ts';
import { systemClock, type Clock } from '../../emulator/common/clock.ts';
import { SlipwayError } from '../../emulator/common/errors.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { EventLog } from '../../emulator/observe/event-log.ts';
import { noLoad } from '../../emulator/observe/load.ts';
import { LogStore } from '../../emulator/observe/log-store.ts';
import type { TokenRecord } from '../../schemas/access.ts';
import type { BundleDigest } from '../../schemas/ids.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { FakeDemand } from './fake-demand.ts';
import { memoryExperiments } from './memory-experiments.ts';
import { FakeEngine } from './fake-engine.ts';
import { digest, manifest } from './manifests.ts';
import { type Answer, ask } from './raw-http.ts';

export const token = 'token-of-the-test';

/** Tokens of which only the one of the test is known, with all rights. */
export function testTokens(records: TokenRecord[] = []): AccessTokens {
  let kept: readonly TokenRecord[] = records;
  const keep = {
    load: () => Promise.resolve(kept),
    save: (next: readonly TokenRecord[]) => Promise.resolve(void (kept = next)),
  };
  const tokens = new AccessTokens({ keep, now: () => Date.now(), own: token });
  tokens.replace(records);
  return tokens;
}

export interface ControlSiteOptions {
  /** Where the state is. */
  readonly folder: string;
  readonly interrupt?: Interrupt;
  /** Of the HTTP server. */
  readonly clock?: Clock;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  /** Listen as for other machines. */
  readonly remote?: NonNullable<ControlServerOptions['remote']>;
  readonly audit?: Audit;
  readonly faultRefusal?: string;
  /** Default: a fake that checks nothing. */
  readonly bundles?: Bundles & UploadTarget;
}

/** Bundles 1 to 9 are there; others can be put. */
class FakeBundles implements Bundles {
  readonly #manifests = new Map<BundleDigest, Manifest>(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [digest(number), manifest()]),
  );

  has(wanted: BundleDigest): Promise<boolean> {
    return Promise.resolve(this.#manifests.has(wanted));
  }

  async put(wanted: BundleDigest, archive: AsyncIterable<Uint8Array>): Promise<{ bytes: number }> {
    let bytes = 0;
    for await (const chunk of archive) bytes += chunk.length;
    if (bytes === 0) throw new SlipwayError('bundle_digest', 'The archive is empty.');
    this.#manifests.set(wanted, manifest());
    return { bytes };
  }

  async manifest(wanted: BundleDigest): Promise<Manifest> {
    const found = this.#manifests.get(wanted);
    if (found === undefined) throw new SlipwayError('bundle_not_found', `There is no bundle ${wanted}.`);
    return Promise.resolve(found);
  }

  prune(): Promise<void> {
    return Promise.resolve();
  }
}

export class ControlSite {
  readonly engine = new FakeEngine({ clock: systemClock, loadMs: 2, drainMs: 2, restartMs: 5 });
  readonly events = new EventLog({ clock: systemClock });
  readonly logs = new LogStore({ clock: systemClock });
  readonly bundles: Bundles & UploadTarget;
  readonly tokens = testTokens();
  readonly uploads: Uploads;
  readonly controller: Controller;
  readonly server: ControlServer;
  url = '';
  shutdowns = 0;

  constructor(options: ControlSiteOptions) {
    const { folder, interrupt, faultRefusal, bundles = new FakeBundles(), ...http } = options;
    this.bundles = bundles;
    this.uploads = new Uploads({ root: join(folder, 'uploads'), target: this.bundles, clock: systemClock });
    this.controller = new Controller({
      engine: this.engine,
      store: new TaskStore({ folder, now: Date.now, ...(interrupt === undefined ? {} : { interrupt }) }),
      bundles: this.bundles,
      uploads: this.uploads,
      load: { load: () => noLoad },
      demand: new FakeDemand(systemClock),
      pace: 'usual',
      experiments: memoryExperiments(systemClock),
      counters: { counters: () => [] },
      events: this.events,
      logs: this.logs,
      clock: systemClock,
      log: silentLogger,
      inferenceUrl: () => 'http://127.0.0.1:7070',
      platform: { version: '0.0.0', startedAt: 1, pid: process.pid },
      faultRefusal: () => faultRefusal,
      onShutdown: () => {
        this.shutdowns++;
      },
    });
    const { controller, tokens } = this;
    this.server = new ControlServer({ controller, port: 0, exactPort: true, tokens, log: silentLogger, ...http });
  }

  /** Runs `use` with a control port that listens, and closes it. */
  static async with<T>(options: ControlSiteOptions, use: (site: ControlSite) => Promise<T>): Promise<T> {
    const site = new ControlSite(options);
    try {
      await site.controller.start();
      await site.uploads.start();
      site.url = await site.server.listen();
      return await use(site);
    } finally {
      await site.server.close();
      await site.controller.close();
      await site.engine.close();
    }
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** A request as a good client sends it; `headers` are added, or with undefined taken away. */
  ask(method: string, path: string, body?: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    const all: OutgoingHttpHeaders = {
      authorization: `Bearer ${token}`,
      ...(method === 'GET' || method === 'HEAD' ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return ask(this.port, path, text, kept, method);
  }
}
