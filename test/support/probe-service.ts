// A service on Python's own library that does what its input says, the wrong things included.
import type { ManifestInput } from '../../schemas/manifest.ts';
import { writeTree } from './temporary-folder.ts';

const source = `class Probe:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        results = []
        for item in data:
            wish = item.json() if item.content_type == "application/json" else item.body.decode("latin-1")
            if wish == "raise":
                raise ValueError("the item at fault")
            if wish == "exit":
                raise SystemExit(3)
            if wish == "none":
                return None
            if wish == "generator":
                return (one for one in data)
            if wish == "short":
                return results
            if wish == "object":
                wish = object()
            if wish == "huge":
                wish = b"x" * (500 << 20)
            results.append(wish)
        return results
`;

/** A service \`probe\`: answers what it was sent, but for the words that ask for more. */
export function writeProbe(folder: string, manifest: Partial<ManifestInput> = {}): Promise<string> {
  const whole = { name: 'probe', main: 'probe.py', resources: { memory: '2Gi' }, ...manifest };
  return writeTree(folder, { 'slipway.json': JSON.stringify(whole), 'probe.py': source });
}

/** A service \`adder\` with a declared input: the sum of two FP32. */
export function writeAdder(folder: string): Promise<string> {
  const manifest = {
    name: 'adder',
    main: 'adder.py',
    input: { name: 'x', datatype: 'FP32', shape: [2] },
    resources: { memory: '256Mi' },
  };
  return writeTree(folder, {
    'slipway.json': JSON.stringify(manifest),
    'adder.py': `import struct


class Adder:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return [sum(item.json() if item.has_form and not item.is_raw else struct.unpack("<2f", item)) for item in data]
`,
  });
}
