// npm run demo:reset: back to the first start. Removes what the server of this clone keeps.
import { rm } from 'node:fs/promises';
import { defaultDataDir, findRunningServer } from '@nodeward/server';

const dataDir = defaultDataDir(process.env, process.cwd());
const running = await findRunningServer(dataDir);

if (running !== undefined) {
  process.stderr.write(`nodeward: a server runs on ${dataDir} (process ${running.pid}); stop it first\n`);
  process.exitCode = 2;
} else if ((process.env.DATABASE_URL ?? '') !== '') {
  process.stderr.write('nodeward: DATABASE_URL is set; this resets the embedded database only, and a sample fleet without its findings would not fit the other\n');
  process.exitCode = 2;
} else {
  await rm(dataDir, { recursive: true, force: true });
  process.stdout.write(`removed ${dataDir}; the next npm start begins anew\n`);
}
