import { describe, expect, it } from 'vitest';
import { readProxyRules } from './proxy-rules.ts';

const proxy = 'http://proxy.corp:3128';

function chosen(environment: Record<string, string>, address: string): string | undefined {
  return readProxyRules(environment).proxyFor(new URL(address))?.href;
}

describe('the proxy of an address', () => {
  it.each([
    ['HTTPS_PROXY is for https', { HTTPS_PROXY: proxy }, 'https://a.example/', `${proxy}/`],
    ['HTTPS_PROXY is not for http', { HTTPS_PROXY: proxy }, 'http://a.example/', undefined],
    ['HTTP_PROXY is for http', { HTTP_PROXY: proxy }, 'http://a.example/', `${proxy}/`],
    ['HTTP_PROXY is not for https', { HTTP_PROXY: proxy }, 'https://a.example/', undefined],
    ['lower case counts', { https_proxy: proxy }, 'https://a.example/', `${proxy}/`],
    ['lower case wins', { https_proxy: proxy, HTTPS_PROXY: 'http://other:1' }, 'https://a.example/', `${proxy}/`],
    ['an empty one is none', { HTTPS_PROXY: '' }, 'https://a.example/', undefined],
    ['a scheme may be missing', { HTTPS_PROXY: 'proxy.corp:3128' }, 'https://a.example/', `${proxy}/`],
    ['without any, directly', {}, 'https://a.example/', undefined],
  ])('%s', (_, environment, address, expected) => expect(chosen(environment, address)).toBe(expected));

  it.each([
    ['a.example', 'https://a.example/', true],
    ['A.Example', 'https://a.example/', true],
    ['example', 'https://a.example/', true],
    ['.example', 'https://a.example/', true],
    ['*.example', 'https://a.example/', true],
    ['ample', 'https://a.example/', false],
    ['a.example:443', 'https://a.example/', true],
    ['a.example:8443', 'https://a.example/', false],
    ['a.example:8443', 'https://a.example:8443/', true],
    ['b.example, a.example', 'https://a.example/', true],
    ['b.example a.example', 'https://a.example/', true],
    ['*', 'https://a.example/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/40', 'https://10.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3:6443/', true],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['::1', 'https://[::1]/', true],
    ['2.3', 'https://10.1.2.3/', false],
    ['', 'https://a.example/', false],
  ])('NO_PROXY=%s with %s: directly is %s', (noProxy, address, isDirect) => {
    expect(chosen({ HTTPS_PROXY: proxy, NO_PROXY: noProxy }, address)).toBe(isDirect ? undefined : `${proxy}/`);
    expect(chosen({ HTTPS_PROXY: proxy, no_proxy: noProxy }, address)).toBe(isDirect ? undefined : `${proxy}/`);
  });

  it.each(['socks5://user:secret@proxy:1080', 'http://user:secret@', 'ftp://user:secret@proxy'])('%s is refused without a word of its password', (text) => {
    const read = (): unknown => readProxyRules({ HTTPS_PROXY: text });
    expect(read).toThrow(/^HTTPS_PROXY: /);
    expect(read).not.toThrow(/secret/);
  });
});
