import * as api from '@nodeward/api';
import * as engine from '@nodeward/engine';
import * as providers from '@nodeward/providers';
import { describe, expect, expectTypeOf, it } from 'vitest';

describe('the words of the API', () => {
  it.each([
    ['severities', api.severity.options, engine.severities],
    ['match states', api.matchState.options, engine.matchStates],
    ['evidence grades', api.evidenceGrade.options, engine.evidenceGrades],
    ['coverage states', api.coverageState.options, engine.coverageStates],
    ['coverage reasons', api.coverageReason.options, engine.coverageReasons],
    ['operation kinds', api.stepKind.options, providers.operationKinds],
    ['connection kinds', api.connection.shape.kind.options, providers.providerKinds],
  ])('are those of the engine and the providers: %s', (_, told, known) => {
    expect(told.toSorted()).toEqual(known.toSorted());
  });

  it('are those of the engine where it exports types alone', () => {
    expectTypeOf<api.MatchRule>().toEqualTypeOf<engine.MatchRule>();
    expectTypeOf<api.Verdict>().toEqualTypeOf<engine.Verdict>();
    expectTypeOf<api.SeveritySource>().toEqualTypeOf<engine.NodeMatch['severitySource']>();
    expect(api.severitySource.options).toHaveLength(4);
  });

  it('have one more node phase than the providers: verified, which only we can say', () => {
    expect(api.nodePhase.options.filter((phase) => phase !== 'verified').toSorted()).toEqual(providers.nodePhases.toSorted());
  });

  it('turn every refusal of a provider into a cause', () => {
    const causes: readonly string[] = api.notEvaluatedCause.options;

    expect(providers.refusalCauses.filter((cause) => cause !== 'not-found' && !causes.includes(cause))).toEqual([]);
  });
});
