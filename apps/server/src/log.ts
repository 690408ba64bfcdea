import { renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { LogLevel } from './config.ts';
import type { Log } from './dependencies.ts';

const maxLogBytes = 20 * 1024 * 1024;

export interface LogFile {
  readonly log: Log;
  readonly path: string;
  close(): Promise<void>;
}

/** The server's log: JSON lines in `logs/server.log` of the data directory; the terminal is for people. */
export async function openLog(dataDir: string, level: LogLevel): Promise<LogFile> {
  const folder = join(dataDir, 'logs');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'server.log');
  rotate(path);
  const destination = pino.destination({ dest: path, append: true, mode: 0o600, sync: false });
  const logger = pino({ level, base: null, redact: { paths: ['token', '*.token', 'headers.cookie'], remove: true }, serializers: { error: pino.stdSerializers.err } }, destination);
  return {
    path,
    log: {
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      error: (fields, message) => logger.error(fields, message),
    },
    close: () =>
      new Promise((resolve) => {
        destination.flush(() => resolve());
      }),
  };
}

function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxLogBytes) renameSync(path, `${path}.1`);
}
