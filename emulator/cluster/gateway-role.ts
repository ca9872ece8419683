// A gateway of a cluster: the same as on a laptop, with routes that it follows from the leading controller.
import { systemClock, sleep } from '../common/clock.ts';
import { Closer, type Closeable } from '../common/closing.ts';
import { randomHex } from '../common/random.ts';
import { slipwayVersion } from '../common/version.ts';
import { Gateway } from '../gateway/gateway.ts';
import { FeedbackSender } from './feedback-sender.ts';
import { Health } from './health.ts';
import { Inside } from './inside.ts';
import { LoadReporter } from './load-reporter.ts';
import type { RoleParts } from './role-parts.ts';
import { ports } from './ports.ts';
import { RouteClient } from './route-client.ts';
import { anyAddress, serviceUrl } from './settings.ts';

/** From saying that it is not ready until nobody sends to it any more: the way to every node's proxy rules. */
const leaveMs = 3_000;

export class GatewayRole implements Closeable {
  readonly #parts: RoleParts;
  readonly #closer = new Closer();
  readonly #health = new Health();

  constructor(parts: RoleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { settings, certificate, secrets, env, log } = this.#parts;
    const clock = systemClock;
    this.#closer.add(this.#health);
    const host = anyAddress(settings);
    await this.#health.start(host);
    const inside = this.#closer.add(
      new Inside({
        url: serviceUrl(env, 'slipway-internal', ports.internal),
        trusted: certificate.trusted,
        authorization: `Bearer ${secrets.internal()}`,
        // The controller says something every two seconds: one that is silent for longer is gone, and another leads.
        timeoutMs: 6_000,
      }),
    );
    this.#closer.defer(certificate.follow(() => inside.trust(certificate.trusted)));
    const routes = this.#closer.add(new RouteClient({ inside, clock, log }));
    const gateway = new Gateway({
      routes,
      clock,
      log,
      idPrefix: randomHex(4),
      version: slipwayVersion,
      host: '127.0.0.1',
      port: 0,
      exactPort: false,
      allowedHosts: [],
      allowedOrigins: [],
      remote: { host, port: ports.inference },
      showTracebacks: false,
      feedback: new FeedbackSender(inside),
      report: ({ key }, report) => log.info('gateway report', { key, ...report }),
    });
    const reporter = new LoadReporter({ gateway, name: settings.POD_NAME, inside, clock });
    await gateway.start();
    // In this order when it ends: requests are answered, then nothing is reported, then the routes go.
    this.#closer.add(reporter);
    this.#closer.add(gateway);
    reporter.start();
    await routes.synced;
    this.#health.ready = true;
  }

  async close(): Promise<void> {
    this.#health.ready = false;
    await sleep(systemClock, leaveMs);
    await this.#closer.close();
  }
}
