// What an empty view says: the one next step.
import { commandId, contextKeys, views, type Words } from '../contributions.ts';

export interface Welcome {
  readonly view: string;
  readonly when: string;
  readonly contents: Words;
}

const link = (name: Parameters<typeof commandId>[0]): string => `(command:${commandId(name)})`;

export const welcomes: readonly Welcome[] = [
  {
    view: views.services.id,
    when: 'workspaceFolderCount == 0',
    contents: {
      en: 'Open a folder to hold your services.\n[Open Folder](command:vscode.openFolder)',
      zh: '请打开一个文件夹来存放服务。\n[打开文件夹](command:vscode.openFolder)',
    },
  },
  {
    view: views.services.id,
    when: 'workspaceFolderCount != 0 && isWorkspaceTrusted && !virtualWorkspace',
    contents: {
      en: `No service in this workspace yet.\n[New Service…]${link('newService')}`,
      zh: `此工作区中还没有服务。\n[新建服务…]${link('newService')}`,
    },
  },
  {
    view: views.services.id,
    when: '!isWorkspaceTrusted',
    contents: {
      en: 'Slipway runs nothing in a workspace that is not trusted.\n[Manage Workspace Trust](command:workbench.trust.manage)',
      zh: 'Slipway 不会在不受信任的工作区中运行任何内容。\n[管理工作区信任](command:workbench.trust.manage)',
    },
  },
  {
    view: views.services.id,
    when: 'virtualWorkspace',
    contents: {
      en: 'This workspace is not on a disk. Open the folder locally or over a remote connection to run services.',
      zh: '此工作区不在磁盘上。请在本地或通过远程连接打开文件夹以运行服务。',
    },
  },
  {
    view: views.tasks.id,
    when: `!${contextKeys.localRunning} && ${contextKeys.hasServices}`,
    contents: {
      en: `Nothing runs. Run a service on this machine to see it here.\n[Run Locally]${link('runLocally')}`,
      zh: `没有正在运行的任务。在本机运行一个服务即可在此看到它。\n[本地运行]${link('runLocally')}`,
    },
  },
  {
    view: views.tasks.id,
    when: `!${contextKeys.localRunning} && !${contextKeys.hasServices}`,
    contents: {
      en: `Nothing runs.\n[Start Local Platform]${link('startLocal')}`,
      zh: `没有正在运行的任务。\n[启动本地平台]${link('startLocal')}`,
    },
  },
  {
    view: views.events.id,
    when: 'true',
    contents: {
      en: 'What happens on a platform is listed here: versions that come up, replicas that end, and why their number changes.',
      zh: '平台上发生的事情会列在这里：版本上线、副本退出，以及副本数变化的原因。',
    },
  },
  {
    view: views.remotes.id,
    when: 'true',
    contents: {
      en: `A remote is a platform for others: a cluster, or another machine. Publish to it the very bundle that runs here.\n[Add Remote…]${link('addRemote')}`,
      zh: `远程是供他人使用的平台：一个集群或另一台机器。在这里运行的同一个包可以直接发布过去。\n[添加远程…]${link('addRemote')}`,
    },
  },
];
