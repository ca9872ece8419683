// From the path of a request to what it wants. Pure; names are checked by form only, whether they exist is the table's.
import { reservedTaskNames } from '../../schemas/ids.ts';

export type Target =
  /** `POST /<task>`, `POST /<task>@<version>`, or POST /service with a ServiceID. */
  | {
      readonly kind: 'infer';
      readonly task: string;
      readonly version: string | undefined;
      readonly protocol: 'raw' | 'v2';
    }
  /** What the Open Inference Protocol, and Triton's addition of a configuration, tell of one model. */
  | {
      readonly kind: 'model';
      readonly task: string;
      readonly version: string | undefined;
      readonly what: 'metadata' | 'ready' | 'config';
    }
  /** `POST /<task>/feedback`: how good answers were. */
  | { readonly kind: 'feedback'; readonly task: string }
  /** `/<task>[@<version>]/any/path`: for services that are servers themselves. `path` begins with a slash. */
  | { readonly kind: 'pass'; readonly task: string; readonly version: string | undefined; readonly path: string }
  | { readonly kind: 'service' }
  /** The 2017 question whether a service is up. */
  | { readonly kind: 'initialized' }
  | { readonly kind: 'server'; readonly what: 'metadata' | 'live' | 'ready' }
  /** Triton's list of all models. */
  | { readonly kind: 'index' }
  | { readonly kind: 'none' };

const name = '[a-z][a-z0-9-]{0,47}';
const inferPath = new RegExp(`^/(${name})(?:@(${name}))?$`);
const feedbackPath = new RegExp(`^/(${name})/feedback$`);
const passPath = new RegExp(`^/(${name})(?:@(${name}))?(/(?!/).*)$`);
/** A parent or present folder as it stands; encoded ones are the service's to read. */
const dotSegment = /\/\.\.?(?:\/|$)/;
const modelPath = new RegExp(`^/v2/models/(${name})(?:/versions/(${name}))?(?:/(infer|ready|config))?$`);

/** @param url the request target, with its query; it is not percent-decoded, since no valid name needs that. */
export function parseTarget(url: string): Target {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  switch (path) {
    case '/service':
      return { kind: 'service' };
    case '/initialized':
      return { kind: 'initialized' };
    case '/v2':
      return { kind: 'server', what: 'metadata' };
    case '/v2/health/live':
      return { kind: 'server', what: 'live' };
    case '/v2/health/ready':
      return { kind: 'server', what: 'ready' };
    case '/v2/repository/index':
      return { kind: 'index' };
    default:
  }
  const infer = inferPath.exec(path);
  if (infer !== null) return { kind: 'infer', task: infer[1]!, version: infer[2], protocol: 'raw' };
  const feedback = feedbackPath.exec(path);
  if (feedback !== null) return { kind: 'feedback', task: feedback[1]! };
  const model = modelPath.exec(path);
  if (model === null) return passTarget(path);
  const [, task, version, tail] = model;
  if (tail === 'infer') return { kind: 'infer', task: task!, version, protocol: 'v2' };
  return { kind: 'model', task: task!, version, what: tail === 'ready' || tail === 'config' ? tail : 'metadata' };
}

function passTarget(path: string): Target {
  const pass = passPath.exec(path);
  if (pass === null || reservedTaskNames.has(pass[1]!) || dotSegment.test(pass[3]!)) return { kind: 'none' };
  return { kind: 'pass', task: pass[1]!, version: pass[2], path: pass[3]! };
}
