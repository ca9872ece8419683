// Every id that the editor knows of Slipway: commands, views, settings, context keys. package.json is generated from here
// (scripts/generate/manifest.ts), so that an id is written once. Menus and texts beside them: contributions/.

/** One text in the languages that the extension speaks. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

export interface CommandDefinition {
  readonly title: Words;
  /** A codicon. */
  readonly icon?: string;
  /** When it can be used at all. */
  readonly enablement?: string;
  /** False keeps it out of the palette: it is of use on an item only. */
  readonly palette?: false;
}

const words = (en: string, zh: string): Words => ({ en, zh });

const trusted = 'isWorkspaceTrusted && !virtualWorkspace';
export const contextKeys = {
  /** The local platform runs. */
  localRunning: 'slipway.localRunning',
  /** Some platform has a task. */
  hasTasks: 'slipway.hasTasks',
  /** The workspace has a slipway.json. */
  hasServices: 'slipway.hasServices',
} as const;
const withService = `${trusted} && ${contextKeys.hasServices}`;
const withTask = contextKeys.hasTasks;

export const commands = {
  newService: { title: words('New Service…', '新建服务…'), icon: 'add', enablement: trusted },
  runLocally: { title: words('Run Locally', '本地运行'), icon: 'play', enablement: withService },
  stopRunning: {
    title: words('Stop Running', '停止运行'),
    icon: 'debug-stop',
    enablement: withService,
    palette: false,
  },
  deploy: { title: words('Deploy…', '部署…'), icon: 'cloud-upload', enablement: withService },
  callWithSample: { title: words('Call with Sample', '用样例调用'), icon: 'send', enablement: withTask },
  stopTask: { title: words('Stop', '停止'), icon: 'debug-stop', enablement: withTask },
  startTask: { title: words('Start', '启动'), icon: 'debug-start', enablement: withTask },
  deleteTask: { title: words('Delete', '删除'), icon: 'trash', enablement: withTask },
  startLocal: {
    title: words('Start Local Platform', '启动本地平台'),
    icon: 'play',
    enablement: `${trusted} && !${contextKeys.localRunning}`,
  },
  stopLocal: {
    title: words('Stop Local Platform', '停止本地平台'),
    icon: 'debug-stop',
    enablement: contextKeys.localRunning,
  },
  openFolder: { title: words('Open slipway.json', '打开 slipway.json'), icon: 'go-to-file', palette: false },
  showOutput: { title: words('Show Output', '显示输出'), icon: 'output' },
  showActions: { title: words('Show Actions', '显示操作'), palette: false },
} as const satisfies Readonly<Record<string, CommandDefinition>>;

export type CommandName = keyof typeof commands;

/** The id under which the editor knows a command. */
export const commandId = (name: CommandName): string => `slipway.${name}`;

export const viewContainer = 'slipway';
export const views = {
  services: { id: 'slipway.services', name: words('Services', '服务') },
  tasks: { id: 'slipway.tasks', name: words('Tasks', '任务') },
} as const;

export const settings = {
  home: 'home',
  python: 'python',
  nodes: 'nodes',
} as const;
export const settingSection = 'slipway';

/** What a tree item says of itself, for the menus. */
export const itemContexts = {
  service: 'slipway.service',
  runningService: 'slipway.service.running',
  localStopped: 'slipway.platform.local.stopped',
  localRunning: 'slipway.platform.local.running',
  remote: 'slipway.platform.remote',
  task: 'slipway.task.running',
  stoppedTask: 'slipway.task.stopped',
  version: 'slipway.version',
  replica: 'slipway.replica',
} as const;
