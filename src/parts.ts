// The parts of the extension are made and registered, and nothing else happens here.
import { commands, l10n, languages, window, type ExtensionContext } from 'vscode';
import type { App } from './app.ts';
import { ServiceLenses } from './authoring/code-lens.ts';
import { Problems } from './authoring/problems.ts';
import { QuickFixes } from './authoring/quick-fixes.ts';
import { KnownTargets } from './authoring/targets.ts';
import { Answers } from './commands/answers.ts';
import { registerCommands } from './commands/register.ts';
import { contextKeys, dashboardType, views } from './contributions.ts';
import { Dashboard } from './dashboard/dashboard.ts';
import { DebuggedVersions } from './debugging/debugged.ts';
import { LiveSessions } from './debugging/live-sessions.ts';
import { registerDebugging } from './debugging/sessions.ts';
import { Platforms } from './platforms/platforms.ts';
import { RunningServices } from './services/running.ts';
import { SampleTests } from './services/sample-tests.ts';
import { Services } from './services/services.ts';
import { failingBadge } from './views/badge.ts';
import { EventsView } from './views/events-view.ts';
import { RemotesView } from './views/remotes-view.ts';
import { ServicesView } from './views/services-view.ts';
import { StatusItem } from './views/status-item.ts';
import { TaskLogs } from './views/task-logs.ts';
import { TasksView } from './views/tasks-view.ts';

/** What the tests of the extension may ask. */
export interface SlipwayApi {
  /** From the call of `activate` until all parts were registered, in milliseconds. */
  readonly activationMs: number;
  /** Messages that the page of the dashboard was sent. */
  readonly dashboardSent: () => number;
}

/** @param startedAt of `performance.now()`, when the editor called `activate` */
export function begin(context: ExtensionContext, startedAt: number): SlipwayApi {
  const output = window.createOutputChannel('Slipway', { log: true });
  const services = new Services();
  const running = new RunningServices();
  const platforms = new Platforms(context.secrets);
  const events = new EventsView(platforms);
  const logs = new TaskLogs({ create: (title) => window.createOutputChannel(title), l10n });
  const dashboard = new Dashboard({ context, output, platforms, seen: () => show() });
  const debugged = new DebuggedVersions();
  const app: App = {
    context,
    output,
    services,
    running,
    platforms,
    answers: new Answers(),
    logs,
    events,
    dashboard,
    debugged,
    sessions: new LiveSessions(platforms.local.platform, debugged, output),
  };
  const tasks = window.createTreeView(views.tasks.id, { treeDataProvider: new TasksView(platforms) });
  const list = window.createTreeView(views.services.id, { treeDataProvider: new ServicesView(services, running) });
  const told = window.createTreeView(views.events.id, { treeDataProvider: events });
  const remotes = window.createTreeView(views.remotes.id, { treeDataProvider: new RemotesView(platforms.remotes) });
  // Remotes are followed while somebody can see what they do.
  const show = (): void =>
    platforms.remotes.show(tasks.visible || remotes.visible || told.visible || dashboard.visible);
  const python = { language: 'python', scheme: 'file' };
  const targets = new KnownTargets(platforms, context.globalStorageUri.fsPath);
  const problems = new Problems({ services, targets, output });
  context.subscriptions.push(
    targets,
    problems,
    new SampleTests(app),
    languages.registerCodeLensProvider(python, new ServiceLenses(services, running)),
    languages.registerCodeActionsProvider({ scheme: 'file' }, new QuickFixes(services, problems), {
      providedCodeActionKinds: QuickFixes.kinds,
    }),
    output,
    services,
    running,
    platforms,
    app.answers,
    app.sessions,
    logs,
    dashboard,
    window.registerWebviewPanelSerializer(dashboardType, dashboard),
    tasks,
    list,
    told,
    remotes,
    tasks.onDidChangeVisibility(show),
    remotes.onDidChangeVisibility(show),
    told.onDidChangeVisibility(show),
    platforms.onDidChange(() => (tasks.badge = failingBadge(platforms))),
    new StatusItem(platforms),
    ...registerCommands(app),
    ...registerDebugging(app),
    ...followContext(app),
  );
  running.onDidTell(({ service, report }) => {
    if (report.kind === 'log') output.info(`${service.name} ${report.line.replica}: ${report.line.text}`);
    if (report.kind === 'failed')
      output.error(`${service.name}: ${report.error.message}\n${report.error.traceback ?? ''}`);
    if (report.kind === 'serving')
      output.info(`${report.task} ${report.version} serves after ${report.ms.toFixed(0)} ms`);
  });
  // Files that are open already have told nothing.
  void services.find().then(() => services.all.forEach((service) => problems.check(service)));
  void platforms.begin().then(show);
  return { activationMs: performance.now() - startedAt, dashboardSent: () => dashboard.sent };
}

/** Keeps the keys by which menus and welcome texts are chosen. */
function followContext({ services, platforms }: App): { dispose(): void }[] {
  const told = new Map<string, boolean>();
  const set = (key: string, value: boolean): void => {
    if (told.get(key) === value) return;
    told.set(key, value);
    void commands.executeCommand('setContext', key, value);
  };
  const update = (): void => {
    set(contextKeys.hasServices, services.all.length > 0);
    set(contextKeys.localRunning, platforms.local.platform.standing.state === 'ready');
    set(
      contextKeys.hasTasks,
      platforms.all.some(({ tasks }) => tasks.length > 0),
    );
  };
  update();
  return [services.onDidChange(update), platforms.onDidChange(update)];
}
