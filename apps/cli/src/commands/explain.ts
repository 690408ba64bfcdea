import { type Assessment, assessReading, explain, type ExplanationEntry } from '@nodeward/engine';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import { explanationText } from '../explanation-text.ts';
import type { Invocation } from '../invocation.ts';
import { checkTarget, readTarget, type TargetOptions } from '../target.ts';
import { assessmentStatus, namedFacts, namedKernel, type NodeOptions, noteIncomplete } from './assess.ts';

export interface ExplainOptions extends AdvisoryOptions, NodeOptions {
  readonly format: 'table' | 'json';
}

export interface ExplainQuestion {
  readonly path: string;
  readonly vulnerability: string;
  readonly packageName: string | undefined;
}

export async function runExplain(question: ExplainQuestion, options: ExplainOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const { path, vulnerability, packageName } = question;
  await checkTarget(path);
  const targets: TargetOptions = { sourceNames: await readSourceNames(options), runningKernel: namedKernel(options) };
  const target = await readTarget(path, targets, invocation);
  using advisories = await openAdvisories(options, 'all', invocation);
  if (advisories === undefined) return exitStatus.noAdvisories;

  const assessment = assessReading(target.resolved(advisories), target.path, advisories, { facts: namedFacts(options) });
  const entries = isExplainable(assessment) ? explain(assessment.inventory, assessment.facts, advisories, vulnerability, packageName) : [];
  if (options.format === 'json') invocation.print(`${JSON.stringify(explanationDocument(question, assessment, entries), undefined, 2)}\n`);
  else invocation.print(explanationText(vulnerability, entries));
  noteIncomplete([assessment], invocation);
  return assessmentStatus(assessment);
}

type Explainable = Assessment & Required<Pick<Assessment, 'inventory'>>;

/** Without packages, or with advisories that were made for something else, every "no" would be a guess. */
function isExplainable(assessment: Assessment): assessment is Explainable {
  return assessment.inventory !== undefined && assessment.notMatched !== 'database-made-for-sample';
}

/** The API's `explanation`; docs/schemas/explain.schema.json describes it. */
function explanationDocument({ vulnerability, packageName }: ExplainQuestion, assessment: Assessment, entries: readonly ExplanationEntry[]): object {
  const { target, advisoryDatabaseRevision, facts } = assessment;
  return {
    target,
    vulnerability,
    package: packageName ?? null,
    advisoryDatabaseRevision,
    entries: entries.map((entry) => ({ ...entry, grade: facts.grade })),
  };
}
