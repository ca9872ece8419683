// Everything that only the leading controller has: store, engine, controller, its API, and the ear for gateways.
import { systemClock } from '../common/clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import { slipwayVersion } from '../common/version.ts';
import { AccessTokens } from '../controller/api/access-tokens.ts';
import { ControlServer } from '../controller/api/control-server.ts';
import { Controller } from '../controller/controller.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { KubernetesEngine } from '../engine/kubernetes/kubernetes-engine.ts';
import { paths } from '../engine/kubernetes/names.ts';
import { KubeWatch } from '../engine/kubernetes/watch.ts';
import { Experiments } from '../experiment/experiments.ts';
import { EventLog } from '../observe/event-log.ts';
import { LogStore } from '../observe/log-store.ts';
import { BundleClient } from './bundle-client.ts';
import { Declarations } from './declarations.ts';
import { faultRefusal } from './fault-guard.ts';
import { Followed } from './followed.ts';
import { GatewayLoads } from './gateway-loads.ts';
import { Inside } from './inside.ts';
import { InternalServer } from './internal-server.ts';
import type { RoleParts } from './role-parts.ts';
import { ports } from './ports.ts';
import { anyAddress, serviceUrl } from './settings.ts';
import { Spread } from './spread.ts';
import { TaskExperiments } from './task-experiments.ts';
import { TaskResources } from './task-resources.ts';
import { TaskStatuses } from './task-statuses.ts';
import { recordsOf, tokenSecret, tokenSecretName, TokenSecret } from './token-secret.ts';

export interface LeadershipParts extends RoleParts {
  readonly api: KubeApi;
  /** Whether nobody else can lead yet. */
  readonly mayWrite: () => boolean;
}

export class Leadership implements Closeable {
  readonly #parts: LeadershipParts;
  readonly #closer = new Closer();
  #settle: () => Promise<void> = () => Promise.resolve();

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { settings, certificate, secrets, env, log, api, mayWrite } = this.#parts;
    const clock = systemClock;
    const closer = this.#closer;
    const startedAt = clock.now();
    const tokens = new AccessTokens({ keep: tokenSecret(api), now: clock.now });
    await tokens.start();
    this.#followTokens(tokens);
    const inside = closer.add(
      new Inside({
        url: serviceUrl(env, 'slipway-bundles', ports.bundles),
        trusted: certificate.trusted,
        authorization: `Bearer ${secrets.internal()}`,
      }),
    );
    closer.defer(certificate.follow(() => inside.trust(certificate.trusted)));
    const bundles = new BundleClient(inside);
    const declarations: Declarations = new Declarations({ clock, log });
    const store = closer.add(new TaskResources({ api, clock, log, changed: () => declarations.look() }));
    const engine = new KubernetesEngine({
      api,
      secrets,
      clock,
      log,
      ownerOf: (task) => store.ownerOf(task),
      // Old replicas serve those gateways that do not follow this controller yet.
      held: true,
      settings: {
        namespace: settings.SLIPWAY_NAMESPACE,
        platformImage: settings.SLIPWAY_PLATFORM_IMAGE,
        replicaImage: settings.SLIPWAY_REPLICA_IMAGE,
        pullPolicy: settings.SLIPWAY_PULL_POLICY,
        python: settings.SLIPWAY_PYTHON,
        lostAfterSeconds: settings.SLIPWAY_LOST_AFTER_SECONDS,
        gpuResource: settings.SLIPWAY_GPU_RESOURCE,
        imagePullSecret: settings.SLIPWAY_IMAGE_PULL_SECRET,
        target: settings.SLIPWAY_REPLICA_TARGET,
      },
    });
    closer.add(engine);
    await engine.start();
    const loads = new GatewayLoads(clock);
    const events = new EventLog({ clock });
    const experiments = closer.add(new Experiments({ store: new TaskExperiments({ api, log, mayWrite }), clock, log }));
    const controller = new Controller({
      engine,
      store,
      bundles,
      uploads: bundles,
      load: loads,
      demand: loads,
      pace: 'usual',
      experiments,
      faultRefusal: () => faultRefusal(api),
      counters: loads,
      events,
      logs: new LogStore({ clock }),
      clock,
      log,
      inferenceUrl: () => settings.SLIPWAY_INFERENCE_URL,
      platform: { version: slipwayVersion, startedAt, pid: process.pid },
      onShutdown: () => log.warn('a platform in a cluster is not shut down this way; scale its Deployment'),
    });
    await controller.start();
    closer.add(controller);
    await engine.keepOnly(
      new Set(controller.queries.tasks().flatMap(({ versions }) => versions.map(({ key }) => key))),
    );
    declarations.follow(store, controller);
    closer.add(declarations);
    closer.add(new TaskStatuses({ store, queries: controller.queries, declarations, clock, log })).start();
    const host = anyAddress(settings);
    const place = { host, port: ports.internal };
    const internal = new InternalServer({
      ...{
        routes: controller.routes,
        loads,
        feedback: experiments,
        secret: secrets.internal(),
        certificate,
        ...place,
        clock,
        log,
      },
    });
    closer.add(internal);
    await internal.listen();
    const server = new ControlServer({
      ...{ controller, tokens, clock, log, host, port: ports.control, exactPort: true },
      remote: { tls: certificate.tls, inference: () => settings.SLIPWAY_INFERENCE_URL },
      audit: (entry) => log.info('audit', { ...entry }),
    });
    closer.add(server);
    closer.defer(certificate.follow(() => server.renew(certificate.tls)));
    await server.listen();
    events.publish({ kind: 'platform.started', version: slipwayVersion });
    closer.add(new Spread({ api, clock, log })).start();
    const followed = closer.add(new Followed({ api, clock, log, followers: () => internal.followers }));
    this.#settle = () => followed.wait().then(() => engine.release());
  }

  /** Call it when gateways can find this controller: once they follow it, replicas may be taken away. */
  async settle(): Promise<void> {
    await this.#settle();
  }

  close(): Promise<void> {
    return this.#closer.close();
  }

  /** A token that another controller made or revoked, or an administrator with kubectl. */
  #followTokens(tokens: AccessTokens): void {
    const { api, log } = this.#parts;
    const watch: KubeWatch<ReturnType<typeof TokenSecret.parse>> = new KubeWatch({
      api,
      path: paths(api.namespace).secrets,
      fields: `metadata.name=${tokenSecretName}`,
      schema: TokenSecret,
      clock: systemClock,
      log,
      changed: () => {
        const secret = watch.get(tokenSecretName);
        try {
          tokens.replace(secret === undefined ? [] : recordsOf(secret));
        } catch (error) {
          log.error('the tokens stay as they were', { error });
        }
      },
    });
    this.#closer.add(watch);
  }
}
