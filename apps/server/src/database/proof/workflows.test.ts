import { DBOS } from '@dbos-inc/dbos-sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DbosDatabase } from '../open-database.ts';
import { Child } from './child.ts';
import { type DatabasePlace, type Engine, engines, openForTest, printFigure } from './engines.ts';
import { type WorkflowsMessage, workflowsMessage, type WorkflowsOrder } from './workflows-process.ts';

describe.each(engines)('workflows on $name', (engine) => {
  it('finishes 200 workflows of three steps, each effect once, while the application writes', async () => {
    const place = await engine.place();

    const finished = await runToEnd(engine, place, { workflows: 200, stepMs: 0 });

    expect(finished.states).toEqual({ SUCCESS: 200 });
    // starved, the application would get a query or two through
    expect(finished.queries).toBeGreaterThan(20);
    expect(await countRows(place)).toEqual({ attempts: 600, effects: 600, app_rows: finished.queries });
  });

  it('never runs more workflows at once than the queue allows', async () => {
    const place = await engine.place();

    const finished = await runToEnd(engine, place, { workflows: 30, stepMs: 5, queueLimit: 5 });

    expect(finished.states).toEqual({ SUCCESS: 30 });
    expect(finished.mostAtOnce).toBeGreaterThan(1);
    expect(finished.mostAtOnce).toBeLessThanOrEqual(5);
  });

  it('takes up its workflows after each of five kills, and keeps every row that it had acknowledged', async () => {
    const place = await engine.place();
    const order = { ...place, workflows: 60, stepMs: 25 };
    const seen = new Set<string>();
    const acknowledged = new Set<number>();

    for (let round = 0; round < 5; round += 1) {
      const child = new Child('workflows-process.ts', order);
      const wanted = 5 + round * 7;
      await child.until((messages) => {
        const kinds = messages.map((message) => parse(message).kind);
        return kinds.filter((kind) => kind === 'step').length >= wanted && kinds.includes('row');
      });
      await child.kill();
      const messages = child.messages.map(parse);
      expect(messages.flatMap(repeatedOf(seen))).toEqual([]);
      for (const message of messages) {
        if (message.kind === 'row') acknowledged.add(message.id);
        if (message.kind === 'step') seen.add(`${message.workflow} ${message.step}`);
      }
    }
    const finished = await runToEnd(engine, place, order);

    expect(finished.states).toEqual({ SUCCESS: 60 });
    const { pool } = await openForTest(place);
    const { rows } = await pool.query<{ id: number }>('SELECT id FROM app_row');
    expect([...acknowledged].filter((id) => !new Set(rows.map((row) => row.id)).has(id))).toEqual([]);
    expect((await pool.query('SELECT count(*)::int AS n FROM effect')).rows).toEqual([{ n: 180 }]);
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe.each(engines)('workflows in this process on $name', (engine) => {
  it('finish although all connections are lost in the middle', async () => {
    const { pool, dbos, breakConnections } = await openForTest(await engine.place());
    await pool.query('CREATE TABLE effect (workflow text, step int, PRIMARY KEY (workflow, step))');
    const retried = { retriesAllowed: true, maxAttempts: 5, intervalSeconds: 0.5 };
    const firstSteps = Promise.withResolvers<undefined>();
    const write = async (step: number): Promise<void> => {
      await pool.query('INSERT INTO effect VALUES ($1, $2) ON CONFLICT DO NOTHING', [DBOS.workflowID, step]);
      firstSteps.resolve(undefined);
    };
    const run = async (): Promise<void> => {
      for (const step of [1, 2, 3]) await DBOS.runStep(() => write(step), { ...retried, name: `step-${step}` });
    };
    const workflow = DBOS.registerWorkflow(run, { name: `interrupted-${engine.name}` });
    await launch(dbos);
    const handles = await Promise.all(Array.from({ length: 100 }, (_, n) => DBOS.startWorkflow(workflow, { workflowID: `w-${n}` })()));
    await firstSteps.promise;

    await breakConnections();

    await Promise.all(handles.map((handle) => handle.getResult()));
    expect((await pool.query('SELECT count(*)::int AS n FROM effect')).rows).toEqual([{ n: 300 }]);
  });
});

describe.each(engines.filter(({ name }) => name === 'embedded'))('a workflow that an open transaction awaits on $name', (engine) => {
  it('ends the transaction, and nothing of it is written', async () => {
    const limits = { idleTransactionMs: 500 };
    const { db, pool, dbos, logged } = await openForTest<{ readonly kept: { readonly id: number } }>(await engine.place(), limits);
    await pool.query('CREATE TABLE kept (id int)');
    const workflow = DBOS.registerWorkflow(async () => 'done', { name: 'awaited' });
    await launch(dbos);

    const failure = db.transaction().execute(async (trx) => {
      await trx.insertInto('kept').values({ id: 1 }).execute();
      await DBOS.startWorkflow(workflow)();
    });

    await expect(failure).rejects.toThrow();
    expect(logged).toContainEqual(expect.objectContaining({ code: '25P03' }));
    expect(await db.selectFrom('kept').selectAll().execute()).toEqual([]);
  });
});

async function launch(dbos: DbosDatabase): Promise<void> {
  DBOS.setConfig({ name: 'proof', ...dbos, logger: quiet, tracingEnabled: false });
  await DBOS.launch();
  onTestFinished(() => DBOS.shutdown());
}

/** DBOS reports every lost connection; these tests lose them on purpose. */
const quiet = { info: ignore, debug: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // nothing is kept
}

type Finished = Extract<WorkflowsMessage, { readonly kind: 'finished' }>;

async function runToEnd(engine: Engine, place: DatabasePlace, order: Omit<WorkflowsOrder, 'url' | 'dataDir'>): Promise<Finished> {
  const child = new Child('workflows-process.ts', { ...place, ...order });
  expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' });
  const finished = child.messages.map(parse).find((message) => message.kind === 'finished');
  if (finished === undefined) throw new Error('the program did not say that it had finished');
  printFigure(
    engine,
    `${order.workflows} workflows`,
    `${finished.workflowsPerSecond.toFixed(0)}/s, at most ${finished.mostAtOnce} at once; ${finished.queries} queries, ` +
      `median ${finished.medianMs.toFixed(1)} ms, p99 ${finished.p99Ms.toFixed(1)} ms`,
  );
  return finished;
}

async function countRows(place: DatabasePlace): Promise<unknown> {
  const { pool } = await openForTest(place);
  const { rows } = await pool.query<unknown[]>(`SELECT (SELECT count(*)::int FROM attempt) AS attempts,
    (SELECT count(*)::int FROM effect) AS effects, (SELECT count(*)::int FROM app_row) AS app_rows`);
  return rows[0];
}

function parse(message: unknown): WorkflowsMessage {
  return workflowsMessage.parse(message);
}

/** A step whose successor was reached before has its checkpoint: running it again would be a fault. */
function repeatedOf(seen: ReadonlySet<string>): (message: WorkflowsMessage) => string[] {
  return (message) => (message.kind === 'step' && seen.has(`${message.workflow} ${message.step + 1}`) ? [`${message.workflow} ${message.step}`] : []);
}
