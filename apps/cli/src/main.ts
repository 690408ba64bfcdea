import type { Invocation } from './invocation.ts';
import { createProgress } from './progress.ts';

const progress = createProgress(process.stderr, () => performance.now());
const interrupted = 130;

const invocation: Invocation = {
  environment: process.env,
  now: () => new Date(),
  color: colorWanted(),
  print: (text) => void process.stdout.write(text),
  note: (line) => {
    progress.clear();
    process.stderr.write(`nodeward: ${line}\n`);
  },
  say: (line) => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  },
  progress,
  exitOnInterrupt: (lastLine) => {
    process.once('SIGINT', () => {
      progress.clear();
      if (lastLine !== undefined) invocation.note(lastLine);
      process.exit(interrupted);
    });
  },
  abortOnInterrupt: () => {
    const abort = new AbortController();
    process.once('SIGINT', () => {
      progress.clear();
      abort.abort();
      process.once('SIGINT', () => process.exit(interrupted));
    });
    return abort.signal;
  },
};

/** https://no-color.org: any non-empty value. */
function colorWanted(): boolean {
  if ((process.env.NO_COLOR ?? '') !== '') return false;
  return (process.env.FORCE_COLOR ?? '') !== '' || process.stdout.isTTY;
}

// `nodeward assess … | head` closes the pipe early: the rest has no reader, and the status stays true.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const { runProgram } = await import('./program.ts');
try {
  process.exitCode = await runProgram(process.argv.slice(2), invocation);
} catch (error) {
  const { exitStatus } = await import('./exit-status.ts');
  invocation.note(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = exitStatus.incomplete;
}
