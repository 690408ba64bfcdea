// npm start: builds the portal when it is missing or older than its sources, then `nodeward serve`.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildStalePortal } from './portal-build.ts';

// Standard output stays free for the one address that the server prints.
const failure = buildStalePortal();
if (failure !== undefined) {
  process.stderr.write(`${failure}nodeward: the portal could not be built\n`);
  process.exit(1);
}
const nodeward = join(resolve(import.meta.dirname, '..'), 'apps/cli/bin/nodeward.js');
process.argv.splice(1, process.argv.length - 1, nodeward, 'serve', ...process.argv.slice(2));
await import(pathToFileURL(nodeward).href);
