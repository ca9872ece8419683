// A small service folder, as a user writes one.
import type { ManifestInput } from '../../schemas/manifest.ts';
import { writeTree } from './temporary-folder.ts';

export const serviceSource = `import json

import numpy as np


class Doubler:
    def load_model(self):
        self.factor = 2

    def execute(self, data, batch_size):
        return [json.dumps(np.frombuffer(item.body).sum() * self.factor) for item in data]
`;

/** Writes `slipway.json`, `service.py` and `more` into `folder`. A `more` of these names replaces them. */
export function writeService(
  folder: string,
  manifest: Partial<ManifestInput> = {},
  more: Readonly<Record<string, string | Buffer | null>> = {},
): Promise<string> {
  const whole = { name: 'doubler', main: 'service.py', ...manifest };
  return writeTree(folder, {
    'slipway.json': `${JSON.stringify(whole, null, 2)}\n`,
    'service.py': serviceSource,
    ...more,
  });
}
