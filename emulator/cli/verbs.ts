// The verbs, in the order in which help shows them.
import type { Verb } from './verb.ts';
import { abPlan, abStatus, abStop } from './verbs/ab.ts';
import { activate } from './verbs/activate.ts';
import { batches } from './verbs/batches.ts';
import { call } from './verbs/call.ts';
import { check } from './verbs/check.ts';
import { clusterManifests, clusterSecrets } from './verbs/cluster.ts';
import { debug } from './verbs/debug.ts';
import { deleteTask } from './verbs/delete.ts';
import { deploy } from './verbs/deploy.ts';
import { dev } from './verbs/dev.ts';
import { doctor } from './verbs/doctor.ts';
import { down } from './verbs/down.ts';
import { envList, envLock, envPrune, envRuntime } from './verbs/env.ts';
import { events } from './verbs/events.ts';
import { login } from './verbs/login.ts';
import { load } from './verbs/load.ts';
import { imageBuild, imagePrune, imagePush } from './verbs/image.ts';
import { profileRecord } from './verbs/profile.ts';
import { importService } from './verbs/import.ts';
import { logs } from './verbs/logs.ts';
import { newService } from './verbs/new.ts';
import { remoteAdd, remoteList, remoteRemove } from './verbs/remote.ts';
import { fault, faultList } from './verbs/fault.ts';
import { nodeCut, nodeKill, nodeRestore } from './verbs/node.ts';
import { parity } from './verbs/parity.ts';
import { rehearse } from './verbs/rehearse.ts';
import { rerun } from './verbs/rerun.ts';
import { rollback } from './verbs/rollback.ts';
import { scale } from './verbs/scale.ts';
import { scaleRecord, scaleSimulate } from './verbs/scale-trace.ts';
import { shell } from './verbs/shell.ts';
import { split } from './verbs/split.ts';
import { start } from './verbs/start.ts';
import { status } from './verbs/status.ts';
import { stop } from './verbs/stop.ts';
import { tasks } from './verbs/tasks.ts';
import { tokenCreate, tokenList, tokenRevoke } from './verbs/token.ts';
import { up } from './verbs/up.ts';
import { update } from './verbs/update.ts';

export const verbs: readonly Verb[] = [
  newService,
  importService,
  check,
  dev,
  debug,
  up,
  down,
  deploy,
  call,
  tasks,
  status,
  logs,
  shell,
  events,
  update,
  activate,
  rollback,
  start,
  stop,
  deleteTask,
  split,
  scale,
  scaleRecord,
  scaleSimulate,
  abPlan,
  abStatus,
  abStop,
  remoteAdd,
  remoteList,
  remoteRemove,
  parity,
  login,
  tokenCreate,
  tokenList,
  tokenRevoke,
  batches,
  rerun,
  load,
  rehearse,
  nodeKill,
  nodeCut,
  nodeRestore,
  fault,
  faultList,
  clusterManifests,
  clusterSecrets,
  imageBuild,
  imagePush,
  imagePrune,
  profileRecord,
  doctor,
  envList,
  envPrune,
  envRuntime,
  envLock,
];
