// The samples of services in the Test view. A sample passes when it is answered; where an expected answer is beside it,
// when it is answered so.
import type { Uri } from 'vscode';
import {
  debug,
  l10n,
  TestMessage,
  TestRunProfileKind,
  tests,
  workspace,
  type CancellationToken,
  type Disposable,
  type TestItem,
  type TestRun,
  type TestRunRequest,
} from 'vscode';
import { isDeepStrictEqual } from 'node:util';
import { toSlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { requireTrust } from '../commands/choose.ts';
import { startDebugging } from '../commands/debug.ts';
import { toldOf } from '../told.ts';
import { answeredBy } from '../views/model-word.ts';
import { callTask, type Called } from './call.ts';
import { expectedEnding, samplesOf } from './samples.ts';
import type { Service } from './service.ts';

interface SampleOf {
  readonly service: Service;
  readonly sample: Uri;
}

export class SampleTests implements Disposable {
  readonly #app: App;
  readonly #controller = tests.createTestController('slipway.samples', l10n.t('Slipway Samples'));
  readonly #samples = new WeakMap<TestItem, SampleOf>();
  readonly #watcher = workspace.createFileSystemWatcher('**/samples/*');
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(app: App) {
    this.#app = app;
    const refresh = (): Promise<void> => this.#refresh();
    this.#controller.refreshHandler = refresh;
    this.#controller.createRunProfile(
      l10n.t('Run'),
      TestRunProfileKind.Run,
      (request, token) => this.#run(request, token),
      true,
    );
    this.#controller.createRunProfile(l10n.t('Debug'), TestRunProfileKind.Debug, (request, token) =>
      this.#debug(request, token),
    );
    this.#subscriptions = [
      this.#controller,
      this.#watcher,
      app.services.onDidChange(refresh),
      this.#watcher.onDidCreate(refresh),
      this.#watcher.onDidDelete(refresh),
    ];
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }

  async #refresh(): Promise<void> {
    const items = await Promise.all(
      this.#app.services.all.map(async (service) => {
        const item = this.#controller.createTestItem(service.folder.toString(), service.name, service.manifest);
        for (const sample of await samplesOf(service)) {
          const child = this.#controller.createTestItem(sample.toString(), sample.path.split('/').at(-1)!, sample);
          this.#samples.set(child, { service, sample });
          item.children.add(child);
        }
        return item;
      }),
    );
    this.#controller.items.replace(items.filter(({ children }) => children.size > 0));
  }

  /** The services of the samples are debugged; then the samples are sent, and stop at the breakpoints. */
  async #debug(request: TestRunRequest, token: CancellationToken): Promise<void> {
    const services = new Set(this.#wanted(request).map((item) => this.#samples.get(item)!.service));
    for (const service of services) {
      try {
        await startDebugging(service);
        if (await this.#served(service, token)) continue;
      } catch (error) {
        // What is wrong was shown.
        if (toSlipwayError(error).code !== 'cancelled') throw error;
      }
      this.#refuse(request, l10n.t('{0} is not being debugged.', service.name));
      return;
    }
    await this.#run(request, token);
  }

  #refuse(request: TestRunRequest, why: string): void {
    const run = this.#controller.createTestRun(request);
    for (const item of this.#wanted(request)) run.errored(item, new TestMessage(why));
    run.end();
  }

  /** Whether the version that is debugged has taken over, once that is clear. */
  #served({ name }: Service, token: CancellationToken): Promise<boolean> {
    const { platforms, debugged } = this.#app;
    const { platform } = platforms.local;
    return new Promise((resolve) => {
      const settle = (served: boolean): void => {
        for (const one of watching) one.dispose();
        resolve(served);
      };
      const look = (): void => {
        const task = platform.tasks.find((one) => one.name === name);
        const id = debugged.of(name);
        const version = task?.versions.find((one) => one.id === id);
        if (version?.state === 'failed') settle(false);
        else if (version !== undefined && task !== undefined && task.activeVersion === id && task.state === 'ready')
          settle(true);
      };
      const watching = [
        platform.onDidChange(look),
        token.onCancellationRequested(() => settle(false)),
        debug.onDidTerminateDebugSession(() => settle(false)),
      ];
      look();
    });
  }

  /** The samples that a request is about. */
  #wanted({ include, exclude }: TestRunRequest): readonly TestItem[] {
    const excluded = new Set(exclude ?? []);
    const chosen = include ?? [...this.#controller.items].map(([, item]) => item);
    return chosen
      .flatMap((item) => (item.children.size > 0 ? [...item.children].map(([, one]) => one) : [item]))
      .filter((item) => !excluded.has(item) && this.#samples.has(item));
  }

  async #run(request: TestRunRequest, token: CancellationToken): Promise<void> {
    const run = this.#controller.createTestRun(request);
    const wanted = this.#wanted(request);
    for (const item of wanted) run.enqueued(item);
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    for (const item of wanted) {
      if (token.isCancellationRequested) run.skipped(item);
      else await this.#runOne(run, item, abort.signal);
    }
    run.end();
  }

  async #runOne(run: TestRun, item: TestItem, signal: AbortSignal): Promise<void> {
    const { service, sample } = this.#samples.get(item)!;
    run.started(item);
    try {
      await this.#ensureServed(service, signal);
      const startedAt = performance.now();
      const { platform } = this.#app.platforms.local;
      const called = await callTask(this.#app, {
        platform,
        task: service.name,
        file: sample,
        signal,
      });
      const message = await judge(sample, called);
      const version = answeredBy(platform, service.name, called.version);
      run.appendOutput(`${item.label}: ${version} ${JSON.stringify(called.answer)}\r\n`, undefined, item);
      if (message === undefined) run.passed(item, performance.now() - startedAt);
      else run.failed(item, message, performance.now() - startedAt);
    } catch (error) {
      const { message, hint } = toldOf(error);
      const { traceback } = toSlipwayError(error);
      run.failed(item, new TestMessage([message, hint, traceback ?? ''].join('\n').trim()));
    }
  }

  /** A service that does not serve is run first. */
  async #ensureServed(service: Service, signal: AbortSignal): Promise<void> {
    requireTrust();
    const { local } = this.#app.platforms;
    await local.ensure(signal);
    const task = local.platform.tasks.find(({ name }) => name === service.name);
    const serves = task !== undefined && (task.state === 'ready' || task.state === 'degraded' || task.state === 'idle');
    if (!serves) await this.#app.running.start(service, () => undefined);
  }
}

async function judge(sample: Uri, { answer }: Called): Promise<TestMessage | undefined> {
  const file = sample.with({ path: sample.path.replace(/\.[^./]+$/, '') + expectedEnding });
  const text = await workspace.fs.readFile(file).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => undefined,
  );
  if (text === undefined) return undefined;
  let expected: unknown;
  try {
    expected = JSON.parse(text);
  } catch {
    return new TestMessage(l10n.t('{0} is not JSON.', file.path.split('/').at(-1)!));
  }
  if (isDeepStrictEqual(expected, answer)) return undefined;
  const show = (value: unknown): string => JSON.stringify(value, undefined, 2);
  return TestMessage.diff(l10n.t('Another answer was expected.'), show(expected), show(answer));
}
