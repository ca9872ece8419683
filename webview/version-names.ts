// How the versions of a task are called on the page: by number, or with their name, and as a model where a recorded profile
// stands in for one. No figure of a model is shown without that mark.
import type { DashboardTask } from '../schemas/dashboard.ts';
import { modelMark } from '../schemas/model-mark.ts';
import * as l10n from './l10n.ts';

export interface VersionNames {
  /** `v2`, `v2 [model]` */
  readonly short: (id: string) => string;
  /** `v2 beta`, `v2 beta [model]` */
  readonly full: (id: string) => string;
}

export function namesOf(task: DashboardTask | null): VersionNames {
  const find = (id: string): DashboardTask['versions'][number] | undefined =>
    task?.versions.find((one) => one.id === id);
  const mark = (id: string): string => modelMark(find(id) ?? {}, l10n.t('model'));
  return {
    short: (id) => id + mark(id),
    full: (id) => {
      const name = find(id)?.name;
      return (name === undefined ? id : `${id} ${name}`) + mark(id);
    },
  };
}
