// A service that answers every request with its body in reverse: an answer that belongs to another request shows.
import { join } from 'node:path';
import type { ManifestInput } from '../../schemas/manifest.ts';
import { writeService } from './service-folder.ts';

const source = (mark: string): string => `# ${mark}
import time


class Echo:
    def load_model(self):
        self.delay = float(self.conf.get("delay", 0))

    def execute(self, data, batch_size):
        time.sleep(self.delay)
        return [item.body[::-1] for item in data]
`;

/** @param mark makes another bundle of the same behaviour */
export function writeEcho(
  folder: string,
  name: string,
  manifest: Partial<ManifestInput> = {},
  mark = '',
): Promise<string> {
  const resources = { cpu: 0.25, memory: '128Mi' };
  return writeService(
    join(folder, name),
    { name, resources, ...manifest },
    { 'service.py': source(mark), 'samples/a.txt': 'abc' },
  );
}
