// A service that is an HTTP server itself: reads the body and answers a constant. Without PORT it takes
// a free one, prints it and ends with its input.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import process from 'node:process';

const answer = Buffer.from('7');
const server = createServer((request, response) => {
  request.on('data', () => undefined);
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
if (process.env.PORT === undefined) process.stdin.on('end', () => process.exit(0)).resume();
