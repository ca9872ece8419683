// The settings: few. Paths belong to a machine; what runs code is not taken from a folder that is not trusted.
import type { Words } from '../contributions.ts';

export interface SettingDefinition {
  readonly type: 'string' | 'boolean';
  readonly default: string | boolean;
  readonly scope: 'machine-overridable' | 'window' | 'resource';
  readonly description: Words;
  /** Not read in a workspace that is not trusted. */
  readonly restricted: boolean;
}

export const settingDefinitions: Readonly<Record<'home' | 'python' | 'nodes', SettingDefinition>> = {
  home: {
    type: 'string',
    default: '',
    scope: 'machine-overridable',
    restricted: true,
    description: {
      en: 'Home folder of the local platform. Empty: `SLIPWAY_HOME`, else `.slipway` in your home folder.',
      zh: '本地平台的主目录。留空则使用 `SLIPWAY_HOME`，否则为用户主目录下的 `.slipway`。',
    },
  },
  python: {
    type: 'string',
    default: '',
    scope: 'machine-overridable',
    restricted: true,
    description: {
      en: 'The Python interpreter for services. Empty: the newest one on the path that a service accepts.',
      zh: '服务使用的 Python 解释器。留空则使用路径上服务可接受的最新版本。',
    },
  },
  nodes: {
    type: 'string',
    default: '',
    scope: 'machine-overridable',
    restricted: false,
    description: {
      en: 'Emulated nodes of a local platform that is started here: a number, or such as `2:cpu=4,memory=8Gi;1:cpu=16,gpu=1`.',
      zh: '在此启动的本地平台的模拟节点：一个数字，或如 `2:cpu=4,memory=8Gi;1:cpu=16,gpu=1`。',
    },
  },
};
