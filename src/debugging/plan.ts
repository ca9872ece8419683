// What a session debugs, prepared: the adapter's program, and what is said to the adapter in the place of our configuration.
import { Uri, type DebugConfiguration } from 'vscode';
import { z } from 'zod';
import { l10n } from 'vscode';
import type { App } from '../app.ts';
import { withSteps } from '../commands/outcome.ts';
import { runVerb } from '../platforms/command-line.ts';
import { sourceOf } from '../services/source.ts';

const Kit = z.object({
  task: z.string(),
  bundle: z.string(),
  python: z.string(),
  debugger: z.string(),
  runtime: z.string(),
  /** The unpacked bundle, whose files are executed. */
  folder: z.string(),
  /** What was captured, for a batch. */
  file: z.string().optional(),
});
export type Kit = z.infer<typeof Kit>;

/** `deploy`: a new version whose first replica is debugged. `attach`: a replica that serves. `rerun`: a captured batch. */
export type Aim =
  | { readonly kind: 'deploy'; readonly replicas: number }
  | { readonly kind: 'attach'; readonly replica: string }
  | { readonly kind: 'rerun' };

export interface Plan {
  readonly kit: Kit;
  readonly aim: Aim;
  /** Of the request with which the adapter begins. */
  readonly command: 'attach' | 'launch';
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Checks, packs, uploads and installs as needed. @throws SlipwayError what is wrong with the service or its environment */
export async function makePlan(app: App, configuration: DebugConfiguration): Promise<Plan> {
  const { service, task, replica, batch, replicas, justMyCode } = configuration as Partial<Record<string, unknown>>;
  const folder = typeof service === 'string' ? Uri.file(service) : undefined;
  const name = configuration.name;
  const kit = await withSteps(name, async (progress, signal) => {
    await app.platforms.local.ensure(signal);
    // What runs from the folder would be replaced at every save, in the middle of a step.
    if (folder !== undefined) await app.running.stop(folder);
    const words =
      typeof batch === 'string'
        ? ['rerun', batch, '--debugger']
        : folder === undefined
          ? ['debug', '--task', String(task), ...(typeof replica === 'string' ? ['--replica', replica] : [])]
          : ['debug', folder.fsPath];
    return runVerb(words, Kit, { signal, progress });
  });
  const source = folder ?? sourceOf(app, kit.task)?.folder;
  const common = {
    justMyCode: justMyCode !== false,
    subProcess: false,
    rules: [{ path: `${kit.runtime}/**`, include: false }],
    pathMappings: source === undefined ? [] : [{ localRoot: source.fsPath, remoteRoot: kit.folder }],
  };
  if (kit.file !== undefined) {
    const launch = {
      module: 'slipway.rerun',
      args: [kit.file, '--stop', '--once'],
      python: kit.python,
      cwd: kit.folder,
    };
    const env = { PYTHONPATH: kit.runtime };
    return {
      kit,
      aim: { kind: 'rerun' },
      command: 'launch',
      arguments: { ...common, ...launch, env, console: 'internalConsole', redirectOutput: true },
    };
  }
  const aim: Aim =
    folder === undefined
      ? { kind: 'attach', replica: typeof replica === 'string' ? replica : readyReplica(app, kit.task) }
      : { kind: 'deploy', replicas: typeof replicas === 'number' ? replicas : 1 };
  // The replica connects to the adapter, which chooses its port.
  const listen = { host: '127.0.0.1', port: 0 };
  return { kit, aim, command: 'attach', arguments: { ...common, listen, redirectOutput: true } };
}

function readyReplica(app: App, task: string): string {
  const view = app.platforms.local.platform.tasks.find(({ name }) => name === task);
  const ready = view?.replicas.find(({ state }) => state === 'ready');
  if (ready === undefined) throw new Error(l10n.t('{0} has no replica that is ready.', task));
  return ready.id;
}
