import { parseNodeImageLabel } from '@nodeward/engine';

/** `202309.06.0` and `2022.12.15`. */
const ofLinux = /^(\d{4})\.?(\d{2})\.(\d{2})(?:\.\d+)?$/;
/** `20348.5499.260812`. */
const ofWindows = /^\d{5}\.\d+\.(\d{2})(\d{2})(\d{2})$/;

/** When an AKS node image was published, by its label; RFC 3339. Undefined for labels of others, and for a day that no calendar has. */
export function imagePublishedAt(label: string): string | undefined {
  const { version, isWindows } = parseNodeImageLabel(label) ?? { version: '', isWindows: false };
  const [, year = '', month = '', day = ''] = (isWindows ? ofWindows : ofLinux).exec(version) ?? [];
  const instant = `${isWindows ? '20' : ''}${year}-${month}-${day}T00:00:00Z`;
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) || at.getUTCDate() !== Number(day) ? undefined : instant;
}
