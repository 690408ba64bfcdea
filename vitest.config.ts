import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { whyNoPostgres } from './apps/server/src/database/postgres-for-tests.ts';
import { LongestFirst } from './tests/longest-first.ts';

// Inherited by the processes that tests start, servers above all: each of them would compile the same files anew.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/nodeward/compiled');

const serverTests = ['apps/server/{src,bench,tests}/**/*.test.ts'];
/** They prove something of both engines by themselves. */
const onBothEngines = ['apps/server/src/database/**', 'apps/server/tests/{crash,crash-group,move-database}.test.ts'];
/** Through these a test learns the engine of its run; without them it is the same on each. */
const asksForEngine = /\/(shared-database-for-tests|engine-of-run-for-tests|server-process)\.ts'/;
const withoutDatabase = globSync(serverTests, { cwd: import.meta.dirname }).filter((path) => !asksForEngine.test(readFileSync(join(import.meta.dirname, path), 'utf8')));

const noPostgres = await whyNoPostgres();
if (noPostgres !== undefined) console.warn(`SKIPPED (no PostgreSQL): the server suite on PostgreSQL: ${noPostgres}`);

const browserTests = 'tests/**/*.e2e.test.ts';
/** One PostgreSQL for the whole run, where there is one, and one sample fleet that has been read. */
const onServers = ['apps/server/src/database/postgres-for-tests.ts', 'apps/server/tests/assessed-sample-for-tests.ts'];

// Vitest wants a default export here.
export default defineConfig({
  test: {
    // Several tests start databases, servers and browsers; two files at a time is what two cores carry.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Bounds for what hangs, not for what is slow: a busy machine takes three times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // One second, the default, is what a page or a server may take on two busy cores.
    expect: { poll: { timeout: 30_000, interval: 100 } },
    projects: [
      {
        extends: true,
        test: { name: 'server', include: serverTests, globalSetup: onServers },
      },
      ...(noPostgres === undefined
        ? [
            {
              extends: true as const,
              test: {
                name: 'server-postgresql',
                include: serverTests,
                exclude: ['**/node_modules/**', ...onBothEngines, ...withoutDatabase],
                env: { NODEWARD_TEST_ENGINE: 'postgresql' },
                globalSetup: onServers,
              },
            },
          ]
        : []),
      {
        extends: true,
        test: {
          name: 'rest',
          include: ['packages/*/{src,scripts,bench,tests}/**/*.test.ts', 'apps/{cli,portal}/{src,scripts,tests}/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', browserTests],
          globalSetup: ['apps/server/tests/assessed-sample-for-tests.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browserTests],
          // upgrades take their time node by node, and pages load beside a server that reads disks
          testTimeout: 400_000,
          expect: { poll: { timeout: 60_000, interval: 100 } },
          globalSetup: ['tests/current-portal.ts', 'apps/server/tests/assessed-sample-for-tests.ts'],
        },
      },
    ],
  },
});
