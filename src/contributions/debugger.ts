// The debug type `slipway`: what a launch.json may say, where somebody wants one.
import type { Words } from '../contributions.ts';

export const debugType = 'slipway';

export interface DebugField {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly default?: unknown;
  readonly description: Words;
}

const justMyCode: DebugField = {
  type: 'boolean',
  default: true,
  description: { en: 'Step over code of libraries.', zh: '跳过库代码。' },
};

export const debugFields: Readonly<Record<'launch' | 'attach', Readonly<Record<string, DebugField>>>> = {
  launch: {
    service: {
      type: 'string',
      default: '${workspaceFolder}',
      description: { en: 'Folder with slipway.json.', zh: '包含 slipway.json 的文件夹。' },
    },
    replicas: {
      type: 'integer',
      default: 1,
      description: {
        en: 'Replicas that run; the first one is debugged, the others serve meanwhile.',
        zh: '运行的副本数；调试第一个，其余继续提供服务。',
      },
    },
    batch: {
      type: 'string',
      description: {
        en: 'A captured batch to execute again instead, as `slipway batches` shows it.',
        zh: '改为重新执行的已捕获批次，如 `slipway batches` 所示。',
      },
    },
    justMyCode,
  },
  attach: {
    task: { type: 'string', description: { en: 'A task of the local platform.', zh: '本地平台上的任务。' } },
    replica: {
      type: 'string',
      description: {
        en: 'One of its replicas; default: the first that is ready.',
        zh: '其中一个副本；默认为第一个就绪的副本。',
      },
    },
    justMyCode,
  },
};
