/** Which database the suites of this run are on: vitest's project `server-postgresql` sets it, everything else is embedded. */
export const engineOfRun = process.env.NODEWARD_TEST_ENGINE === 'postgresql' ? 'postgresql' : 'embedded';
