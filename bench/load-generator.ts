// A closed loop over raw sockets, in a process of its own: every connection sends its next request when it has its answer.
// Argument: a GeneratorPlan as JSON. Prints a GeneratorResult as JSON. Every answer is checked.
import { connect, type Socket } from 'node:net';
import type { GeneratorPlan, GeneratorResult } from './load.ts';

const plan = JSON.parse(process.argv[2]!) as GeneratorPlan;
const url = new URL(plan.url);
const body = Buffer.from(plan.bodyBase64, 'base64');
const request = Buffer.concat([
  Buffer.from(
    `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/octet-stream\r\ncontent-length: ${body.length}\r\n\r\n`,
  ),
  body,
]);
const latencies: number[] = [];
const problems = new Map<string, number>();
let measuring = false;
let ended = false;

class Connection {
  readonly #socket: Socket;
  #sentAt = 0;
  #text = '';

  constructor() {
    this.#socket = connect(Number(url.port), url.hostname, () => this.#send());
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => note(error.message));
    this.#socket.on('close', () => ended || note('the connection was closed'));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(request);
  }

  #read(chunk: Buffer): void {
    this.#text = this.#text === '' ? chunk.toString('latin1') : this.#text + chunk.toString('latin1');
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const bodyAt = headEnd + 4;
    const lengthAt = this.#text.indexOf('content-length: ');
    const length = Number.parseInt(this.#text.slice(lengthAt + 16, lengthAt + 26), 10);
    if (lengthAt < 0 || lengthAt > headEnd) return this.#fail('an answer without content-length');
    if (this.#text.length < bodyAt + length) return;
    if (!this.#text.startsWith('HTTP/1.1 200 ')) return this.#fail(this.#text.slice(0, 300));
    const answer = this.#text.slice(bodyAt);
    if (plan.expected !== undefined && answer !== plan.expected) return this.#fail(`answered ${answer.slice(0, 100)}`);
    if (measuring) latencies.push(performance.now() - this.#sentAt);
    this.#text = '';
    if (!ended) this.#send();
  }

  #fail(problem: string): void {
    note(problem);
    this.#text = '';
    if (!ended) this.#send();
  }
}

function note(problem: string): void {
  problems.set(problem, (problems.get(problem) ?? 0) + 1);
}

const connections = Array.from({ length: plan.connections }, () => new Connection());
// Connections open and queues fill before anything is counted.
setTimeout(() => {
  measuring = true;
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  setTimeout(() => {
    measuring = false;
    ended = true;
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    for (const connection of connections) connection.destroy();
    latencies.sort((a, b) => a - b);
    const result: GeneratorResult = {
      requests: latencies.length,
      seconds,
      p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
      generatorBusy: (cpu.user + cpu.system) / 1e6 / seconds,
      problems: [...problems],
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }, plan.seconds * 1000);
}, plan.warmUpMs);
