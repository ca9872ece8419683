// `--set targetConcurrency=8 max=5`: settings of scaling as words of a command line.
import { SlipwayError } from '../common/errors.ts';
import { ScalingSettings } from '../../schemas/scaling.ts';

const names = Object.keys(ScalingSettings.shape);

/** @throws SlipwayError usage, which names what there is to set */
export function parseScalingSettings(words: readonly string[], option = '--set'): ScalingSettings {
  const given: Record<string, number> = {};
  for (const word of words) {
    const [name = '', value = ''] = word.split(/=(.*)/s);
    if (!names.includes(name)) throw wrong(option, `there is no setting "${name}"`);
    if (!/^[0-9]+(\.[0-9]+)?$/.test(value)) throw wrong(option, `${name} takes a number, found "${value}"`);
    given[name] = Number(value);
  }
  const parsed = ScalingSettings.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw wrong(option, `${issue.path.join('.')}: ${issue.message}`);
}

function wrong(option: string, what: string): SlipwayError {
  return new SlipwayError('usage', `${option}: ${what}.`, {
    hint: `Write it like ${option} targetConcurrency=8 max=5. There are ${names.join(', ')}; times are in milliseconds.`,
  });
}
