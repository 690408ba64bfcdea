import { type Component, type ComponentFile, createInventory } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { childMessage, toReading } from './reader-protocol.ts';

const operatingSystem = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' };
const kubelet: Component = {
  family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', version: '1.26.6', versionFrom: 'linker-flags', package: 'kubelet',
  mainModule: 'k8s.io/kubernetes', goVersion: 'go1.20.6', modules: [{ path: 'golang.org/x/net', version: 'v0.7.0' }],
};
const unopened: Component = { family: 'runc', name: 'runc', path: 'usr/bin/runc' };
const file: ComponentFile = { family: 'kubelet', name: 'kubelet', path: 'usr/local/bin/kubelet', size: 121_900_256, state: 'active', namedBy: '/etc/systemd/system/kubelet.service' };

function message(component: object, componentFile: object = file): unknown {
  return {
    type: 'reading',
    reading: {
      inventory: { operatingSystem, packages: [], components: [unopened, component] },
      facts: { componentFiles: [componentFile], evidencePaths: { 'node-components': '/etc/systemd/system/kubelet.service' } },
      coverage: [],
    },
  };
}

describe('what the reading process says of components', () => {
  it('arrives whole, under the id that the parent derives itself', () => {
    const parsed = childMessage.parse(message(kubelet));
    const reading = parsed.type === 'reading' ? toReading(parsed.reading, 'disk', { bytes: 1, requests: 1 }) : undefined;

    expect(reading?.inventory).toEqual(createInventory(operatingSystem, [], [kubelet, unopened]));
    expect(reading?.inventory?.components).toEqual([kubelet, unopened]);
    expect(reading?.facts.componentFiles).toEqual([file]);
  });

  it.each([
    ['a NUL in a path', { ...kubelet, path: 'usr\0bin' }, file],
    ['a family that does not exist', { ...kubelet, family: 'shell' }, file],
    ['a field that does not exist', { ...kubelet, id: 'x' }, file],
    ['modules without number', { ...kubelet, modules: Array.from({ length: 10_001 }, () => ({ path: 'a', version: 'v1.0.0' })) }, file],
    ['a version without end', { ...kubelet, version: '1'.repeat(2000) }, file],
    ['a negative size', kubelet, { ...file, size: -1 }],
    ['a state that does not exist', kubelet, { ...file, state: 'running' }],
  ])('is refused with %s', (_, component, componentFile) => {
    expect(childMessage.safeParse(message(component, componentFile)).success).toBe(false);
  });
});
