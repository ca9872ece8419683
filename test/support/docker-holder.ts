// Holds an engine with two ready containers until it is killed: docker-holder.ts SOCKET FOLDER
import Docker from 'dockerode';
import { startDockerBench } from './docker-bench.ts';
import { loading } from './engine-bench.ts';

const [socketPath = '', folder = ''] = process.argv.slice(2);
const bench = await startDockerBench({ docker: new Docker({ socketPath }) }, { folder }, { adoptMs: 1000 });
const version = bench.version(loading('subprocess.Popen(["sleep", "1000"], start_new_session=True)'));
await bench.ready(version, 2);
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
