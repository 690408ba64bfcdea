// npm run demo:reset [-- --all]: back to the first start. Removes what the server of this clone keeps.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDataDir, findRunningServer } from '@nodeward/server/link';

const dataDir = defaultDataDir(process.env, process.cwd());
const running = await findRunningServer(dataDir);
/** What the sample fleet alone never makes: advisories of connected clusters, and the key of stored secrets. */
const own = ['advisories', 'secret.key'].filter((name) => existsSync(join(dataDir, name)));

if (running !== undefined) {
  process.stderr.write(`nodeward: a server runs on ${dataDir} (process ${running.pid}); stop it first\n`);
  process.exitCode = 2;
} else if ((process.env.DATABASE_URL ?? '') !== '') {
  process.stderr.write('nodeward: DATABASE_URL is set; this resets the embedded database only, and a sample fleet without its findings would not fit the other\n');
  process.exitCode = 2;
} else if (own.length > 0 && !process.argv.includes('--all')) {
  process.stderr.write(`nodeward: ${dataDir} holds more than the sample fleet (${own.join(', ')}), and with it what was found in your own; \`npm run demo:reset -- --all\` removes that too\n`);
  process.exitCode = 2;
} else {
  await rm(dataDir, { recursive: true, force: true });
  process.stdout.write(`removed ${dataDir}; the next npm start begins anew\n`);
}
