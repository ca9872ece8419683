// Holds a local engine with two ready replicas until it is killed: engine-holder.ts FOLDER nursery|direct
import { EngineBench, loading } from './engine-bench.ts';

const [folder = '', launch] = process.argv.slice(2);
const bench = await EngineBench.start({ folder, launch: launch === 'direct' ? 'direct' : 'nursery' });
const version = bench.version(loading('subprocess.Popen(["sleep", "1000"])'));
await bench.ready(version, 2);
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
