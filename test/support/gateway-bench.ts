// A gateway in front of fake workers, with a route table that the test writes.
import { systemClock, type Clock } from '../../emulator/common/clock.ts';
import { silentLogger } from '../../emulator/common/log.ts';
import { Gateway } from '../../emulator/gateway/gateway.ts';
import type { GatewayReport } from '../../emulator/gateway/report.ts';
import type { ReplicaRoute, RouteTable, TaskRoute, VersionRoute } from '../../emulator/router/table.ts';
import type { ReplicaId, TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import { Manifest, type ManifestInput } from '../../schemas/manifest.ts';
import { FakeWorker, type FakeExecute } from './fake-worker.ts';

export interface GatewayBenchOptions {
  readonly workers?: number;
  readonly execute?: FakeExecute;
  /** Ports of the servers behind the workers, one each, of a service that is a server itself. */
  readonly servers?: readonly number[];
  readonly manifest?: Partial<ManifestInput>;
  readonly clock?: Clock;
  readonly expected?: boolean;
}

export class GatewayBench {
  readonly gateway: Gateway;
  readonly workers: FakeWorker[];
  readonly quarantined: string[] = [];
  readonly reports: GatewayReport[] = [];
  port = 0;
  #listener: ((table: RouteTable) => void) | undefined;
  #version: VersionRoute;
  #revision = 0;

  private constructor(workers: FakeWorker[], options: GatewayBenchOptions) {
    this.workers = workers;
    const manifest = Manifest.parse({
      name: 'echo',
      ...(options.servers === undefined ? { main: 'echo.py' } : {}),
      ...options.manifest,
    });
    this.#version = {
      key: 'echo-v1-00000000' as VersionKey,
      id: 'v1' as VersionId,
      name: 'alpha',
      manifest,
      expected: options.expected ?? false,
      replicas: workers.map((worker, i): ReplicaRoute => ({
        id: `echo-v1-00000000-r${i}` as ReplicaId,
        address: worker.address,
        state: 'ready',
      })),
    };
    this.gateway = new Gateway({
      routes: {
        subscribe: (listener) => {
          this.#listener = listener;
          this.publish({});
          return () => (this.#listener = undefined);
        },
      },
      clock: options.clock ?? systemClock,
      log: silentLogger,
      idPrefix: 'test',
      version: '0',
      host: '127.0.0.1',
      port: 0,
      exactPort: true,
      allowedHosts: [],
      allowedOrigins: ['http://allowed.example'],
      showTracebacks: false,
      report: (_route, report) => {
        this.reports.push(report);
        if (report.kind === 'quarantined') this.quarantined.push(report.input);
      },
      feedback: { take: () => true },
    });
  }

  /** Started, and its links are open. */
  static async start(options: GatewayBenchOptions = {}): Promise<GatewayBench> {
    const workers = await Promise.all(
      Array.from({ length: options.servers?.length ?? options.workers ?? 1 }, () => FakeWorker.start(options.execute)),
    );
    options.servers?.forEach((port, i) => (workers[i]!.httpPort = port));
    const bench = new GatewayBench(workers, options);
    bench.port = await bench.gateway.start();
    while (workers.some((worker) => worker.links < 2)) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return bench;
  }

  /** Publishes the route of the one version, changed. */
  publish(change: Partial<VersionRoute>): void {
    this.#version = { ...this.#version, ...change };
    const task: TaskRoute = {
      task: 'echo' as TaskName,
      split: [{ version: this.#version.id, weight: 100 }],
      versions: [this.#version],
    };
    this.#listener?.({ revision: ++this.#revision, tasks: new Map([[task.task, task]]) });
  }

  /** A route like that of the first version, of the workers from `first` to before `end`. */
  versionOf(number: number, first: number, end: number): VersionRoute {
    const key = `echo-v${number}-00000000` as VersionKey;
    const replicas = this.workers.slice(first, end).map((worker, i): ReplicaRoute => ({
      id: `${key}-r${i}` as ReplicaId,
      address: worker.address,
      state: 'ready',
    }));
    const { name: _, ...route } = this.#version;
    return { ...route, key, id: `v${number}` as VersionId, replicas };
  }

  /** Publishes several versions; the first has all the traffic, unless `more` says otherwise. */
  publishAll(versions: readonly VersionRoute[], more: Partial<TaskRoute> = {}): void {
    const split = [{ version: versions[0]!.id, weight: 100 }];
    const task: TaskRoute = { task: 'echo' as TaskName, split, versions, ...more };
    this.#listener?.({ revision: ++this.#revision, tasks: new Map([[task.task, task]]) });
  }

  get route(): VersionRoute {
    return this.#version;
  }

  async close(): Promise<void> {
    await this.gateway.close();
    await Promise.all(this.workers.map((worker) => worker.close()));
  }
}
