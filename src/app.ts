// What commands and views share: the parts of one activated extension.
import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { Answers } from './commands/answers.ts';
import type { Dashboard } from './dashboard/dashboard.ts';
import type { DebuggedVersions } from './debugging/debugged.ts';
import type { LiveSessions } from './debugging/live-sessions.ts';
import type { Platforms } from './platforms/platforms.ts';
import type { RunningServices } from './services/running.ts';
import type { Services } from './services/services.ts';
import type { EventsView } from './views/events-view.ts';
import type { TaskLogs } from './views/task-logs.ts';

export interface App {
  readonly context: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly services: Services;
  readonly running: RunningServices;
  readonly platforms: Platforms;
  readonly answers: Answers;
  readonly logs: TaskLogs;
  readonly events: EventsView;
  readonly dashboard: Dashboard;
  readonly debugged: DebuggedVersions;
  readonly sessions: LiveSessions;
}
