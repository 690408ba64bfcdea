// A server in small: DBOS workflows of three steps, and an application that writes rows meanwhile. It may be killed at
// any point and started again with the same order: then it takes up what was left.
import { setTimeout as delay } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Pool } from 'pg';
import { z } from 'zod';
import { openDatabase } from '../open-database.ts';

export const workflowsOrder = z.object({
  url: z.string().optional(),
  dataDir: z.string(),
  workflows: z.number(),
  queueLimit: z.number().optional(),
  stepMs: z.number(),
});
export type WorkflowsOrder = z.infer<typeof workflowsOrder>;

export const workflowsMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('step'), workflow: z.string(), step: z.number() }),
  z.object({ kind: z.literal('row'), id: z.number() }),
  z.object({
    kind: z.literal('finished'),
    states: z.record(z.string(), z.number()),
    mostAtOnce: z.number(),
    workflowsPerSecond: z.number(),
    queries: z.number(),
    medianMs: z.number(),
    p99Ms: z.number(),
  }),
]);
export type WorkflowsMessage = z.infer<typeof workflowsMessage>;

function report(message: WorkflowsMessage): void {
  process.send?.(message);
}

async function main(order: WorkflowsOrder): Promise<void> {
  const fatal = (error: Error): never => {
    console.error(error.message);
    process.exit(1);
  };
  const database = await openDatabase({ url: order.url, dataDir: order.dataDir, log: (error) => console.error(error.message), fatal });
  await database.pool.query(`CREATE TABLE IF NOT EXISTS attempt (workflow text, step int);
    CREATE TABLE IF NOT EXISTS effect (workflow text, step int, PRIMARY KEY (workflow, step));
    CREATE TABLE IF NOT EXISTS app_row (id serial PRIMARY KEY, text text)`);
  const workflow = registerSteps(database.pool, order.stepMs);
  DBOS.setConfig({ name: 'proof', ...database.dbos, applicationVersion: '1', executorID: 'local', logLevel: 'error', tracingEnabled: false });
  await DBOS.launch();
  if (order.queueLimit !== undefined) await DBOS.registerQueue('limited', { globalConcurrency: order.queueLimit, minPollingIntervalMs: 20 });

  const stopped = new AbortController();
  const application = writeRows(database.pool, stopped.signal);
  const before = performance.now();
  const queue = order.queueLimit === undefined ? {} : { queueName: 'limited' };
  const starting = Array.from({ length: order.workflows }, (_, n) => DBOS.startWorkflow(workflow.run, { workflowID: `w-${n}`, ...queue })());
  for (const handle of await Promise.all(starting)) await handle.getResult();
  const seconds = (performance.now() - before) / 1000;
  stopped.abort();
  const times = await application;

  report({ kind: 'finished', states: await countStates(), mostAtOnce: workflow.mostAtOnce(), workflowsPerSecond: order.workflows / seconds, ...times });
  await DBOS.shutdown();
  await database.close();
}

interface StepsWorkflow {
  readonly run: () => Promise<void>;
  readonly mostAtOnce: () => number;
}

function registerSteps(pool: Pool, stepMs: number): StepsWorkflow {
  let atOnce = 0;
  let mostAtOnce = 0;
  const runStep = async (workflow: string, step: number): Promise<void> => {
    await pool.query('INSERT INTO attempt VALUES ($1, $2)', [workflow, step]);
    if (stepMs > 0) await delay(stepMs);
    await pool.query('INSERT INTO effect VALUES ($1, $2) ON CONFLICT DO NOTHING', [workflow, step]);
    report({ kind: 'step', workflow, step });
  };
  const runAll = async (): Promise<void> => {
    const workflow = DBOS.workflowID ?? '';
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    for (const step of [1, 2, 3]) await DBOS.runStep(() => runStep(workflow, step), { name: `step-${step}` });
    atOnce -= 1;
  };
  return { run: DBOS.registerWorkflow(runAll, { name: 'steps' }), mostAtOnce: () => mostAtOnce };
}

interface QueryTimes {
  readonly queries: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** The application: one row after the other, each acknowledged to the test only when the database has acknowledged it. */
async function writeRows(pool: Pool, stopped: AbortSignal): Promise<QueryTimes> {
  const times: number[] = [];
  while (!stopped.aborted) {
    const before = performance.now();
    const { rows } = await pool.query<{ readonly id: number }>("INSERT INTO app_row (text) VALUES ('written') RETURNING id");
    times.push(performance.now() - before);
    for (const { id } of rows) report({ kind: 'row', id });
    await delay(2);
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
  return { queries: times.length, medianMs: quantile(0.5), p99Ms: quantile(0.99) };
}

async function countStates(): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { status } of await DBOS.listWorkflows({})) states[status] = (states[status] ?? 0) + 1;
  return states;
}

if (import.meta.main) await main(workflowsOrder.parse(JSON.parse(process.argv[2] ?? '')));
