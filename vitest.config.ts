import { defineConfig } from 'vitest/config';

const browserTests = 'tests/**/*.e2e.test.ts';

// Vitest wants a default export here.
export default defineConfig({
  test: {
    // Several tests start databases, servers and browsers; two files at a time is what two cores carry.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'server',
          include: ['apps/server/{src,bench,tests}/**/*.test.ts'],
          // One PostgreSQL for the whole run, where there is one.
          globalSetup: ['apps/server/src/database/postgres-for-tests.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'rest',
          include: ['packages/*/{src,scripts,bench,tests}/**/*.test.ts', 'apps/{cli,portal}/{src,scripts,tests}/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', browserTests],
        },
      },
      {
        extends: true,
        // The walks watch progress over seconds: after everything else, and alone.
        test: { name: 'browser', include: [browserTests], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
