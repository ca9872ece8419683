// One local platform: builds the parts, starts them in order, and closes them in reverse.
import type { PlatformInfo } from '../../schemas/platform.ts';
import { BundleStore } from '../bundle/store.ts';
import { Uploads } from '../bundle/uploads.ts';
import type { Clock } from '../common/clock.ts';
import { skewedClock } from '../common/skewed-clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import type { Logger } from '../common/log.ts';
import { processStart } from '../common/process-start.ts';
import { randomHex } from '../common/random.ts';
import { AccessTokens } from '../controller/api/access-tokens.ts';
import { auditFile } from '../controller/api/audit.ts';
import { tokenFile } from '../controller/api/token-file.ts';
import { ControlServer } from '../controller/api/control-server.ts';
import { Controller } from '../controller/controller.ts';
import { ExperimentFiles } from '../controller/experiment-files.ts';
import { TaskStore } from '../controller/store.ts';
import { Experiments } from '../experiment/experiments.ts';
import { Gateway } from '../gateway/gateway.ts';
import { captureInto } from '../gateway/held-batch.ts';
import { BatchStore } from '../observe/batch-store.ts';
import { EventLog } from '../observe/event-log.ts';
import { LogStore } from '../observe/log-store.ts';
import { slipwayVersion } from '../common/version.ts';
import { eventOf } from './gateway-events.ts';
import { makeEngine } from './engine.ts';
import { removeFoundFiles, writeInfo, writeToken } from './found-files.ts';
import type { PlatformFlags } from './flags.ts';
import { HomeLock } from './home-lock.ts';
import { remoteListener } from './remote-listener.ts';

export interface PlatformOptions {
  readonly flags: PlatformFlags;
  readonly clock: Clock;
  readonly log: Logger;
  /** A client asked the platform to stop. */
  readonly onShutdown: () => void;
}

const host = '127.0.0.1';
const usualPort = 7070;
const usualControlPort = 7071;

export class Platform implements Closeable {
  readonly #options: PlatformOptions;
  readonly #closer = new Closer();
  #server: ControlServer | undefined;

  constructor(options: PlatformOptions) {
    this.#options = options;
  }

  /** Resolves when it can be used. Throws platform_running, port_taken, state_newer, home_unwritable; call close() then too. */
  async start(): Promise<PlatformInfo> {
    const { flags, log, onShutdown } = this.#options;
    const clock = skewedClock(this.#options.clock);
    const { home } = flags;
    const closer = this.#closer;
    closer.add(await HomeLock.take(home));
    const token = await writeToken(home);
    closer.defer(() => removeFoundFiles(home));

    const bundles = new BundleStore({ root: home.bundles, log });
    await bundles.start();
    const uploads = new Uploads({ root: home.uploads, target: bundles, clock });
    await uploads.start();
    const tokens = new AccessTokens({ keep: tokenFile(home.access), now: clock.now, own: token });
    await tokens.start();
    const listener = flags.listen === undefined ? undefined : await remoteListener(flags.listen);
    const engine = await makeEngine({ flags, bundles, clock, log });
    const events = new EventLog({ clock });
    const experiments = new Experiments({
      store: new ExperimentFiles({ folder: home.experiments, log, now: clock.now }),
      clock,
      log,
    });
    const batches = new BatchStore();
    const startedAt = clock.now();
    let inference = '';
    const gateway: Gateway = new Gateway({
      routes: { subscribe: (listener) => controller.routes.subscribe(listener) },
      clock,
      log,
      idPrefix: randomHex(4),
      version: slipwayVersion,
      host,
      port: flags.port ?? usualPort,
      exactPort: flags.port !== undefined,
      allowedHosts: flags.allowedHosts,
      allowedOrigins: flags.allowedOrigins,
      ...(listener === undefined ? {} : { remote: listener.inference }),
      showTracebacks: true,
      feedback: experiments,
      capture: captureInto(batches, 'on'),
      report: ({ key, id }, report) => {
        const task = controller.queries.tasks().find((one) => one.versions.some((version) => version.key === key));
        if (task !== undefined) events.publish(eventOf({ task: task.name, version: id }, report));
      },
    });
    const controller = new Controller({
      engine,
      store: new TaskStore({ folder: home.tasks, now: clock.now }),
      bundles,
      uploads,
      load: gateway,
      demand: gateway,
      experiments,
      pace: flags.fast ? 'fast' : 'usual',
      jumpClock: (ms) => clock.jump(ms),
      batches: { store: batches, replay: (key, head, items) => gateway.replay(key, head, items) },
      counters: gateway,
      events,
      logs: new LogStore({ clock }),
      clock,
      log,
      inferenceUrl: () => inference,
      platform: { version: slipwayVersion, startedAt, pid: process.pid },
      // A platform of one user is there to be tried out; one that other machines use has to be meant for it.
      faultRefusal: () =>
        flags.allowFaults || flags.listen === undefined
          ? undefined
          : 'this platform was not started with --allow-faults',
      debuggers: home.environments,
      onShutdown,
    });

    await engine.start();
    closer.add(experiments);
    closer.add(controller);
    closer.add(engine);
    await controller.start();
    engine.ordered();
    // It knows the tasks by now.
    const port = await gateway.start();
    inference = `http://${host}:${port}`;
    // New requests are refused first, while the replicas that execute the last ones still run.
    closer.add(gateway);
    const server = new ControlServer({
      controller,
      host,
      port: flags.controlPort ?? usualControlPort,
      exactPort: flags.controlPort !== undefined,
      tokens,
      clock,
      log,
    });
    const control = await server.listen();
    this.#server = server;
    closer.add(server);
    if (listener !== undefined) {
      const port = gateway.remotePort ?? 0;
      const outside = new ControlServer({
        controller,
        host: listener.host,
        port: listener.port,
        exactPort: true,
        tokens,
        remote: { ...listener.tls, inference: () => listener.inferenceUrl(port) },
        audit: auditFile(home.audit, log),
        clock,
        log,
      });
      closer.add(outside);
      log.info('platform is reached by other machines', { control: await outside.listen() });
    }
    events.publish({ kind: 'platform.started', version: slipwayVersion });

    const info: PlatformInfo = {
      control,
      inference,
      tokenFile: home.token,
      pid: process.pid,
      processStart: (await processStart(process.pid)) ?? '',
      startedAt,
      engine: engine.kind,
      version: slipwayVersion,
    };
    await writeInfo(home, info);
    log.info('platform is ready', { control, inference });
    return info;
  }

  /** Resolves when no client holds it any more: at once when none does. */
  async unheld(): Promise<void> {
    await this.#server?.unheld();
  }

  close(): Promise<void> {
    return this.#closer.close();
  }
}
