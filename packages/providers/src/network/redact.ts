/** Takes user names and passwords out of every address in a text, and the query where signatures and tokens stand. */
export function redact(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*(?:@[^\s/?#@]*)*@/gi, '$1')
    .replaceAll(/\b(https?:\/\/[^\s?#]+)\?[^\s#]*/gi, '$1?…')
    .replaceAll(/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:basic|bearer|token)?\s*[^\s"',}]+/gi, '$1…');
}
