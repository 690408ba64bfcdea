import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endpoints } from './endpoints.ts';
import { createOpenApiDocument, formatOpenApi } from './openapi.ts';

describe('the OpenAPI document', () => {
  it('is the committed one (npm run openapi -w @nodeward/api)', () => {
    const committed = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8');

    expect(formatOpenApi()).toBe(committed);
  });

  it('has one operation per endpoint, and the events', () => {
    const paths = Object.values(createOpenApiDocument().paths ?? {});
    const operations = paths.flatMap((path) => [path.get, path.post, path.put, path.delete]).flatMap((operation) => operation?.operationId ?? []);

    expect(operations.toSorted()).toEqual([...Object.keys(endpoints), 'followEvents'].toSorted());
  });

  it('names every parameter of every path', () => {
    const paths = Object.entries(createOpenApiDocument().paths ?? {});

    for (const [path, item] of paths) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of [item.get, item.post, item.put, item.delete].filter((each) => each !== undefined)) {
        const described = (operation.parameters ?? []).flatMap((parameter) => ('in' in parameter && parameter.in === 'path' ? parameter.name : []));
        expect(described.toSorted(), path).toEqual(named.toSorted());
      }
    }
  });

  it('gives every operation its answer to a problem', () => {
    const operations = Object.values(createOpenApiDocument().paths ?? {}).flatMap((path) => [path.get, path.post, path.put, path.delete]).filter((operation) => operation !== undefined && operation.operationId !== 'followEvents');

    expect(operations.length).toBe(Object.keys(endpoints).length);
    for (const operation of operations) expect(JSON.stringify(operation?.responses)).toContain('application/problem+json');
  });
});
