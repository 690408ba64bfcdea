import { expect, it } from 'vitest';
import { redact } from './redact.ts';

it.each([
  ['http://user:pass@proxy:3128/x', 'http://proxy:3128/x'],
  ['connect to https://user:p@ss@host failed', 'connect to https://host failed'],
  ['https://account.blob.core.windows.net/c/d?sig=abc&se=1 failed', 'https://account.blob.core.windows.net/c/d?… failed'],
  ['Proxy-Authorization: Basic dXNlcjpwYXNz', 'Proxy-Authorization: …'],
  ['{"authorization":"Bearer abc.def"}', '{"authorization":"…"}'],
  ['nothing to hide at http://host/path', 'nothing to hide at http://host/path'],
])('%s becomes %s', (text, expected) => expect(redact(text)).toBe(expected));
