const step = 1000;
const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, one digit after the point from MB on: "12.9 MB". */
export function bytesText(bytes: number): string {
  const power = bytes < step ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / step ** power).toFixed(power < 2 ? 0 : 1)} ${units[power] ?? 'B'}`;
}

/** "1 package", "717 packages". */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
