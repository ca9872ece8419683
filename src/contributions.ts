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
  debugService: { title: words('Debug', '调试'), icon: 'debug-alt', enablement: withService },
  debugReplica: {
    title: words('Attach Debugger', '附加调试器'),
    icon: 'debug-alt',
    enablement: `${trusted} && ${withTask}`,
  },
  rerunBatch: {
    title: words('Re-run Batch in Debugger…', '在调试器中重新执行批次…'),
    icon: 'debug-rerun',
    enablement: `${trusted} && ${withTask}`,
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
  publish: { title: words('Publish to Remote…', '发布到远程…'), icon: 'repo-push', enablement: withService },
  lockVersions: { title: words('Lock Versions', '锁定版本'), icon: 'lock', enablement: withService },
  updateModel: {
    title: words('Update Model…', '更新模型…'),
    icon: 'arrow-up',
    enablement: `${trusted} && ${withTask}`,
  },
  splitTraffic: { title: words('Split Traffic…', '拆分流量…'), icon: 'split-horizontal', enablement: withTask },
  rollBack: { title: words('Roll Back', '回滚'), icon: 'discard', enablement: withTask },
  activateVersion: {
    title: words('Send All Traffic Here', '将全部流量切换到此版本'),
    icon: 'arrow-right',
    enablement: withTask,
    palette: false,
  },
  cancelDeploy: {
    title: words('Cancel Deployment', '取消部署'),
    icon: 'close',
    enablement: withTask,
  },
  openShell: {
    title: words('Open Shell in Replica', '在副本中打开终端'),
    icon: 'terminal',
    enablement: `${trusted} && ${withTask}`,
  },
  setReplicas: { title: words('Set Replicas…', '设置副本数…'), icon: 'layers', enablement: withTask },
  copyUrl: { title: words('Copy URL', '复制 URL'), icon: 'link', enablement: withTask },
  openDashboard: { title: words('Open Dashboard', '打开仪表板'), icon: 'dashboard', enablement: withTask },
  loadTest: { title: words('Load Test…', '负载测试…'), icon: 'pulse', enablement: withTask },
  rehearse: { title: words('Rehearse…', '演练…'), icon: 'beaker', enablement: `${trusted} && ${withTask}` },
  injectFault: { title: words('Inject Fault…', '注入故障…'), icon: 'zap', enablement: withTask },
  showLogs: { title: words('Show Logs', '显示日志'), icon: 'output', enablement: withTask },
  doctor: { title: words('Doctor', '诊断'), icon: 'pulse', enablement: '!virtualWorkspace' },
  addRemote: { title: words('Add Remote…', '添加远程…'), icon: 'add' },
  removeRemote: { title: words('Remove Remote', '移除远程'), icon: 'trash' },
  setToken: { title: words('Set Token…', '设置令牌…'), icon: 'key', palette: false },
  reconnect: { title: words('Reconnect', '重新连接'), icon: 'refresh', palette: false },
  clearEvents: { title: words('Clear Events', '清除事件'), icon: 'clear-all' },
  showScaling: {
    title: words('Show Why This Number of Replicas', '显示副本数的原因'),
    icon: 'question',
    enablement: withTask,
  },
  openWalkthrough: { title: words('Get Started', '快速入门'), icon: 'book' },
  openFolder: { title: words('Open slipway.json', '打开 slipway.json'), icon: 'go-to-file', palette: false },
  showOutput: { title: words('Show Output', '显示输出'), icon: 'output' },
  showActions: { title: words('Show Actions', '显示操作'), palette: false },
} as const satisfies Readonly<Record<string, CommandDefinition>>;

export type CommandName = keyof typeof commands;

/** What a command refuses to do without, as its enablement has it: a command can be called where nothing offers it. */
export function needsOf(name: CommandName): { readonly trust: boolean; readonly disk: boolean } {
  const { enablement = '' }: CommandDefinition = commands[name];
  return { trust: enablement.includes('isWorkspaceTrusted'), disk: enablement.includes('!virtualWorkspace') };
}

/** The id under which the editor knows a command. */
export const commandId = (name: CommandName): string => `slipway.${name}`;

export const viewContainer = 'slipway';
/** `share`: of the height, when they are seen first. */
export const views = {
  services: { id: 'slipway.services', name: words('Services', '服务'), share: 1 },
  tasks: { id: 'slipway.tasks', name: words('Tasks', '任务'), share: 3 },
  events: { id: 'slipway.events', name: words('Events', '事件'), share: 2 },
  remotes: { id: 'slipway.remotes', name: words('Remotes', '远程'), share: 1 },
} as const;

/** The editor knows the dashboard's panel by this, and restores it. */
export const dashboardType = 'slipway.dashboard';

export const walkthroughId = 'slipway.start';

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
  unreadableService: 'slipway.service.unreadable',
  localStopped: 'slipway.platform.local.stopped',
  localRunning: 'slipway.platform.local.running',
  remote: 'slipway.platform.remote',
  task: 'slipway.task.running',
  stoppedTask: 'slipway.task.stopped',
  version: 'slipway.version',
  comingVersion: 'slipway.version.coming',
  replica: 'slipway.replica',
  stillReplica: 'slipway.replica.still',
  remoteEntry: 'slipway.remote',
} as const;
