// Events and log lines as one line of text each.
import type { LogLine, PlatformEvent, EventBody } from '../../schemas/events.ts';
import type { Reason } from '../../schemas/errors.ts';
import { showDuration } from './figures.ts';
import type { Paint } from './paint.ts';

/** `12:03:44.120  mnist v2  replica mnist-v2-… ready on node-1`. */
export function showEvent(event: PlatformEvent, paint: Paint): string {
  return `${paint(clockTime(event.at), 'quiet')}  ${describe(event.body)}`;
}

export function showLogLine(line: LogLine, paint: Paint): string {
  const source = shortReplica(line.replica, line.task);
  const text = line.stream === 'stdout' ? line.text : paint(line.text, line.stream === 'stderr' ? 'warning' : 'quiet');
  return `${paint(`${clockTime(line.at)} ${source}`, 'quiet')} ${text}`;
}

/** `v2-r0` of `mnist-v2-5f3a91c0-r0`: the task is known, and the salt tells a reader nothing. */
export function shortReplica(replica: string, task: string): string {
  const rest = replica.startsWith(`${task}-`) ? replica.slice(task.length + 1) : replica;
  return rest.replace(/-[0-9a-f]{8}-/, '-');
}

function describe(body: EventBody): string {
  switch (body.kind) {
    case 'platform.started':
      return `platform ${body.version} started`;
    case 'platform.stopping':
      return 'platform stopping';
    case 'state.damaged':
      return `state file ${body.file} was damaged${because(body.reason)}`;
    case 'task.created':
      return `${body.task} created`;
    case 'task.deleted':
      return `${body.task} deleted`;
    case 'task.state':
      return `${body.task} is ${body.state}${because(body.reason)}`;
    case 'version.created':
      return `${body.task} ${body.version} created${body.name === undefined ? '' : ` as ${body.name}`}`;
    case 'version.state':
      return `${body.task} ${body.version} is ${body.state}${because(body.reason)}`;
    case 'version.progress':
      return `${body.task} ${body.version}: ${body.text}`;
    case 'rollout.step':
      return `${body.task} ${body.version} rollout: ${body.text} (${body.ready} of ${body.wanted} ready)`;
    case 'rollout.returned':
      return `${body.task} ${body.version}: traffic went back to ${body.to ?? 'nothing'}${because(body.reason)}`;
    case 'replica.state': {
      const place = body.node === null ? '' : ` on ${body.node}`;
      return `${body.task} ${shortReplica(body.replica, body.task)} is ${body.state}${place}${because(body.reason)}`;
    }
    case 'replica.exited': {
      const how = body.signal ?? `exit code ${body.code ?? 'unknown'}`;
      const again = body.restartInMs === null ? '' : `, restarted in ${showDuration(body.restartInMs)}`;
      return `${body.task} ${shortReplica(body.replica, body.task)} ended (${how})${again}`;
    }
    case 'replica.ejected': {
      const replica = shortReplica(body.replica, body.task);
      return `${body.task} ${replica} gets no requests until ${clockTime(body.until)}${because(body.reason)}`;
    }
    case 'replica.readmitted':
      return `${body.task} ${shortReplica(body.replica, body.task)} answers again and gets its share`;
    case 'split.changed':
      return `${body.task} split: ${body.text}`;
    case 'mirror.mismatch': {
      const [original, copy] = body.statuses;
      const what = original === copy ? 'another answer' : `${copy} instead of ${original}`;
      return `${body.task} ${body.version} gave ${what} to the copy of ${body.request} (${body.count} such)`;
    }
    case 'engine.away':
      return `replicas can neither be started nor looked at${because(body.reason)}`;
    case 'engine.back':
      return 'replicas can be started and looked at again';
    case 'node.state':
      return `${body.node} is ${body.state}`;
    case 'fault.injected':
      return `fault injected into ${body.replica ?? body.node ?? 'the platform'}: ${body.fault}`;
    case 'request.quarantined':
      return `${body.task} ${body.version}: input ${body.input} killed ${body.workers} workers and is quarantined`;
    case 'scaled':
      return `${body.task} ${body.version} replicas ${body.reason}`;
    case 'scaling.held':
      return `${body.task} ${body.version} replicas ${body.reason}`;
  }
}

function because(reason: Reason | undefined): string {
  return reason === undefined ? '' : `: ${reason.message.split('\n', 1)[0]!}`;
}

function clockTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}
