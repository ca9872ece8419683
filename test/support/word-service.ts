// A service that needs no packages and says one word, so that a test sees which version answered.
import type { ManifestInput } from '../../schemas/manifest.ts';
import { writeTree } from './temporary-folder.ts';

/** A service `words` whose answers are `word:<body>`. */
export function wordSource(word: string): string {
  return `class Words:
    def load_model(self):
        print("loaded ${word}")

    def execute(self, data, batch_size):
        return ["${word}:" + item.body.decode() for item in data]
`;
}

export function writeWords(folder: string, word: string, manifest: Partial<ManifestInput> = {}): Promise<string> {
  const whole = { name: 'words', main: 'words.py', resources: { memory: '256Mi' }, ...manifest };
  return writeTree(folder, {
    'slipway.json': JSON.stringify(whole),
    'words.py': wordSource(word),
    'samples/one.txt': 'hello',
  });
}
