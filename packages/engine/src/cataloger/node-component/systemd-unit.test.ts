import { describe, expect, it } from 'vitest';
import { readCommands } from './systemd-unit.ts';

function commands(...texts: readonly string[]): readonly string[] {
  return readCommands(texts.map((text, index) => ({ path: `/${index}`, text }))).map(({ program, parameters, file }) => [file, program, ...parameters].join('|'));
}

describe('the commands of a unit', () => {
  it.each([
    ['a plain one', 'ExecStart=/usr/bin/kubelet --v=2', ['/0|/usr/bin/kubelet|--v=2']],
    ['prefixes', 'ExecStart=-+/usr/bin/kubelet', ['/0|/usr/bin/kubelet']],
    ['another name for the program', 'ExecStart=@/usr/bin/kubelet node --v=2', ['/0|/usr/bin/kubelet|--v=2']],
    ['the prefix | of a shell', 'ExecStart=|/usr/bin/kubelet', ['/0|/usr/bin/kubelet']],
    ['quotes', 'ExecStart="/opt/my bin/kubelet" --a="b c" \'d e\'', ['/0|/opt/my bin/kubelet|--a=b c|d e']],
    ['escapes', 'ExecStart=/opt/my\\x20bin/kubelet a\\sb 100%%', ['/0|/opt/my bin/kubelet|a b|100%']],
    ['lines that go on', 'ExecStart=/usr/bin/kubelet \\\n  --a \\\n# a comment\n  --b\nRestart=always', ['/0|/usr/bin/kubelet|--a|--b']],
    ['CRLF', 'ExecStart=/usr/bin/kubelet --a\r\n', ['/0|/usr/bin/kubelet|--a']],
    ['blanks round the sign', '  ExecStart  =  /usr/bin/kubelet  ', ['/0|/usr/bin/kubelet']],
    ['two commands in one line', 'ExecStart=/bin/mkdir /x ; /usr/bin/kubelet --a', ['/0|/bin/mkdir|/x', '/0|/usr/bin/kubelet|--a']],
    ['a semicolon in a word', 'ExecStart=/bin/sh -c "a ; b"', ['/0|/bin/sh|-c|a ; b']],
    ['a line that nothing follows', 'ExecStart=/usr/bin/kubelet \\', ['/0|/usr/bin/kubelet']],
    ['other keys', 'ExecStartPre=/bin/a\nExecStop=/bin/b\n#ExecStart=/bin/c\n;ExecStart=/bin/d\nExecStartX=/bin/e', []],
    ['nothing', '', []],
    ['only a prefix', 'ExecStart=-', []],
    ['a quote without end', 'ExecStart=/usr/bin/kubelet "a', ['/0|/usr/bin/kubelet|a']],
    ['zeros', '\0'.repeat(1000), []],
  ])('%s are read', (_, text, expected) => {
    expect(commands(`[Service]\n${text}`)).toEqual(expected);
  });

  it('stand in the section of the service only', () => {
    expect(commands('ExecStart=/a\n[Unit]\nExecStart=/b\n[Service]\nExecStart=/c\n[Install]\nExecStart=/d')).toEqual(['/0|/c']);
  });

  it.each([
    ['adds to', '[Service]\nExecStart=/b', ['/0|/a', '/1|/b']],
    ['resets and sets', '[Service]\nExecStart=\nExecStart=/b', ['/1|/b']],
    ['resets', '[Service]\nExecStart=', []],
  ])('a drop-in %s them', (_, dropIn, expected) => {
    expect(commands('[Service]\nExecStart=/a', dropIn)).toEqual(expected);
  });

  it('of a megabyte are read in no time', () => {
    expect(commands(`[Service]\nExecStart=/a ${'"\\'.repeat(300_000)}`)).toHaveLength(1);
    expect(commands(`[Service]\nExecStart=/a ${'x '.repeat(300_000)}`)[0]?.length).toBeGreaterThan(600_000);
  });
});
