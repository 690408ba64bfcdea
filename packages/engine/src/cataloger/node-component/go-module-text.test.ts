import { describe, expect, it } from 'vitest';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { parseGoModuleText } from './go-module-text.ts';

describe('the module text of a Go program', () => {
  it('names the main module, what was compiled in, and what replaced it', () => {
    const text = [
      'path\tk8s.io/kubernetes/cmd/kubelet', 'mod\tk8s.io/kubernetes\t(devel)\t',
      'dep\tgithub.com/example/old\tv1.0.0', '=>\tgithub.com/example/fork\tv1.1.0\th1:x', '',
      'dep\tgolang.org/x/net\tv0.7.0\th1:y', 'dep\tk8s.io/api\tv0.0.0', '=>\t./staging/api\t(devel)\t', 'a line of another kind\tx',
    ].join('\n');

    expect(parseGoModuleText(text)).toEqual({
      mainPackage: 'k8s.io/kubernetes/cmd/kubelet',
      main: { path: 'k8s.io/kubernetes', version: '(devel)' },
      dependencies: [{ path: 'github.com/example/fork', version: 'v1.1.0' }, { path: 'golang.org/x/net', version: 'v0.7.0' }],
      replacedByFolder: [{ path: 'k8s.io/api', version: 'v0.0.0' }],
      settings: new Map(),
    });
  });

  it('without modules has no main module', () => {
    expect(parseGoModuleText('path\tk8s.io/kubernetes/cmd/kubelet\n')).toEqual({ mainPackage: 'k8s.io/kubernetes/cmd/kubelet', dependencies: [], replacedByFolder: [], settings: new Map() });
    expect(parseGoModuleText('').main).toBeUndefined();
  });

  it.each([
    ['build\tCGO_ENABLED=0', 'CGO_ENABLED', '0'],
    ['build\tCGO_CFLAGS=', 'CGO_CFLAGS', ''],
    ['build\t-ldflags="-X main.version=1.1.9 -X \'main.gitCommit=a b\'"', '-ldflags', "-X main.version=1.1.9 -X 'main.gitCommit=a b'"],
    ['build\t-ldflags="a \\"b\\" \\x41\\u00e9\\101\\\\"', '-ldflags', 'a "b" A\u00e9A\\'],
    ['build\t-ldflags=`a "b"`', '-ldflags', 'a "b"'],
    ['build\t"odd=key"=value=more', 'odd=key', 'value=more'],
  ])('%s is a setting', (line, key, value) => {
    expect(parseGoModuleText(line).settings.get(key)).toBe(value);
  });

  it.each([
    ['control characters', 'dep\tgolang.org/x/net\0\tv0.7.0', CorruptStructureError],
    ['a path without end', `dep\t${'a'.repeat(2000)}\tv1.0.0`, CorruptStructureError],
    ['a version without end', `dep\ta\tv${'1'.repeat(2000)}`, CorruptStructureError],
    ['more modules than any program', 'dep\ta\tv1.0.0\n'.repeat(10_001), LimitExceededError],
  ])('with %s is refused', (_, text, error) => {
    expect(() => parseGoModuleText(text)).toThrow(error);
  });

  it('a replacement of nothing is left alone', () => {
    expect(parseGoModuleText('=>\t./x\t(devel)\n').dependencies).toEqual([]);
  });
});
