// Debug sessions of the type `slipway`: each gets an adapter, and its replica from the local platform.
import {
  commands as editor,
  debug,
  DebugAdapterInlineImplementation,
  DebugConfigurationProviderTriggerKind,
  l10n,
  type DebugAdapterDescriptor,
  type DebugAdapterDescriptorFactory,
  type DebugSession,
  type Disposable,
} from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { fromReason, SlipwayError } from '../../emulator/client/edge.ts';
import type { App } from '../app.ts';
import { offer, showError } from '../commands/outcome.ts';
import { commandId } from '../contributions.ts';
import { debugType } from '../contributions/debugger.ts';
import { notRunning } from '../platforms/local.ts';
import { Adapter, type Waiting } from './adapter.ts';
import { DebugConfigurations } from './configuration.ts';
import type { Plan } from './plan.ts';
import { Plans } from './plans.ts';

class Adapters implements DebugAdapterDescriptorFactory {
  readonly #app: App;
  readonly #plans: Plans;

  constructor(app: App, plans: Plans) {
    this.#app = app;
    this.#plans = plans;
  }

  async createDebugAdapterDescriptor(session: DebugSession): Promise<DebugAdapterDescriptor> {
    const app = this.#app;
    const plan = await this.#plans.take(session.configuration);
    const failed = (error: unknown): void => {
      void showError(error, app.output);
      void debug.stopDebugging(session);
    };
    const { aim, kit } = plan;
    const replica = aim.kind === 'attach' ? aim.replica : undefined;
    // What executes a batch again ends by itself.
    const live = aim.kind === 'rerun' ? undefined : app.sessions.begun(session, kit.task, replica);
    const adapter = new Adapter(plan, {
      waiting: (waiting) => bringReplica(app, plan, waiting, { failed, ready: () => live?.served() }),
      failed,
      held: (held) => live?.held(held),
      lost: () => live?.lost(),
    });
    return new DebugAdapterInlineImplementation(adapter);
  }
}

export function registerDebugging(app: App): Disposable[] {
  const plans = new Plans(app);
  const configurations = new DebugConfigurations(app, plans);
  return [
    debug.registerDebugAdapterDescriptorFactory(debugType, new Adapters(app, plans)),
    debug.registerDebugConfigurationProvider(debugType, configurations),
    // In the list of Run and Debug, without a launch.json.
    debug.registerDebugConfigurationProvider(debugType, configurations, DebugConfigurationProviderTriggerKind.Dynamic),
  ];
}

interface Outcome {
  readonly failed: (error: unknown) => void;
  /** The version that was made for the session serves. */
  readonly ready: () => void;
}

/** Has a replica connect to the adapter that waits. */
async function bringReplica(app: App, plan: Plan, waiting: Waiting, outcome: Outcome): Promise<void> {
  const { kit, aim } = plan;
  const { platform } = app.platforms.local;
  const client = platform.connected?.client;
  if (client === undefined) throw notRunning();
  const params = { task: kit.task };
  const order = { path: kit.debugger, ...waiting };
  if (aim.kind === 'attach') {
    await client.call('debug', { params, body: { ...order, replica: aim.replica } });
    return;
  }
  if (aim.kind === 'rerun') return;
  app.debugged.forget(kit.task);
  await client.call('debug', { params, body: order });
  // What fails while somebody looks for the fault must not be taken away from them.
  const version = await deploy(client, kit.task, { bundle: kit.bundle, replicas: aim.replicas, bake: false });
  app.debugged.made(kit.task, version);
  const watching = platform.onDidChange(() => {
    const view = platform.tasks.find(({ name }) => name === kit.task)?.versions.find(({ id }) => id === version);
    if (view === undefined || view.state === 'preparing' || view.state === 'starting') return;
    watching.dispose();
    if (view.state === 'failed') {
      const reason = view.reason ?? { code: 'rollout_failed', message: l10n.t('{0} did not start.', version) };
      outcome.failed(fromReason(reason));
      return;
    }
    outcome.ready();
    tellReady(app, kit.task, version);
  });
}

function tellReady({ output }: App, task: string, version: string): void {
  offer(output, l10n.t('{0} {1} is being debugged.', task, version), l10n.t('Call with Sample'), () =>
    editor.executeCommand(commandId('callWithSample'), task),
  );
}

async function deploy(
  client: SlipwayClient,
  task: string,
  settings: { bundle: string; replicas: number; bake: false },
): Promise<string> {
  try {
    return (await client.call('updateTask', { params: { task }, body: settings })).version;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'task_not_found') throw error;
  }
  return (await client.call('createTask', { body: { task, ...settings } })).version;
}
